package tasks

import (
	"context"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// WaitInput is what the state machine knows of a state that waits for a person.
type WaitInput struct {
	// Seconds is how long the state waits. 0: a state machine of an older version, which has no
	// such state.
	Seconds int `json:"seconds"`
	// Outcome is the error that led to the last wait, or ended it.
	Outcome Outcome `json:"outcome"`
}

// timedOut reports whether the state waited until its end.
func (w WaitInput) timedOut() bool { return w.Outcome.Error == "States.Timeout" }

// Waiting is the result of a task that starts to wait for a person. The state machine ignores it and
// uses the answer given to the token.
type Waiting struct {
	Deadline time.Time `json:"deadline"`
}

// wait is a step that waits for a person.
type wait struct {
	input  WaitInput
	step   string
	kind   orderflow.NotificationKind // told to the customer
	record func(*orderflow.Order, orderflow.Wait, orderflow.By) error
}

// await records with the order the token of a step that waits for a person, and tells the customer.
func await(ctx context.Context, orders Orders, in Input, w wait, n Notify, by orderflow.By) (Waiting, error) {
	if in.TaskToken == "" || w.input.Seconds < 1 {
		return Waiting{}, orderflow.Errorf(orderflow.CodeInvalidState, "the task token or the time to wait is missing")
	}
	o, err := update(ctx, orders, in.OrderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		return w.record(o, orderflow.Wait{
			Step: w.step, Token: in.TaskToken, Attempt: in.Attempt,
			Until: by.At.Add(time.Duration(w.input.Seconds) * time.Second),
		}, by)
	})
	if err != nil {
		return Waiting{}, err
	}
	return Waiting{Deadline: o.Wait.Until}, n.tell(ctx, o, w.kind, w.step, by)
}
