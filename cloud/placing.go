package cloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// Placements saves new orders together with the API's answers to them.
type Placements struct {
	DB          *dynamodb.Client
	Orders      string // table
	Idempotency string // table
	Pricing     string // table
	// OrdersPerHour is how many orders a customer may place in one hour of the clock; 0: any
	// number.
	OrdersPerHour int
}

// placingPart is one part of the transaction that places an order.
type placingPart struct {
	types.TransactWriteItem
	refused *orderflow.Error // the refusal if its condition fails; nil for the answer and the order
}

// placeAttempts is how often Place is tried while other orders of the customer conflict with it.
const placeAttempts = 5

// Answer returns the answer under the key, strongly consistent, or nil if there is none or it has
// expired.
func (p *Placements) Answer(ctx context.Context, key string, now time.Time) ([]byte, error) {
	kept, err := get[answerItem](ctx, p.DB, "answer", p.Idempotency, item{"key": str(key)})
	if err != nil {
		return nil, err
	}
	return kept.at(now), nil
}

// Place saves a new order, its claim on a promotion and the answer under the key in one
// transaction, the only write of the API. If the key has an answer that has not expired, nothing is
// saved and earlier is that answer. Returns orderflow.CodeConflict while another transaction holds
// the key, CodePromotionUsed if the customer has a claim, CodeTooManyOrders at the customer's
// limit, CodeThrottled.
func (p *Placements) Place(ctx context.Context, o *orderflow.Order, key string, answer []byte, now,
	expires time.Time) (earlier []byte, err error) {
	if o.Version != 0 {
		return nil, fmt.Errorf("place order %s: the order is already saved", o.ID)
	}
	parts, err := p.parts(o, answerItem{Key: key, OrderID: o.ID, Answer: answer, ExpiresAt: expires.Unix()}, now)
	if err != nil {
		return nil, fmt.Errorf("place order: %w", err)
	}
	for attempt := 1; ; attempt++ {
		err := p.transact(ctx, parts)
		cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
		if ok && attempt < placeAttempts && busy(parts, cancelled.CancellationReasons) {
			if err := pause(ctx, attempt, true); err != nil {
				return nil, fmt.Errorf("place order: %w", err)
			}
			continue
		}
		if ok {
			return p.earlier(ctx, key, now, parts, cancelled)
		}
		if err != nil {
			return nil, wrap("place order", err)
		}
		o.Version = 1
		return nil, nil
	}
}

// parts returns the parts of the transaction. The answer is the first.
func (p *Placements) parts(o *orderflow.Order, answer answerItem, now time.Time) ([]placingPart, error) {
	putAnswer, err := putAnswer(p.Idempotency, answer, now)
	if err != nil {
		return nil, err
	}
	orders := Orders{DB: p.DB, Table: p.Orders}
	putOrder, err := orders.putOrder(o)
	if err != nil {
		return nil, err
	}
	parts := []placingPart{
		{TransactWriteItem: types.TransactWriteItem{Put: putAnswer}},
		{TransactWriteItem: types.TransactWriteItem{Put: putOrder}},
	}
	if c := o.Claim(); c != nil {
		put, err := putClaim(p.Pricing, *c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, placingPart{
			TransactWriteItem: types.TransactWriteItem{Put: put},
			refused: orderflow.Errorf(orderflow.CodePromotionUsed,
				"the promotion is already used: it allows one order for each customer"),
		})
	}
	if p.OrdersPerHour > 0 {
		parts = append(parts, placingPart{
			TransactWriteItem: types.TransactWriteItem{Update: countOrder(p.Idempotency, o.CustomerID, p.OrdersPerHour, now)},
			refused: orderflow.Errorf(orderflow.CodeTooManyOrders,
				"a customer may place %d orders in an hour", p.OrdersPerHour),
		})
	}
	return parts, nil
}

func (p *Placements) transact(ctx context.Context, parts []placingPart) error {
	items := make([]types.TransactWriteItem, len(parts))
	for i, part := range parts {
		items[i] = part.TransactWriteItem
	}
	_, err := p.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	return err
}

// busy reports whether nothing but other orders of the same customer stopped the transaction.
func busy(parts []placingPart, reasons []types.CancellationReason) bool {
	found := false
	for i, r := range reasons {
		switch code := aws.ToString(r.Code); {
		case code == "" || code == "None":
		case code == "TransactionConflict" && i < len(parts) && parts[i].refused != nil:
			found = true
		default:
			return false
		}
	}
	return found
}

// earlier returns the saved answer from the first reason of a cancelled transaction. Without one it
// returns why the order was refused.
func (p *Placements) earlier(ctx context.Context, key string, now time.Time, parts []placingPart,
	cancelled *types.TransactionCanceledException) ([]byte, error) {
	reasons := cancelled.CancellationReasons
	if !refusedByAnswer(cancelled) {
		return nil, fmt.Errorf("place order: %w", whyRefused(parts, cancelled))
	}
	kept, err := read[answerItem]("answer", reasons[0].Item)
	answer := kept.at(now)
	if err == nil && answer == nil { // the service did not return the item
		answer, err = p.Answer(ctx, key, now)
	}
	if err == nil && answer == nil {
		err = orderflow.Errorf(orderflow.CodeConflict, "the earlier answer has just expired")
	}
	if err != nil {
		return nil, fmt.Errorf("place order: %w", err)
	}
	return answer, nil
}

// whyRefused translates the reasons of a cancelled transaction, none of which is an earlier answer.
func whyRefused(parts []placingPart, cancelled *types.TransactionCanceledException) error {
	reasons := cancelled.CancellationReasons
	if len(reasons) == 0 {
		return cancelled
	}
	if busy(parts, reasons) {
		return orderflow.Errorf(orderflow.CodeThrottled, "other orders of the customer are being placed")
	}
	for i, part := range parts {
		if aws.ToString(reasons[0].Code) == "None" && i < len(reasons) && part.refused != nil && aws.ToString(reasons[i].Code) == "ConditionalCheckFailed" {
			return part.refused
		}
	}
	return whyCancelled(make([]action, len(reasons)), cancelled)
}
