package tasks

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// A cancel of an order whose execution had failed is carried out at once, and by the reconciler if
// its event is lost. If the execution failed after the cancel, it is tried again later.
func TestWake_Handle_cancelledAfterFailure(t *testing.T) {
	t.Parallel()
	later := func(o *orderflow.Order) error { return o.RequestCancel(orderflow.By{At: start.Add(2 * time.Minute)}) }
	for _, tt := range []struct {
		name     string
		changes  []func(*orderflow.Order) error
		x        *orderflow.Execution
		redriven int
	}{
		{"cancelled", []func(*orderflow.Order) error{marked, later}, stopped(1, true), 1},
		{"not marked yet", []func(*orderflow.Order) error{later}, stopped(1, true), 0},
		{"not cancelled", []func(*orderflow.Order) error{marked}, stopped(1, true), 0},
		{"cannot be redriven", []func(*orderflow.Order) error{marked, later}, stopped(1, false), 0},
		{"runs again", []func(*orderflow.Order) error{marked, later}, execution(orderflow.ExecutionRunning, 2), 0},
		{"deleted", []func(*orderflow.Order) error{marked, later}, nil, 0},
		{"cancelled before", []func(*orderflow.Order) error{marked, func(o *orderflow.Order) error {
			return o.RequestCancel(orderflow.By{At: start})
		}}, stopped(1, true), 0},
		{"cancelled before, an hour ago", []func(*orderflow.Order) error{marked, func(o *orderflow.Order) error {
			return o.RequestCancel(orderflow.By{At: start})
		}}, stopped(0, true), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := reserved(t, 1)
			for _, change := range tt.changes {
				s.mustChange(change)
			}
			r, xs, tokens, _ := reconciler(s, tt.x)
			w := Wake{Orders: s, Tokens: tokens, Executions: xs, Now: at(start.Add(61 * time.Minute)), Log: quiet}
			got, err := w.Handle(t.Context(), events(`{"orderId":"ord_1"}`))
			if err != nil || len(got.Failures) > 0 || len(xs.redriven) != tt.redriven {
				t.Fatalf("failures %v, %v, redriven %v", got.Failures, err, xs.redriven)
			}
			if o := s.load(t, "ord_1"); tt.redriven > 0 && (o.Attention != nil || o.Timeline[len(o.Timeline)-1].Reason != "OrderCancelled") {
				t.Errorf("attention %+v, timeline %+v", o.Attention, o.Timeline)
			}
			if tt.name == "cannot be redriven" {
				if _, err := r.Handle(t.Context(), struct{}{}); err != nil || !slices.Contains(xs.started, "ord_1-2") {
					t.Errorf("the reconciler starts %v, %v", xs.started, err)
				}
			}
			if tt.name == "not marked yet" {
				if _, err := r.Handle(t.Context(), struct{}{}); err != nil || len(xs.redriven) != 1 {
					t.Errorf("the reconciler redrives %v, %v", xs.redriven, err)
				}
			}
		})
	}
}

// An order without an execution is started, but not long after it was placed: an execution may have
// been forgotten, and an operator decides. A cancelled or restarted order is started all the same.
func TestReconcile_Handle_lostExecution(t *testing.T) {
	t.Parallel()
	cancelled := func(o *orderflow.Order) error { return o.RequestCancel(orderflow.By{At: start}) }
	restarted := func(after time.Duration) func(o *orderflow.Order) error {
		return func(o *orderflow.Order) error { return o.Restart(orderflow.By{At: start.Add(after)}) }
	}
	paid := func(o *orderflow.Order) error { return o.Capture(orderflow.By{At: start}) } // it holds its stock for ever
	for _, tt := range []struct {
		name    string
		change  func(*orderflow.Order) error
		after   time.Duration
		started string
		marked  bool
	}{
		{"soon", nil, time.Hour, "ord_1", false},
		{"within two weeks", nil, orderflow.StartWithin, "ord_1", false},
		{"later", paid, orderflow.StartWithin + time.Second, "", true},
		{"later, cancelled", cancelled, orderflow.StartWithin + time.Second, "ord_1", false},
		{"later, restarted", restarted(orderflow.StartWithin), orderflow.StartWithin + time.Hour, "ord_1-2", false},
		{"restarted, and later", func(o *orderflow.Order) error { return errors.Join(paid(o), restarted(0)(o)) },
			orderflow.StartWithin + time.Second, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := reserved(t, 1)
			if tt.change != nil {
				s.mustChange(tt.change)
			}
			r, xs, _, alerts := reconciler(s, nil)
			r.Now = at(s.load(t, "ord_1").PlacedAt.Add(tt.after))
			for range 2 { // the second run marks nothing more
				if _, err := r.Handle(t.Context(), struct{}{}); err != nil {
					t.Fatal(err)
				}
			}
			o := s.load(t, "ord_1")
			if marked := o.Attention != nil && o.Attention.Code == string(orderflow.CodeExecutionLost); marked != tt.marked ||
				marked != (len(alerts.alerts) == 1) {
				t.Errorf("attention %+v, %d alerts", o.Attention, len(alerts.alerts))
			}
			if (tt.started == "") != (len(xs.started) == 0) || tt.started != "" && xs.started[0] != tt.started {
				t.Errorf("started %v, want %s", xs.started, tt.started)
			}
		})
	}
}
