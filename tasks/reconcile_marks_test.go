package tasks

import (
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func closed(o *orderflow.Order) error {
	o.PaymentStatus, o.StockStatus = orderflow.PaymentRefunded, orderflow.StockReleased
	return o.Close(orderflow.By{At: start, Reason: "OutOfStock"})
}

func fulfilled(o *orderflow.Order) error {
	if err := dispatched(o); err != nil {
		return err
	}
	return o.Fulfil(orderflow.By{At: start})
}

func acknowledged(o *orderflow.Order) error { return o.Acknowledge(orderflow.By{At: start}) }

// A failure after an order has ended is marked once. The mark is removed when the redriven
// execution succeeds.
func TestReconcile_Handle_afterTheEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		changes   changes
		execution *orderflow.Execution
		stopped   time.Duration // before now
		want      string
	}{
		{
			"the news is lost", changes{fulfilled}, execution("FAILED", 0), time.Hour,
			"marked 1, cleared 0, attention X at RequestShipment 0",
		},
		{
			"the news is lost, rejected", changes{closed}, execution("TIMED_OUT", 0), time.Hour,
			"marked 1, cleared 0, attention X at RequestShipment 0",
		},
		{
			"aborted", changes{closed}, execution("ABORTED", 0), time.Hour,
			"marked 1, cleared 0, attention X at RequestShipment 0",
		},
		{
			"known", changes{fulfilled, marked}, execution("FAILED", 0), time.Hour,
			"marked 0, cleared 0, attention X at  0, stuck 3600",
		},
		{
			"failed again", changes{fulfilled, marked}, execution("FAILED", 1), time.Hour,
			"marked 1, cleared 0, attention X at RequestShipment 1",
		},
		{
			"acknowledged", changes{fulfilled, marked, acknowledged}, execution("FAILED", 0), time.Hour,
			"marked 0, cleared 0, no attention",
		},
		{
			"acknowledged, then failed again", changes{fulfilled, marked, acknowledged}, execution("FAILED", 1),
			time.Hour, "marked 1, cleared 0, attention X at RequestShipment 1",
		},
		{"long ago", changes{fulfilled}, execution("FAILED", 0), 25 * time.Hour, "marked 0, cleared 0, no attention"},
		{
			"redriven, the news lost", changes{fulfilled, marked}, execution("RUNNING", 1), 0,
			"marked 0, cleared 1, no attention",
		},
		{
			"succeeded, the news lost", changes{fulfilled, marked}, execution("SUCCEEDED", 1), 0,
			"marked 0, cleared 1, no attention",
		},
		{"succeeded", changes{fulfilled}, execution("SUCCEEDED", 0), 0, "marked 0, cleared 0, no attention"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shipping(t, tt.changes...)
			r, _, _, alerts := reconciler(s, tt.execution)
			x := *tt.execution
			x.StoppedAt = r.Now().Add(-tt.stopped)
			r.Executions.(*executions).of["ord_1"] = x
			first, err := r.Handle(t.Context(), struct{}{})
			wantCode(t, err, "")
			got := fmt.Sprintf("marked %d, cleared %d, no attention", first.Marked, first.Cleared)
			if a := s.load(t, "ord_1").Attention; a != nil {
				got = fmt.Sprintf("marked %d, cleared %d, attention %s at %s %d", first.Marked, first.Cleared, a.Code,
					a.Step, a.RedriveCount)
			}
			if first.StuckSeconds > 0 {
				got += fmt.Sprintf(", stuck %d", first.StuckSeconds)
			}
			if got != tt.want || len(alerts.alerts) != first.Marked || first.Failed > 0 {
				t.Errorf("got %s, want %s; %d alerts, %+v", got, tt.want, len(alerts.alerts), first)
			}
			second, err := r.Handle(t.Context(), struct{}{})
			if err != nil || second.Marked+second.Cleared > 0 || len(alerts.alerts) != first.Marked {
				t.Errorf("again: %+v, %v, alerts %v", second, err, alerts.alerts)
			}
		})
	}
}

