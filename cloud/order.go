package cloud

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// Orders stores orders, and what is committed together with them. A table that is not used may be
// unnamed.
type Orders struct {
	DB        *dynamodb.Client
	Table     string // orders
	Steps     string
	Payments  string
	Products  string
	Movements string
	Pricing   string
}

// emailIndex is the attribute that puts an order into the index by-email.
const emailIndex = "emailIndex"

// The attribute that puts an order into the index by-attention, and its values.
const (
	attentionIndex = "attentionIndex"
	inAttention    = "yes"
	// openRefund is the attribute's value of an order that has an open refund and needs no
	// attention.
	openRefund = "refund"
)

// byStatus is the index of orders by status and id. It has only the keys.
const byStatus = "by-status"

// Order loads an order, strongly consistent. Returns orderflow.CodeNotFound.
func (s *Orders) Order(ctx context.Context, id string) (*orderflow.Order, error) {
	o, err := get[orderflow.Order](ctx, s.DB, "order", s.Table, item{"id": str(id)})
	if err == nil && o == nil {
		err = fmt.Errorf("get order: %w", orderflow.Errorf(orderflow.CodeNotFound, "there is no order %s", id))
	}
	return o, err
}

// itemOf returns the item that saves the order as its next version.
func itemOf(o *orderflow.Order) (item, error) {
	next := *o
	next.Version++
	it, err := MarshalItem(&next)
	if err != nil {
		return nil, fmt.Errorf("marshal order: %w", err)
	}
	if o.Email != "" {
		it[emailIndex] = str(orderflow.EmailKey(o.Email))
	}
	if o.Attention != nil {
		it[attentionIndex] = str(inAttention)
	} else if o.HasOpenRefund() {
		it[attentionIndex] = str(openRefund)
	}
	return it, nil
}

// putOrder saves an order if the saved version is the one that was loaded; a new order if its id is
// free.
func (s *Orders) putOrder(o *orderflow.Order) (*types.Put, error) {
	it, err := itemOf(o)
	if err != nil {
		return nil, err
	}
	if o.Version == 0 {
		return &types.Put{TableName: &s.Table, Item: it, ConditionExpression: aws.String("attribute_not_exists(id)")}, nil
	}
	return &types.Put{
		TableName: &s.Table, Item: it, ConditionExpression: aws.String("version = :loaded"),
		ExpressionAttributeValues: item{":loaded": number(o.Version)},
	}, nil
}

// Stalled yields the orders of a status that were last changed before the given time, oldest first;
// then those that were changed after ahead, a time in the future, by a clock that has since been
// set back. The index may be slightly out of date.
func (s *Orders) Stalled(ctx context.Context, status orderflow.Status, before,
	ahead time.Time) iter.Seq2[*orderflow.Order, error] {
	return func(yield func(*orderflow.Order, error) bool) {
		standing := func(o *orderflow.Order) bool {
			return o.Status == status && (o.UpdatedAt.Before(before) || o.UpdatedAt.After(ahead))
		}
		for _, c := range []struct {
			operator string
			bound    time.Time
		}{{"<", before}, {">", ahead}} {
			bound, err := orderflow.NewOrderID(c.bound, zeros{}) // ids start with the time
			if err != nil {
				yield(nil, err)
				return
			}
			in := &dynamodb.QueryInput{
				TableName: &s.Table, IndexName: aws.String(byStatus),
				KeyConditionExpression:    aws.String("#status = :status AND id " + c.operator + " :bound"),
				ExpressionAttributeNames:  map[string]string{"#status": "status"},
				ExpressionAttributeValues: item{":status": str(string(status)), ":bound": str(bound)},
			}
			if !s.yieldOrders(ctx, in, standing, yield) {
				return
			}
		}
	}
}

// NeedingAttention yields the orders that need attention, of any status, oldest first. The
// index may be slightly out of date.
func (s *Orders) NeedingAttention(ctx context.Context) iter.Seq2[*orderflow.Order, error] {
	return s.indexed(ctx, inAttention, func(o *orderflow.Order) bool { return o.Attention != nil })
}

// OpenRefunds yields the orders that have an open refund and need no attention, oldest first. The
// index may be slightly out of date.
func (s *Orders) OpenRefunds(ctx context.Context) iter.Seq2[*orderflow.Order, error] {
	return s.indexed(ctx, openRefund, func(o *orderflow.Order) bool { return o.Attention == nil && o.HasOpenRefund() })
}

// indexed yields the orders under one value of the index by-attention that still match.
func (s *Orders) indexed(ctx context.Context, value string, match func(*orderflow.Order) bool) iter.Seq2[*orderflow.Order, error] {
	return func(yield func(*orderflow.Order, error) bool) {
		in := &dynamodb.QueryInput{
			TableName: &s.Table, IndexName: aws.String(byAttention),
			KeyConditionExpression:    aws.String(attentionIndex + " = :in"),
			ExpressionAttributeValues: item{":in": str(value)},
		}
		s.yieldOrders(ctx, in, match, yield)
	}
}

// yieldOrders yields the orders of an index's query that match. It reports whether the caller wants
// more.
func (s *Orders) yieldOrders(ctx context.Context, in *dynamodb.QueryInput, match func(*orderflow.Order) bool,
	yield func(*orderflow.Order, error) bool) bool {
	pages := dynamodb.NewQueryPaginator(s.DB, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			yield(nil, wrap("query orders", err))
			return false
		}
		ids, err := idsOf(page.Items)
		if err != nil {
			yield(nil, err)
			return false
		}
		for o, err := range ordersOf(ctx, s.DB, s.Table, ids) {
			if err == nil && !match(o) {
				continue
			}
			if !yield(o, err) {
				return false
			}
		}
	}
	return true
}

// ordersOf yields the orders of the ids, in their order. An order that is no longer there is left
// out. One that cannot be read is yielded as a *rowError, and the others follow.
func ordersOf(ctx context.Context, db *dynamodb.Client, table string, ids []string) iter.Seq2[*orderflow.Order, error] {
	return func(yield func(*orderflow.Order, error) bool) {
		for some := range slices.Chunk(ids, maxBatch) {
			rows, err := batch{DB: db, Table: table, Key: "id", Noun: "orders"}.rows(ctx, some)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, id := range some {
				if rows[id] == nil {
					continue
				}
				o, err := read[orderflow.Order]("order "+id, rows[id])
				if err != nil {
					err = &rowError{id, err}
				}
				if !yield(o, err) {
					return
				}
			}
		}
	}
}

// rowError is the error of a row that cannot be read, such as one with a text for a number.
type rowError struct {
	key string
	err error
}

func (e *rowError) Error() string { return e.err.Error() }
func (e *rowError) Unwrap() error { return e.err }

// zeros is a source of zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
