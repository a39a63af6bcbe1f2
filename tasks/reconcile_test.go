package tasks

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// reconciler returns a Reconcile of a store whose order has the given execution; nil was never
// started. now is an hour after the order was placed.
func reconciler(s *store, x *orderflow.Execution) (Reconcile, *executions, *answers, *outbox) {
	xs, tokens, alerts := &executions{}, &answers{}, &outbox{}
	if x != nil {
		xs.of = map[string]orderflow.Execution{"ord_1": *x}
	}
	return Reconcile{
		Orders: s, Stalled: stalledOrders{s}, Executions: xs, History: history{"RequestShipment", true}, Tokens: tokens,
		Alerts: alerts,
		Notify: Notify{Orders: s, Customers: s, Notifier: alerts}, StartLetters: &letters{},
		WakeLetters: &letters{}, CarrierLetters: &letters{}, RepayLetters: &letters{},
		Now: at(start.Add(time.Hour)), Patience: 72 * time.Hour, Log: quiet,
	}, xs, tokens, alerts
}

func execution(status orderflow.ExecutionStatus, redrives int) *orderflow.Execution {
	return &orderflow.Execution{ARN: arn, Status: status, Error: "X", Cause: "c", RedriveCount: redrives}
}

func marked(o *orderflow.Order) error {
	o.MarkAttention(orderflow.Attention{Code: "X", ExecutionARN: arn}, orderflow.By{At: start})
	return nil
}

func dispatched(o *orderflow.Order) error { return o.Dispatch("Post", "T1", orderflow.By{At: start}) }

func givenUp(o *orderflow.Order) error {
	return o.FailShipment(orderflow.By{At: start, Reason: "AddressUnreachable"})
}

func asked(token string) func(o *orderflow.Order) error {
	return func(o *orderflow.Order) error {
		return o.RequestShipment("shp_1", orderflow.Wait{Step: orderflow.StepRequestShipment, Token: token}, orderflow.By{At: start})
	}
}

type changes = []func(*orderflow.Order) error

func TestReconcile_Handle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		changes   changes
		execution *orderflow.Execution
		after     time.Duration
		want      Reconciled
	}{
		{"moved lately", nil, nil, 2 * time.Hour, Reconciled{Complete: true}},
		{"never started", nil, nil, 0, Reconciled{Checked: 1, Started: 1, Complete: true}},
		{"not answered", nil, execution("RUNNING", 0), 0, Reconciled{Checked: 1, Renewed: 1, Complete: true}},
		{
			"answer lost", changes{dispatched}, execution("RUNNING", 0), 0,
			Reconciled{Checked: 1, Answered: 1, Complete: true},
		},
		{
			"cancel lost", changes{cancelled}, execution("RUNNING", 0), 0,
			Reconciled{Checked: 1, Answered: 1, Complete: true},
		},
		{"failure lost", nil, execution("FAILED", 0), 0, Reconciled{Checked: 1, Marked: 1, Complete: true}},
		{
			"failure known", changes{marked}, execution("FAILED", 0), 0,
			Reconciled{Checked: 1, StuckSeconds: 3600, Complete: true},
		},
		{"failed again", changes{marked}, execution("FAILED", 1), 0, Reconciled{Checked: 1, Marked: 1, Complete: true}},
		{
			"redrive lost", changes{marked, dispatched}, execution("RUNNING", 1), 0,
			Reconciled{Checked: 1, Answered: 1, Cleared: 1, Complete: true},
		},
		{"ended without the order", nil, execution("SUCCEEDED", 0), 0, Reconciled{Checked: 1, Marked: 1, Complete: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shipping(t, tt.changes...)
			r, _, _, alerts := reconciler(s, tt.execution)
			r.After = tt.after
			got, err := r.Handle(t.Context(), struct{}{})
			if err != nil || got != tt.want || len(alerts.alerts) != tt.want.Marked {
				t.Errorf("got %+v, %v, alerts %v, want %+v", got, err, alerts.alerts, tt.want)
			}
		})
	}
}

