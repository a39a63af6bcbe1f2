package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

// OrderLists lists orders, newest first. The ids come from the indexes of the orders table, which
// may be slightly out of date; the orders, and whether they match, from its rows.
//
// A row that cannot be read is reported and left out: it must not hide the others.
//
// The page starts after the order id after; "" starts with the newest. next is the value of after
// for the next page, or "" at the end. A page may be short and still have a next if few of many
// orders match.
type OrderLists struct {
	DB    *dynamodb.Client
	Table string
	Log   *slog.Logger // reports rows that cannot be read
}

// The other indexes of the orders table. All have only the keys.
const (
	byCustomer  = "by-customer"
	byAttention = "by-attention"
	byEmail     = "by-email"
)

// maxBatches limits how many batches of orders one list reads.
const maxBatches = 20

// FindOrders lists the orders that the filter selects.
func (l *OrderLists) FindOrders(ctx context.Context, f orderflow.OrderFilter, after string,
	limit int) (orders []*orderflow.Order, next string, err error) {
	var entries []entry
	switch {
	case f.CustomerID != "":
		entries = append(entries, entry{byCustomer, "customerId", f.CustomerID})
	case f.Email != "":
		entries = append(entries, entry{byEmail, emailIndex, orderflow.EmailKey(f.Email)})
	case f.Attention != nil && *f.Attention, f.Failure != "":
		entries = append(entries, entry{byAttention, attentionIndex, inAttention})
	case f.Status != "":
		entries = append(entries, entry{byStatus, "status", string(f.Status)})
	default:
		for _, s := range orderflow.Statuses {
			entries = append(entries, entry{byStatus, "status", string(s)})
		}
	}
	return l.collect(ctx, l.under(after, entries...), limit, f.Matches)
}

// OldestOpen lists the orders that have not ended and were placed before a time, oldest first. It also
// reports whether there may be others.
func (l *OrderLists) OldestOpen(ctx context.Context, before time.Time, limit int) ([]*orderflow.Order, bool, error) {
	var entries []entry
	for _, s := range orderflow.Statuses {
		if !s.Final() {
			entries = append(entries, entry{byStatus, "status", string(s)})
		}
	}
	ids := l.under("", entries...)
	ids.before = orderflow.FirstOrderID(before)
	orders, next, err := l.collect(ctx, ids, limit, func(o *orderflow.Order) bool { return !o.Status.Final() }) // the index may lag
	return orders, next != "", err
}

// collect returns the orders of the ids that match, at most limit. next is the id after which the rest
// begins, or "" at the end.
func (l *OrderLists) collect(ctx context.Context, ids *merged, limit int, match func(*orderflow.Order) bool) (
	orders []*orderflow.Order, next string, err error) {
	for range maxBatches {
		some, err := ids.take(ctx, min(limit+1, maxBatch)) // one more than asked for, to learn whether there is a next page
		if err != nil {
			return nil, "", fmt.Errorf("list orders: %w", err)
		}
		if len(some) == 0 {
			return orders, "", nil
		}
		for o, err := range ordersOf(ctx, l.DB, l.Table, some) {
			if bad, ok := errors.AsType[*rowError](err); ok {
				l.report(ctx, bad)
				continue
			}
			if err != nil {
				return nil, "", fmt.Errorf("list orders: %w", err)
			}
			if !match(o) {
				continue
			}
			if orders = append(orders, o); len(orders) > limit {
				return orders[:limit], orders[limit-1].ID, nil
			}
		}
		next = some[len(some)-1]
	}
	return orders, next, nil
}

// OrdersByID returns the orders of the ids by id, without those that are not there or cannot be read.
// They may be slightly out of date.
func (l *OrderLists) OrdersByID(ctx context.Context, ids []string) (map[string]*orderflow.Order, error) {
	orders := make(map[string]*orderflow.Order, len(ids))
	for o, err := range ordersOf(ctx, l.DB, l.Table, ids) {
		if bad, ok := errors.AsType[*rowError](err); ok {
			l.report(ctx, bad)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("get orders: %w", err)
		}
		orders[o.ID] = o
	}
	return orders, nil
}

func (l *OrderLists) report(ctx context.Context, bad *rowError) {
	if l.Log != nil {
		l.Log.ErrorContext(ctx, "an order cannot be read and is not listed: correct its row", "orderId", bad.key, "error", bad.err)
	}
}

// entry is one value of an index's first attribute.
type entry struct {
	index, attribute, value string
}

// under returns the ids of the orders under any of the entries.
func (l *OrderLists) under(after string, entries ...entry) *merged {
	n := &merged{db: l.DB, table: l.Table}
	for _, e := range entries {
		u := &unread{entry: e}
		if after != "" {
			u.start = item{e.attribute: str(e.value), "id": str(after)}
		}
		n.from = append(n.from, u)
	}
	return n
}

// merged merges the ids under several entries, newest or oldest first.
type merged struct {
	db    *dynamodb.Client
	table string
	from  []*unread
	last  string // taken
	// before: the ids come oldest first, and only those that precede it; "": all, newest first.
	before string
}

// first reports whether a comes before b.
func (n *merged) first(a, b string) bool {
	if n.before != "" {
		return a < b
	}
	return a > b
}

// unread is what has not been taken of the ids under an entry.
type unread struct {
	entry
	ids   []string // read
	start item     // of the rest
	end   bool     // there is no rest
}

// take returns the next ids, at most limit; none at the end.
func (n *merged) take(ctx context.Context, limit int) (ids []string, err error) {
	for len(ids) < limit {
		var first *unread
		for _, u := range n.from {
			if err := n.fill(ctx, u, limit); err != nil {
				return nil, err
			}
			if len(u.ids) > 0 && (first == nil || n.first(u.ids[0], first.ids[0])) {
				first = u
			}
		}
		if first == nil {
			return ids, nil
		}
		if id := first.ids[0]; id != n.last { // an order may change its status between the reads
			ids = append(ids, id)
			n.last = id
		}
		first.ids = first.ids[1:]
	}
	return ids, nil
}

// fill reads on until there is an id, or none is left.
func (n *merged) fill(ctx context.Context, u *unread, limit int) error {
	for len(u.ids) == 0 && !u.end {
		in := &dynamodb.QueryInput{
			TableName: &n.table, IndexName: &u.index, ScanIndexForward: aws.Bool(n.before != ""), ExclusiveStartKey: u.start,
			Limit:                     aws.Int32(int32(limit)),
			KeyConditionExpression:    aws.String("#index = :index"),
			ExpressionAttributeNames:  map[string]string{"#index": u.attribute},
			ExpressionAttributeValues: item{":index": str(u.value)},
		}
		if n.before != "" {
			in.KeyConditionExpression = aws.String("#index = :index AND id < :before")
			in.ExpressionAttributeValues[":before"] = str(n.before)
		}
		out, err := n.db.Query(ctx, in)
		if err != nil {
			return wrap("query "+u.index, err)
		}
		if u.ids, err = idsOf(out.Items); err != nil {
			return err
		}
		u.start, u.end = out.LastEvaluatedKey, len(out.LastEvaluatedKey) == 0
	}
	return nil
}

// idsOf returns the order ids of an index's entries.
func idsOf(entries []item) (ids []string, err error) {
	ids = make([]string, len(entries))
	for i, it := range entries {
		if ids[i], err = stringOf(it, "id"); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
