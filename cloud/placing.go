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
}

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
// the key, CodePromotionUsed if the customer has a claim, CodeThrottled.
func (p *Placements) Place(ctx context.Context, o *orderflow.Order, key string, answer []byte, now,
	expires time.Time) (earlier []byte, err error) {
	if o.Version != 0 {
		return nil, fmt.Errorf("place order %s: the order is already saved", o.ID)
	}
	orders := Orders{DB: p.DB, Table: p.Orders}
	putOrder, err := orders.putOrder(o)
	if err != nil {
		return nil, fmt.Errorf("place order: %w", err)
	}
	put, err := putAnswer(p.Idempotency, answerItem{
		Key: key, OrderID: o.ID, Answer: answer, ExpiresAt: expires.Unix(),
	}, now)
	if err != nil {
		return nil, fmt.Errorf("place order: %w", err)
	}
	writes := []types.TransactWriteItem{{Put: put}, {Put: putOrder}}
	if c := o.Claim(); c != nil {
		put, err := putClaim(p.Pricing, *c)
		if err != nil {
			return nil, fmt.Errorf("place order: %w", err)
		}
		writes = append(writes, types.TransactWriteItem{Put: put})
	}
	_, err = p.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return p.earlier(ctx, key, now, cancelled)
	}
	if err != nil {
		return nil, wrap("place order", err)
	}
	o.Version = 1
	return nil, nil
}

// earlier returns the saved answer from the first reason of a cancelled transaction. The third
// reason is that of the claim.
func (p *Placements) earlier(ctx context.Context, key string, now time.Time,
	cancelled *types.TransactionCanceledException) ([]byte, error) {
	reasons := cancelled.CancellationReasons
	if err := claimed(reasons); err != nil {
		return nil, fmt.Errorf("place order: %w", err)
	}
	if len(reasons) == 0 || aws.ToString(reasons[0].Code) != "ConditionalCheckFailed" {
		return nil, fmt.Errorf("place order: %w", whyCancelled(make([]action, len(reasons)), cancelled))
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

// claimed returns the refusal of the claim, or nil if the answer was refused, too: then the same
// request was placed before.
func claimed(reasons []types.CancellationReason) error {
	if len(reasons) < 3 || aws.ToString(reasons[0].Code) != "None" {
		return nil
	}
	switch aws.ToString(reasons[2].Code) {
	case "ConditionalCheckFailed":
		return orderflow.Errorf(orderflow.CodePromotionUsed, "the promotion is already used: it allows one order for each customer")
	case "TransactionConflict":
		return orderflow.Errorf(orderflow.CodeThrottled, "another order of the customer uses the promotion at the same time")
	}
	return nil
}
