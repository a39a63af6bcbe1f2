package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// action is one part of a transaction.
type action struct {
	types.TransactWriteItem
	// move is nil for the order, the step, the payment and the claim; of a product's moves it is
	// the first.
	move  *orderflow.StockMove
	claim bool
}

// errClaimElsewhere: the claim belongs to another order. Nothing else stops the write.
var errClaimElsewhere = errors.New("the claim belongs to another order")

// Commit applies the write whole or not at all, and raises the version of its order and the
// revision of its payment. Returns orderflow.CodeConflict if the order, the step or the payment was
// changed concurrently; CodeOutOfStock with the SKUs if too little is on hand; CodeInvalidState if
// less is reserved than is to be released or shipped; CodeThrottled.
func (s *Orders) Commit(ctx context.Context, w orderflow.Write) error {
	actions, err := s.actions(w)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	switch {
	case len(actions) == 0:
		return nil
	case len(actions) == 1 && actions[0].Put != nil: // a single write costs half as much as a transaction
		err = s.put(ctx, actions[0].Put)
	default:
		err = s.transact(ctx, actions)
	}
	if errors.Is(err, errClaimElsewhere) { // an operator gave it back by hand, and it was claimed again
		w.Return = nil
		return s.Commit(ctx, w)
	}
	if err != nil {
		return err
	}
	if w.Order != nil {
		w.Order.Version++
	}
	if w.Payment != nil && w.Payment.Counted() {
		w.Payment.Revision++
	}
	return nil
}

func (s *Orders) actions(w orderflow.Write) ([]action, error) {
	var out []action
	add := func(put *types.Put, err error) error {
		if err == nil {
			out = append(out, action{TransactWriteItem: types.TransactWriteItem{Put: put}})
		}
		return err
	}
	if w.Order != nil {
		if err := add(s.putOrder(w.Order)); err != nil {
			return nil, err
		}
	}
	if w.Step != nil {
		if err := add(putStep(s.Steps, w.Step)); err != nil {
			return nil, err
		}
	}
	if w.Payment != nil {
		if err := add(putPayment(s.Payments, w.Payment)); err != nil {
			return nil, err
		}
	}
	if w.Return != nil {
		giveBack := types.TransactWriteItem{Delete: deleteClaim(s.Pricing, *w.Return)}
		out = append(out, action{TransactWriteItem: giveBack, claim: true})
	}
	moved, err := s.stockActions(w)
	return append(out, moved...), err
}

// stockActions returns the actions of the stock moves, one per product, and of the movements.
func (s *Orders) stockActions(w orderflow.Write) ([]action, error) {
	var out []action
	for _, moves := range byProduct(w.Stock) {
		update, err := moveStock(s.Products, moves)
		if err != nil {
			return nil, err
		}
		out = append(out, action{TransactWriteItem: types.TransactWriteItem{Update: update}, move: &moves[0]})
	}
	for _, m := range w.Movements {
		put, err := putMovement(s.Movements, m)
		if err != nil {
			return nil, err
		}
		update, err := applyMovement(s.Products, m)
		if err != nil {
			return nil, err
		}
		out = append(out, action{TransactWriteItem: types.TransactWriteItem{Put: put}},
			action{
				TransactWriteItem: types.TransactWriteItem{Update: update},
				move:              &orderflow.StockMove{SKU: m.SKU, Kind: orderflow.Reserve},
			})
	}
	return out, nil
}

func (s *Orders) put(ctx context.Context, p *types.Put) error {
	_, err := s.DB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: p.TableName, Item: p.Item, ConditionExpression: p.ConditionExpression,
		ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues,
	})
	if err != nil {
		return wrap("commit", err)
	}
	return nil
}

func (s *Orders) transact(ctx context.Context, actions []action) error {
	items := make([]types.TransactWriteItem, len(actions))
	for i, a := range actions {
		items[i] = a.TransactWriteItem
	}
	_, err := s.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return fmt.Errorf("commit: %w", whyCancelled(actions, cancelled))
	}
	if err != nil {
		return wrap("commit", err)
	}
	return nil
}

// whyCancelled translates the cancellation reasons, which have the order of the actions. A conflict
// comes first, because the stock may suffice after a reload.
func whyCancelled(actions []action, err *types.TransactionCanceledException) error {
	var conflict, later, elsewhere bool
	var short []string
	kind := orderflow.Reserve
	for i, r := range err.CancellationReasons {
		switch code := aws.ToString(r.Code); {
		case code == "" || code == "None":
		case code == "TransactionConflict":
			conflict = true
		case throttled[code] || code == "ProvisionedThroughputExceeded":
			later = true
		case code != "ConditionalCheckFailed" || i >= len(actions):
			return err
		case actions[i].claim:
			elsewhere = true
		case actions[i].move == nil:
			conflict = true
		default:
			short, kind = append(short, actions[i].move.SKU), actions[i].move.Kind
		}
	}
	switch {
	case conflict:
		return orderflow.Errorf(orderflow.CodeConflict, "changed concurrently")
	case later:
		return orderflow.Errorf(orderflow.CodeThrottled, "%s", err.ErrorMessage())
	case len(short) > 0 && kind == orderflow.Reserve:
		return orderflow.Errorf(orderflow.CodeOutOfStock, "not enough in stock: %s", strings.Join(short, ", "))
	case len(short) > 0:
		return orderflow.Errorf(orderflow.CodeInvalidState, "not enough reserved: %s", strings.Join(short, ", "))
	case elsewhere:
		return errClaimElsewhere
	}
	return err
}
