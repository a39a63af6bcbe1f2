package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Placed is the answer to POST /orders.
type Placed struct {
	OrderID string           `json:"orderId"`
	Status  orderflow.Status `json:"status"`
	Total   orderflow.Money  `json:"total"`
	Price   *Price           `json:"price"` // nil: the total is the sum of the lines
}

// Order is an order as the API shows it to its customer or to operators.
type Order struct {
	OrderID         string                  `json:"orderId"`
	Status          orderflow.Status        `json:"status"`
	PaymentStatus   orderflow.PaymentStatus `json:"paymentStatus"`
	Lines           []Line                  `json:"lines"`
	Price           Price                   `json:"price"`
	Total           orderflow.Money         `json:"total"`
	Email           string                  `json:"email"`
	ShippingAddress orderflow.Address       `json:"shippingAddress"`
	PaymentMethod   string                  `json:"paymentMethod"`
	PlacedAt        time.Time               `json:"placedAt"`
	CancelRequested bool                    `json:"cancelRequested"`
	MethodRequest   *MethodRequest          `json:"paymentMethodRequest"`
	Attention       json.RawMessage         `json:"attention"` // a flag for customers, the details for operators
	Shipment        *orderflow.Shipment     `json:"shipment"`
	CustomerID      string                  `json:"customerId"` // for operators only, as is Review
	Review          *orderflow.Review       `json:"review"`
	Refunds         []Refund                `json:"refunds"`
	Returns         []Return                `json:"returns"`
	Timeline        []orderflow.Change      `json:"timeline"`

	Answer json.RawMessage `json:"-"` // the API's answer, set by Follow
}

// MethodRequest asks to confirm the payment with the client secret, or for another payment method.
type MethodRequest struct {
	Since        time.Time `json:"since"`
	Deadline     time.Time `json:"deadline"`
	ClientSecret string    `json:"clientSecret"`
}

// Ending returns the last change of the order's status, or nil without one.
func (o Order) Ending() *orderflow.Change {
	for i := len(o.Timeline) - 1; i >= 0; i-- {
		if c := &o.Timeline[i]; c.Type == orderflow.OrderStatusChanged {
			return c
		}
	}
	return nil
}

// Reason returns the reason of the order's last change of status.
func (o Order) Reason() string {
	if c := o.Ending(); c != nil {
		return c.Reason
	}
	return ""
}

// NeedsAttention reports whether the order needs an operator. Customers see a flag, operators the
// details.
func (o Order) NeedsAttention() bool { return string(o.Attention) == "true" || o.Mark().Code != "" }

// Mark returns why the order needs attention. It is empty for customers, and for orders that need
// none.
func (o Order) Mark() (a orderflow.Attention) {
	if json.Unmarshal(o.Attention, &a) != nil { // a flag
		return orderflow.Attention{}
	}
	return a
}

// Before returns the change before c, empty for the first one.
func (o Order) Before(c orderflow.Change) (last orderflow.Change) {
	for _, earlier := range o.Timeline {
		if earlier.Sequence < c.Sequence {
			last = earlier
		}
	}
	return last
}

// Corrected reports whether the carrier corrected its notice after c.
func (o Order) Corrected(c orderflow.Change) bool {
	return slices.ContainsFunc(o.Timeline, func(later orderflow.Change) bool {
		return later.Type == orderflow.ShipmentCorrected && later.Sequence > c.Sequence
	})
}

// OpsOrder is an order as operators see it.
type OpsOrder struct {
	Order
	WaitingAt string     `json:"waitingAt"` // the step that waits for an answer that is not known yet
	Execution *Execution `json:"execution"`
}

// Execution is the execution of the state machine for an order.
type Execution struct {
	orderflow.Execution
	FailedStep string                     `json:"failedStep"`
	History    []orderflow.ExecutionEvent `json:"history"`
}

// State returns the current or last state of the execution.
func (x *Execution) State() string {
	for i := len(x.History) - 1; i >= 0; i-- {
		if x.History[i].State != "" {
			return x.History[i].State
		}
	}
	return ""
}

// Failures returns how often the task of a state failed.
func (x *Execution) Failures(state string) int {
	n, current := 0, ""
	for _, h := range x.History {
		if h.State != "" {
			current = h.State
		}
		if h.Type == "TaskFailed" && current == state {
			n++
		}
	}
	return n
}

// Follow polls an order until it ends or seen returns true, and returns its last state.
func (c *Client) Follow(
	ctx context.Context, id string, every time.Duration, seen func(Order) (enough bool),
) (Order, error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	status := orderflow.Status("")
	for {
		var o Order
		body, err := c.Do(ctx, http.MethodGet, "/orders/"+url.PathEscape(id), nil, nil)
		if err != nil && ctx.Err() != nil {
			return o, notEndedError(ctx, id, status)
		}
		if err != nil {
			return o, err
		}
		if err := json.Unmarshal(body, &o); err != nil {
			return o, fmt.Errorf("read answer: %w", err)
		}
		status, o.Answer = o.Status, body
		if seen(o) || o.Status.Final() {
			return o, nil
		}
		select {
		case <-ctx.Done():
			return o, notEndedError(ctx, id, status)
		case <-tick.C:
		}
	}
}

// notEndedError returns the error for an order that had not ended when ctx ended. status is the
// last known one, or "".
func notEndedError(ctx context.Context, id string, status orderflow.Status) error {
	what := fmt.Sprintf("order %s is still %s", id, status)
	if status == "" {
		what = "the API has not returned order " + id + " in time"
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New(what)
	}
	return fmt.Errorf("%s: %w", what, ctx.Err())
}
