// Package demo runs example orders through a running system, and shows how each is fulfilled.
package demo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/examples"
)

// Example is a file of examples/orders.
type Example struct {
	name        string
	Description string          `json:"description"`
	Customer    string          `json:"customer"`
	Request     json.RawMessage `json:"request"`
	Slow        bool            `json:"slow"` // it waits for a deadline
	Expect      Expectation     `json:"expect"`
}

// Expectation is the expected end of an example.
type Expectation struct {
	HTTP    int              `json:"http"`    // status of the answer to POST /orders
	Code    string           `json:"code"`    // of the problem, if the answer is one
	Status  orderflow.Status `json:"status"`  // of the order at its end
	Reason  string           `json:"reason"`  // why it was rejected or cancelled
	Retries string           `json:"retries"` // a state that fails at least once before it succeeds
	Redrive string           `json:"redrive"` // the error of the execution before an operator redrives it
	Review  string           `json:"review"`  // what an operator decides: approve, refuse, or none before the deadline
	// What the customer does who is asked to confirm the payment: confirm, fail, or pay with another
	// method.
	Customer string `json:"customer"`
}

// Examples reads the example orders of a folder, or the built-in ones if dir is "", with or without
// the slow ones. A folder without examples is an error.
func Examples(dir string, slow bool) ([]Example, error) {
	var folder fs.FS = examples.FS
	pattern := "orders/*.json"
	if dir != "" {
		folder, pattern = os.DirFS(dir), "*.json"
	}
	files, err := fs.Glob(folder, pattern)
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no example orders in %s/%s", dir, pattern)
	}
	var list []Example
	for _, f := range files {
		b, err := fs.ReadFile(folder, f)
		if err != nil {
			return nil, err
		}
		x := Example{name: strings.TrimSuffix(path.Base(f), ".json")}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&x); err != nil {
			return nil, fmt.Errorf("read %s: %w", f, err)
		}
		if slow || !x.Slow {
			list = append(list, x)
		}
	}
	return list, nil
}

