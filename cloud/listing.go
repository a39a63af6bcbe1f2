package cloud

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// OrderLists lists orders, newest first, by the indexes of the orders table. The indexes may be
// slightly out of date.
//
// The page starts after the order id after; "" starts with the newest. next is the value of after
// for the next page, or "" at the end. A page may be short and still have a next if few of many
// orders match.
type OrderLists struct {
	DB    *dynamodb.Client
	Table string
}

// The other indexes of the orders table.
const (
	byCustomer  = "by-customer"
	byAttention = "by-attention"
)

// maxPages limits how many DynamoDB pages (at most 1 MB each) one list reads.
const maxPages = 20

// OrdersOf lists a customer's orders. status "" means any.
func (l *OrderLists) OrdersOf(ctx context.Context, customerID string, status orderflow.Status, after string,
	limit int) (orders []*orderflow.Order, next string, err error) {
	q := orderQuery{index: byCustomer, attribute: "customerId", value: customerID}
	q.ofStatus(status)
	return l.newest(ctx, q, after, limit)
}

// AllOrders lists the orders of all customers. status "" means any; attention nil means with and
// without attention.
func (l *OrderLists) AllOrders(ctx context.Context, status orderflow.Status, attention *bool, after string,
	limit int) (orders []*orderflow.Order, next string, err error) {
	if attention != nil && *attention {
		q := orderQuery{index: byAttention, attribute: attentionIndex, value: inAttention}
		q.ofStatus(status)
		return l.newest(ctx, q, after, limit)
	}
	statuses := []orderflow.Status{status}
	if status == "" {
		statuses = orderflow.Statuses
	}
	lists := make([]orderList, len(statuses))
	for i, s := range statuses {
		q := orderQuery{index: byStatus, attribute: "status", value: string(s)}
		if attention != nil {
			q.filter = append(q.filter, "(attribute_not_exists("+attentionIndex+") OR "+attentionIndex+" <> :marked)")
			q.unmarked = true
		}
		if lists[i].orders, lists[i].next, err = l.newest(ctx, q, after, limit); err != nil {
			return nil, "", err
		}
	}
	orders, next = merge(lists, limit)
	return orders, next, nil
}

// orderList is the start of a list; next is "" if the list is complete.
type orderList struct {
	orders []*orderflow.Order
	next   string
}

// merge merges lists, newest first. Orders older than the end of an incomplete list are left for
// the next page, because that list may have more orders in between.
func merge(lists []orderList, limit int) (orders []*orderflow.Order, next string) {
	for _, l := range lists {
		orders = append(orders, l.orders...)
		next = max(next, l.next)
	}
	slices.SortFunc(orders, func(a, b *orderflow.Order) int { return cmp.Compare(b.ID, a.ID) })
	orders = slices.DeleteFunc(orders, func(o *orderflow.Order) bool { return o.ID < next })
	// an order may change its status between the reads
	orders = slices.CompactFunc(orders, func(a, b *orderflow.Order) bool { return a.ID == b.ID })
	if len(orders) > limit {
		return orders[:limit], orders[limit-1].ID
	}
	return orders, next
}

// orderQuery asks an index of the orders table for one value of its first attribute.
type orderQuery struct {
	index, attribute, value string
	filter                  []string
	status                  orderflow.Status // filter
	unmarked                bool             // filter
}

func (q *orderQuery) ofStatus(s orderflow.Status) {
	if s != "" {
		q.status = s
		q.filter = append(q.filter, "#status = :status")
	}
}

func (q *orderQuery) input(table string, start item, limit int) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &table, IndexName: &q.index, ScanIndexForward: aws.Bool(false), ExclusiveStartKey: start,
		Limit:                     aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String("#index = :index"),
		ExpressionAttributeNames:  map[string]string{"#index": q.attribute},
		ExpressionAttributeValues: item{":index": str(q.value)},
	}
	if q.status != "" {
		in.ExpressionAttributeNames["#status"] = "status"
		in.ExpressionAttributeValues[":status"] = str(string(q.status))
	}
	if q.unmarked {
		in.ExpressionAttributeValues[":marked"] = str(inAttention)
	}
	if len(q.filter) > 0 {
		in.FilterExpression = aws.String(strings.Join(q.filter, " AND "))
		in.Limit = nil // a limit would count the orders that the filter drops
	}
	return in
}

// newest reads the first limit orders after the given one, and one more to learn whether there is a
// next page.
func (l *OrderLists) newest(ctx context.Context, q orderQuery, after string, limit int) (orders []*orderflow.Order,
	next string, err error) {
	var start item
	if after != "" {
		start = item{q.attribute: str(q.value), "id": str(after)}
	}
	for page := 1; ; page++ {
		out, err := l.DB.Query(ctx, q.input(l.Table, start, limit+1-len(orders)))
		if err != nil {
			return nil, "", wrap("list orders", err)
		}
		for _, it := range out.Items {
			o, err := read[orderflow.Order]("order", it)
			if err != nil {
				return nil, "", err
			}
			if orders = append(orders, o); len(orders) > limit {
				return orders[:limit], orders[limit-1].ID, nil
			}
		}
		start = out.LastEvaluatedKey
		if len(start) == 0 {
			return orders, "", nil
		}
		if page == maxPages {
			id, ok := start["id"].(*types.AttributeValueMemberS)
			if !ok {
				return nil, "", errors.New("list orders: the last evaluated key has no id")
			}
			return orders, id.Value, nil
		}
	}
}