// Each event that the system needs to go on is lost. The reconciler does the missing work.
func TestReconcile_Handle_lostEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		event     string
		changes   changes
		execution *orderflow.Execution
		want      string // executions started, tokens answered, changes published since, the order's mark
	}{
		{"Order Placed", nil, nil, "[ord_1] [] [] "},
		{"Shipment Requested", nil, execution("RUNNING", 0), "[] [] [Shipment Renewed shp_1] "},
		{"Shipment Renewed", changes{asked("another")}, execution("RUNNING", 1), "[] [] [Shipment Renewed shp_1] "},
		{"Shipment Renewed, of one that was answered", changes{dispatched, asked("another")}, execution("RUNNING", 1),
			`[] [another {"shipmentId":"shp_1","trackingNumber":"T1"}] [] `},
		{
			"Order Status Changed", changes{dispatched}, execution("RUNNING", 0),
			`[] [token {"shipmentId":"shp_1","trackingNumber":"T1"}] [] `,
		},
		{
			"Shipment Failed", changes{givenUp}, execution("RUNNING", 0),
			"[] [token ShipmentFailed AddressUnreachable] [] ",
		},
		{
			"Order Cancel Requested", changes{cancelled}, execution("RUNNING", 0),
			"[] [token OrderCancelled a cancel was accepted] [] ",
		},
		{
			"Step Functions Execution Status Change, failed", nil, execution("FAILED", 0),
			"[] [] [Order Attention Changed shp_1] X",
		},
		{"Step Functions Execution Status Change, redriven", changes{dispatched, marked}, execution("RUNNING", 1),
			`[] [token {"shipmentId":"shp_1","trackingNumber":"T1"}] [Order Attention Changed shp_1] `},
	} {
		t.Run(tt.event, func(t *testing.T) {
			t.Parallel()
			s := shipping(t, tt.changes...)
			before := s.load(t, "ord_1").Sequence
			r, xs, tokens, _ := reconciler(s, tt.execution)
			if _, err := r.Handle(t.Context(), struct{}{}); err != nil {
				t.Fatal(err)
			}
			o := s.load(t, "ord_1")
			published := []string{}
			for _, c := range o.Timeline[before:] {
				published = append(published, string(c.Type)+" "+o.Event(c).ShipmentID)
			}
			mark := ""
			if o.Attention != nil {
				mark = o.Attention.Code
			}
			if got := fmt.Sprintf("%v %v %v %s", xs.started, tokens.given, published, mark); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A silent carrier gets further requests at growing intervals. After three days operators get one
// alert. The carrier's answer removes the mark.
func TestReconcile_Handle_silentCarrier(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	r, _, tokens, alerts := reconciler(s, execution("RUNNING", 0))
	r.After = 15 * time.Minute
	var renewed, marked []time.Duration
	checked := 0
	for since := time.Duration(0); since < 14*24*time.Hour; since += 20 * time.Minute {
		r.Now = at(start.Add(since))
		got, err := r.Handle(t.Context(), struct{}{})
		if err != nil || got.Failed > 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		checked += got.Checked
		if got.Renewed > 0 {
			renewed = append(renewed, since)
		}
		if got.Marked > 0 {
			marked = append(marked, since)
		}
	}
	want := "[20m0s 40m0s 1h20m0s 2h40m0s 5h20m0s 10h40m0s 21h20m0s 42h40m0s 66h40m0s 90h40m0s "
	if got := fmt.Sprint(renewed); !strings.HasPrefix(got, want) || len(renewed) != 20 {
		t.Errorf("asked again %d times after %s", len(renewed), got)
	}
	if got := fmt.Sprint(marked); got != "[72h0m0s]" || len(alerts.alerts) != 1 ||
		alerts.alerts[0].DedupeID != "ord_1/attention/0/ShipmentUnanswered" {
		t.Errorf("marked after %s, alerts %+v", got, alerts.alerts)
	}
	if checked > len(renewed)+len(marked) {
		t.Errorf("looked %d times at an order that only waits", checked)
	}
	o := s.load(t, "ord_1")
	if a := o.Attention; a == nil || a.Code != "ShipmentUnanswered" || a.Step != orderflow.StepRequestShipment || o.Shipment.ID != "shp_1" {
		t.Errorf("attention %+v, shipment %+v", o.Attention, o.Shipment)
	}
	r.Now = at(start.Add(14 * 24 * time.Hour))
	got, err := r.Handle(t.Context(), struct{}{})
	if err != nil || got.StuckSeconds != 11*24*3600 {
		t.Errorf("stuck for %d seconds, %v", got.StuckSeconds, err)
	}

	s.mustChange(dispatched)
	out, err := Wake{Orders: s, Tokens: tokens, Log: quiet}.Handle(t.Context(), events(`{"orderId":"ord_1"}`))
	if o := s.load(t, "ord_1"); err != nil || len(out.Failures) > 0 || o.Attention != nil ||
		o.Status != orderflow.Shipping || len(tokens.given) != 1 {
		t.Errorf("%s, attention %+v, answers %v, %v", o.Status, o.Attention, tokens.given, err)
	}
}

// A failure of an execution that waits for a silent carrier gets its own mark. The carrier's late
// answer leaves that mark.
func TestReconcile_Handle_silentCarrierThenTimeout(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	r, xs, _, alerts := reconciler(s, execution("RUNNING", 0))
	r.Patience = 0
	if got, err := r.Handle(t.Context(), struct{}{}); err != nil || got.Renewed != 1 || got.Marked != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	xs.of["ord_1"] = *execution("TIMED_OUT", 0)
	r.Now = at(start.Add(14 * 24 * time.Hour))
	if _, err := r.Handle(t.Context(), struct{}{}); err != nil {
		t.Fatal(err)
	}
	s.mustChange(dispatched)
	if a := s.load(t, "ord_1").Attention; a == nil || a.Code != "X" || len(alerts.alerts) != 2 {
		t.Errorf("attention %+v, alerts %+v", a, alerts.alerts)
	}
}

// The carrier answers, or a cancel arrives, during the check: no further request is made.
func TestReconcile_Handle_answeredMeanwhile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*orderflow.Order) error{"dispatched": dispatched, "cancelled": cancelled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shipping(t)
			r, _, _, _ := reconciler(s, execution("RUNNING", 0))
			s.beforeCommit = func(context.Context) error {
				s.beforeCommit = nil
				return s.change("ord_1", change)
			}
			got, err := r.Handle(t.Context(), struct{}{})
			if err != nil || got.Renewed != 0 || got.Failed != 0 {
				t.Errorf("%+v, %v", got, err)
			}
			if o := s.load(t, "ord_1"); o.Timeline[len(o.Timeline)-1].Type == orderflow.ShipmentRenewed {
				t.Error("the shipment was asked for again")
			}
		})
	}
}

// One order whose check fails is counted and does not stop the others.
func TestReconcile_Handle_failures(t *testing.T) {
	t.Parallel()
	r, xs, _, _ := reconciler(shipping(t), nil)
	xs.err = map[string]error{"ord_1": errLost}
	got, err := r.Handle(t.Context(), struct{}{})
	if err != nil || got != (Reconciled{Checked: 1, Failed: 1, Complete: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReconcile_Handle_stopsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _, _, _ := reconciler(shipping(t), nil)
		ctx, cancel := context.WithTimeout(t.Context(), spare-time.Second)
		defer cancel()
		got, err := r.Handle(ctx, struct{}{})
		if err != nil || got != (Reconciled{}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