// An order that waits is not stalled. A failure of its execution is found all the same.
func TestReconcile_Handle_failedWhileWaiting(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	r, xs, _, alerts := reconciler(s, execution("ABORTED", 0))
	x := xs.of["ord_1"]
	x.StoppedAt = r.Now()
	xs.of["ord_1"], r.After = x, 2*time.Hour
	for range 2 {
		if _, err := r.Handle(t.Context(), struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	if a := s.load(t, "ord_1").Attention; a == nil || a.Code != "X" || len(alerts.alerts) != 1 {
		t.Errorf("attention %+v, %d alerts", a, len(alerts.alerts))
	}
}

// Watch marks an ended order, and removes the mark when its execution is redriven.
func TestWatch_Handle_afterTheEnd(t *testing.T) {
	t.Parallel()
	s, out := shipping(t), &outbox{}
	s.mustChange(fulfilled)
	w := Watch{Orders: s, Alerts: out, History: history{"NotifyShipped", true}, Now: at(start)}
	_, err := w.Handle(t.Context(), change(t, "FAILED", 0, "Lambda.Unknown", "c"))
	wantCode(t, err, "")
	if o := s.load(t, "ord_1"); o.Status != orderflow.Fulfilled || o.Attention == nil ||
		o.Attention.Step != "NotifyShipped" || len(out.alerts) != 1 {
		t.Errorf("got %+v, alerts %v", o.Attention, out.alerts)
	}
	_, err = w.Handle(t.Context(), change(t, "RUNNING", 1, "", ""))
	wantCode(t, err, "")
	if o := s.load(t, "ord_1"); o.Status != orderflow.Fulfilled || o.Attention != nil {
		t.Errorf("got %+v", o.Attention)
	}
}

// The reconciler resends a notification that failed while the order went on. If that fails too,
// operators get one alert.
func TestReconcile_Handle_unsent(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	s.mustChange(func(o *orderflow.Order) error {
		o.NoteUnsent(orderflow.Unsent{
			Kind: orderflow.NotifyConfirmed, Step: confirmedStep, Message: "m",
		}, orderflow.By{At: start})
		return nil
	})
	r, _, _, alerts := reconciler(s, execution("RUNNING", 0))
	topic := &outbox{err: errLost}
	r.After, r.Notify.Notifier = 2*time.Hour, topic
	for range 3 {
		got, err := r.Handle(t.Context(), struct{}{})
		if err != nil || got.Resent != 0 || got.Failed != 0 || got.StuckSeconds != 3600 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if len(alerts.alerts) != 1 || alerts.alerts[0].Code != "NotificationFailed" ||
		alerts.alerts[0].DedupeID != "ord_1/attention/0/NotificationFailed" {
		t.Errorf("alerts %+v", alerts.alerts)
	}
	topic.err = nil
	got, err := r.Handle(t.Context(), struct{}{})
	if err != nil || got.Resent != 1 || len(topic.notes) != 4 || topic.notes[3].Kind != orderflow.NotifyConfirmed {
		t.Errorf("%+v, %v, sent %v", got, err, topic.notes)
	}
	if o := s.load(t, "ord_1"); o.Attention != nil || o.Unsent != nil {
		t.Errorf("got %+v, unsent %+v", o.Attention, o.Unsent)
	}
}

// Operators get one alert for a late dispatch. A failed alert is repeated by the next run.
func TestReconcile_Handle_lateDispatch(t *testing.T) {
	t.Parallel()
	s := shipping(t, givenUp, closed)
	s.mustChange(func(o *orderflow.Order) error { o.NoteLateDispatch("Post", "T1", orderflow.By{At: start}); return nil })
	r, _, _, alerts := reconciler(s, execution("SUCCEEDED", 0))
	alerts.err = errLost
	if got, err := r.Handle(t.Context(), struct{}{}); err != nil || got.Failed != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	alerts.err = nil
	for range 2 {
		if got, err := r.Handle(t.Context(), struct{}{}); err != nil || got.Failed != 0 || got.Marked != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n := len(alerts.alerts); n != 2 || alerts.alerts[1].Code != "DispatchedLate" ||
		alerts.alerts[1].DedupeID != alerts.alerts[0].DedupeID {
		t.Errorf("alerts %+v", alerts.alerts)
	}
	if o := s.load(t, "ord_1"); o.Attention == nil || o.Status != orderflow.Rejected {
		t.Errorf("got %+v", o)
	}
}

// The answer is known, but the execution waits for another token than the order's, or refuses it:
// the answer is given, or operators get one alert.
func TestReconcile_Handle_strandedAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		gone     []string
		open     string
		answered int
		mark     string
	}{
		{"another token", []string{"token"}, "live", 1, ""},
		{"refused", []string{"token", "live"}, "live", 0, "AnswerRefused"},
		{"went on", []string{"token"}, "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shipping(t)
			s.mustChange(dispatched)
			r, _, tokens, alerts := reconciler(s, execution("RUNNING", 0))
			tokens.gone, tokens.open = tt.gone, tt.open
			for range 2 {
				got, err := r.Handle(t.Context(), struct{}{})
				if err != nil || got.Answered != tt.answered || got.Failed > 0 {
					t.Errorf("%+v, %v", got, err)
				}
			}
			mark := ""
			if a := s.load(t, "ord_1").Attention; a != nil {
				mark = a.Code
			}
			if mark != tt.mark || (len(alerts.alerts) == 1) != (mark != "") {
				t.Errorf("mark %q, want %q, alerts %v", mark, tt.mark, alerts.alerts)
			}
		})
	}
}

// A clock that was set back by an hour does not delay orders.
func TestReconcile_Handle_clockSetBack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		execution *orderflow.Execution
		want      string
	}{
		{"never started", nil, "started 1, renewed 0"},
		{"not answered", execution("RUNNING", 0), "started 0, renewed 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shipping(t)
			r, _, _, _ := reconciler(s, tt.execution)
			r.Now, r.After = at(start.Add(-time.Hour)), 3*time.Minute
			got, err := r.Handle(t.Context(), struct{}{})
			if text := fmt.Sprintf("started %d, renewed %d", got.Started, got.Renewed); err != nil || text != tt.want {
				t.Errorf("got %s, %v", text, err)
			}
			again, err := r.Handle(t.Context(), struct{}{})
			if err != nil || again.Renewed > 0 {
				t.Errorf("asked again at once: %+v, %v", again, err)
			}
		})
	}
}