// Play places all examples at once and follows each to its end, showing the progress.
func Play(ctx context.Context, out *screen.Screen, s *system.System, list []Example) (*Board, error) {
	anon := client.New(s.API, "")
	token, err := anon.Mint(ctx, client.TokenRequest{Subject: "demo", Scopes: client.AllScopes,
		Groups: []string{client.Operators}})
	if err != nil {
		return nil, err
	}
	board := newBoard(out, list)
	var wg sync.WaitGroup
	for _, r := range board.rows {
		wg.Go(func() {
			p := &player{row: r, board: board, anonymous: anon, operator: anon.WithToken(token)}
			board.finish(r, p.run(ctx))
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	board.show(done)
	return board, nil
}

// player runs one example through the system.
type player struct {
	row                 *row
	board               *Board
	anonymous, operator *client.Client
	customer            *client.Client
}

// run returns nil if the order ends as its example expects.
func (p *player) run(ctx context.Context) error {
	want := p.row.example.Expect
	token, err := p.anonymous.Mint(ctx, client.TokenRequest{Subject: p.row.example.Customer, Scopes: client.AllScopes})
	if err != nil {
		return err
	}
	p.customer = p.anonymous.WithToken(token)
	answer, err := p.customer.Place(ctx, "demo-"+p.row.example.name, p.row.example.Request)
	if refused, ok := errors.AsType[*client.Problem](err); ok {
		p.board.update(p.row, func(r *row) {
			r.status, r.remark = "refused", fmt.Sprintf("%d %s", refused.Status, refused.Code)
		})
		if refused.Status != want.HTTP || refused.Code != want.Code {
			return fmt.Errorf("refused with %w; expected %d %s", refused, want.HTTP, want.Code)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if want.HTTP != 202 {
		return fmt.Errorf("accepted; expected %d %s", want.HTTP, want.Code)
	}
	p.board.update(p.row, func(r *row) { r.orderID, r.status = answer.OrderID, string(answer.Status) })
	o, err := p.follow(ctx, answer.OrderID)
	if err != nil {
		return err
	}
	return p.compare(o)
}

// follow polls the order as an operator until it ends, and redrives it if its example expects so.
func (p *player) follow(ctx context.Context, id string) (client.OpsOrder, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var o client.OpsOrder
		if err := p.operator.Get(ctx, "/ops/orders/"+url.PathEscape(id), &o); err != nil {
			return o, err
		}
		p.board.update(p.row, func(r *row) {
			r.status = string(o.Status)
			if o.Execution != nil {
				r.step, r.execution = o.Execution.State(), o.Execution
			}
		})
		if o.Status.Final() && o.Execution != nil && o.Execution.Status != "RUNNING" {
			return o, nil
		}
		if err := errors.Join(p.repair(ctx, o), p.review(ctx, o), p.pay(ctx, o)); err != nil {
			return o, err
		}
		select {
		case <-ctx.Done():
			return o, fmt.Errorf("still %s: %w", o.Status, ctx.Err())
		case <-tick.C:
		}
	}
}

// repair acts as an operator: it ends the outage that failed the order, and redrives it.
func (p *player) repair(ctx context.Context, o client.OpsOrder) error {
	var a orderflow.Attention
	if json.Unmarshal(o.Attention, &a) != nil || a.Code == "" {
		return nil
	}
	want := p.row.example.Expect.Redrive
	if a.Code != want || p.row.redriven {
		return fmt.Errorf("execution failed at %s with %s: %s", a.Step, a.Code, a.Message)
	}
	p.board.update(p.row, func(r *row) { r.remark = "failed at " + a.Step })
	if err := p.anonymous.SetOutage(ctx, true); err != nil {
		return err
	}
	if _, err := p.operator.Act(ctx, o.OrderID, "redrive", "the outage is over"); err != nil {
		return err
	}
	p.board.update(p.row, func(r *row) { r.remark, r.redriven = r.remark+", redriven", true })
	return nil
}

// review acts as an operator: it decides about an order in review, once.
func (p *player) review(ctx context.Context, o client.OpsOrder) error {
	want := p.row.example.Expect.Review
	if o.Status != orderflow.InReview || p.row.reviewed || want == "none" {
		return nil
	}
	if want == "" {
		return fmt.Errorf("waits for a review: %v", o.Review.Reasons)
	}
	if _, err := p.operator.Review(ctx, o.OrderID, want, "an example"); err != nil {
		return err
	}
	past := map[string]string{"approve": "approved", "refuse": "refused"}[want]
	p.board.update(p.row, func(r *row) { r.remark, r.reviewed = past+" by an operator", true })
	return nil
}

// pay acts as the customer who is asked to confirm the payment, once.
func (p *player) pay(ctx context.Context, o client.OpsOrder) error {
	want := p.row.example.Expect.Customer
	if o.WaitingAt != orderflow.StepAwaitPaymentMethod || p.row.paid {
		return nil
	}
	var mine client.Order
	path := "/orders/" + url.PathEscape(o.OrderID)
	if err := p.customer.Get(ctx, path, &mine); err != nil || mine.MethodRequest == nil {
		return err
	}
	var err error
	remark := "another payment method"
	switch want {
	case "confirm", "fail":
		remark = map[string]string{"confirm": "confirmed by the customer", "fail": "not confirmed"}[want]
		err = p.customer.Confirm(ctx, mine.MethodRequest.ClientSecret, want == "confirm")
	case "pay":
		_, err = p.customer.Do(ctx, http.MethodPost, path+"/payment-method", nil, map[string]string{"paymentMethod": "pm_card_visa"})
	default:
		err = errors.New("waits for its customer")
	}
	p.board.update(p.row, func(r *row) { r.remark, r.paid = remark, true })
	return err
}

// compare compares the order's end with the expected one.
func (p *player) compare(o client.OpsOrder) error {
	want := p.row.example.Expect
	switch {
	case o.Status != want.Status:
		return fmt.Errorf("ended %s (%s); expected %s", o.Status, o.Reason(), want.Status)
	case want.Reason != "" && o.Reason() != want.Reason:
		return fmt.Errorf("ended %s because of %s; expected %s", o.Status, o.Reason(), want.Reason)
	case want.Redrive != "" && o.Execution.RedriveCount == 0:
		return fmt.Errorf("ended %s without the redrive that was expected", o.Status)
	case want.Review != "" && o.Review == nil:
		return fmt.Errorf("ended %s without the review that was expected", o.Status)
	case want.Customer != "" && !p.row.paid:
		return fmt.Errorf("ended %s without asking the customer", o.Status)
	case want.Retries != "" && o.Execution.Failures(want.Retries) == 0:
		return fmt.Errorf("%s was not retried", want.Retries)
	}
	p.board.update(p.row, func(r *row) { r.remark = cmp.Or(r.remark, outcome(o, want.Retries)) })
	return nil
}
