package tasks

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// A dead letter is removed once its order has moved on, in the run that repaired the order or a
// later one. Letters that still need work stay.
func TestReconcile_Handle_deadLetters(t *testing.T) {
	t.Parallel()
	request := fmt.Sprintf(`{"orderId":"ord_1","shipmentId":"shp_1","sequence":%d}`, 4)
	for _, tt := range []struct {
		name      string
		changes   changes
		execution *orderflow.Execution
		open      string // the token for which the execution waits afterwards
		after     time.Duration
		queue     func(r *Reconcile) *Letters
		detail    string
		removed   bool
	}{
		{"not started", nil, nil, "", 2 * time.Hour, startLetters, `{"orderId":"ord_1"}`, false},
		{
			"started since", nil, execution("RUNNING", 0), "token", 2 * time.Hour, startLetters,
			`{"orderId":"ord_1"}`, true,
		},
		{"no order", nil, nil, "", 0, startLetters, `{"orderId":"ord_2"}`, false},
		{"no event", nil, execution("RUNNING", 0), "", 0, startLetters, `"poison"`, false},
		{
			"nothing to answer", nil, execution("RUNNING", 0), "token", 2 * time.Hour, wakeLetters,
			`{"orderId":"ord_1"}`, true,
		},
		{
			"still unanswered", changes{dispatched}, execution("RUNNING", 0), "token", 2 * time.Hour, wakeLetters,
			`{"orderId":"ord_1"}`, false,
		},
		{
			"answered", changes{dispatched}, execution("RUNNING", 0), "", 2 * time.Hour, wakeLetters,
			`{"orderId":"ord_1"}`, true,
		},
		{"ended", changes{fulfilled}, execution("SUCCEEDED", 0), "", 0, wakeLetters, `{"orderId":"ord_1"}`, true},
		{"not asked", nil, execution("RUNNING", 0), "token", 2 * time.Hour, carrierLetters, request, false},
		{
			"asked again by this run", nil, execution("RUNNING", 0), "token", 3 * time.Minute, carrierLetters,
			request, true,
		},
		{
			"the carrier answered", changes{dispatched}, execution("RUNNING", 0), "token", 2 * time.Hour,
			carrierLetters, request, true,
		},
		{"cancelled", changes{cancelled}, execution("RUNNING", 0), "token", 2 * time.Hour, carrierLetters, request, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shipping(t, tt.changes...)
			r, _, tokens, _ := reconciler(s, tt.execution)
			r.After, tokens.open = tt.after, tt.open
			held := &letters{}
			held.add("m1", tt.detail)
			*tt.queue(&r) = held
			got, err := r.Handle(t.Context(), struct{}{})
			if err != nil || (got.Removed == 1) != tt.removed || (got.Letters == 1) == tt.removed ||
				len(held.held) != got.Letters {
				t.Errorf("%+v, %v, left %v", got, err, held.held)
			}
		})
	}
}

// Letters of missing orders stay and are no failure. The log names their queue once.
func TestReconcile_Handle_strangeLetters(t *testing.T) {
	t.Parallel()
	for name, queue := range map[string]func(*Reconcile) *Letters{"wake": wakeLetters, "carrier": carrierLetters} {
		r, _, _, _ := reconciler(shipping(t), execution("RUNNING", 0))
		var log strings.Builder
		r.Log, r.After = slog.New(slog.NewTextHandler(&log, nil)), 2*time.Hour
		held := &letters{}
		held.add("m1", `{"orderId":"ord_8"}`)
		held.add("m2", `{"orderId":"ord_9"}`)
		*queue(&r) = held
		got, err := r.Handle(t.Context(), struct{}{})
		if err != nil || got.Failed != 0 || got.Letters != 2 || len(held.held) != 2 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if want := "queue=" + name + "-dead-letters letters=2"; strings.Count(log.String(), want) != 1 ||
			strings.Contains(log.String(), "ERROR") {
			t.Errorf("%s: log %s", name, &log)
		}
	}
}

func startLetters(r *Reconcile) *Letters   { return &r.StartLetters }
func wakeLetters(r *Reconcile) *Letters    { return &r.WakeLetters }
func carrierLetters(r *Reconcile) *Letters { return &r.CarrierLetters }
