// Package tasks holds the work of the Lambda functions in and around the fulfil-order state
// machine, one file per task.
//
// A task of the state machine loads the order, calls one of its methods, and commits the effect,
// the new status and the step record in one transaction. A repeated task returns its first result.
// Errors carry an orderflow.Code, which is the error name that the state machine sees.
package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Input is the input that the state machine gives to each of its tasks.
type Input struct {
	OrderID   string                     `json:"orderId"`
	TaskToken string                     `json:"taskToken,omitempty"` // ship, review, payment-method: receives the answer
	Kind      orderflow.NotificationKind `json:"kind,omitempty"`      // notify: the notification to send
	Reason    string                     `json:"reason,omitempty"`    // close: the code of the failure
	RefundID  string                     `json:"refundId,omitempty"`  // notify: the refund, if the kind is "refunded"
	// charge, ship, review, payment-method: the attempt. ship: the outcome of the notification before it.
	Attempt      orderflow.Attempt `json:"attempt,omitzero"`
	Notification Outcome           `json:"notification,omitzero"`
	Review       WaitInput         `json:"review,omitzero"` // charge, review
	// charge, payment-method
	PaymentMethod WaitInput `json:"paymentMethod,omitzero"`
}

// Outcome is the result of a step whose failure does not stop the next ones: the output of its
// Catch, or an empty Error.
type Outcome struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Orders loads orders and commits changes.
type Orders interface {
	// Order loads an order, strongly consistent. Returns CodeNotFound.
	Order(ctx context.Context, id string) (*orderflow.Order, error)
	// Commit applies the write whole or not at all, and raises the version of its order. Returns
	// CodeConflict if the order, the step or the ledger entry was changed concurrently (nothing is
	// written; reload), CodeOutOfStock, CodeThrottled.
	Commit(ctx context.Context, w orderflow.Write) error
}

// Steps reads the records of completed steps.
type Steps interface {
	// Step returns the record of a step, or nil if it was not done.
	Step(ctx context.Context, orderID, name string) (*orderflow.Step, error)
}

// Clock returns the current time.
type Clock func() time.Time

// by returns the author of a change by one of the state machine's steps.
func (c Clock) by(step, reason string) orderflow.By {
	return orderflow.By{At: c().UTC(), Actor: "step:" + step, Reason: reason}
}

// chunk is a part of an order's stock moves that fits into one transaction: at most MaxStockMoves
// products, each with its moves in all warehouses. Its step record is named after the task and its
// number.
type chunk struct {
	number int // from 1
	last   bool
	moves  []orderflow.StockMove
}

func chunks(moves []orderflow.StockMove) []chunk {
	var out []chunk
	for len(moves) > 0 {
		n, products := 0, 0
		for ; n < len(moves); n++ {
			if n > 0 && moves[n].SKU == moves[n-1].SKU {
				continue
			}
			if products == orderflow.MaxStockMoves {
				break
			}
			products++
		}
		out = append(out, chunk{number: len(out) + 1, moves: moves[:n], last: n == len(moves)})
		moves = moves[n:]
	}
	return out
}

// step returns the record that the task did this chunk. Its result is the moves.
func (c chunk) step(orderID, task string, moves []orderflow.StockMove) (*orderflow.Step, error) {
	return newStep(orderID, c.name(task), moves)
}

func (c chunk) name(task string) string { return task + "/" + strconv.Itoa(c.number) }

func newStep(orderID, name string, result any) (*orderflow.Step, error) {
	raw, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("marshal result of step %s: %w", name, err)
	}
	return &orderflow.Step{OrderID: orderID, Name: name, Result: raw}, nil
}

func readResult[Out any](s *orderflow.Step) (Out, error) {
	var out Out
	if err := json.Unmarshal(s.Result, &out); err != nil {
		return out, fmt.Errorf("read result of step %s: %w", s.Name, err)
	}
	return out, nil
}
