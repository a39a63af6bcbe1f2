package tasks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// TestCharge_Handle_outage: after a few retries the order waits and is marked, until the provider
// answers or its time is over.
func TestCharge_Handle_outage(t *testing.T) {
	t.Parallel()
	retry := func(n, redrive int) Input {
		return Input{OrderID: "ord_1", Attempt: orderflow.Attempt{Retry: n, Redrive: redrive}}
	}
	for name, reply := range map[string]error{
		"unavailable": orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now"),
		"uncertain":   orderflow.Errorf(orderflow.CodePaymentUncertain, "lost"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p, charge, _, now := saved(t, nil)
			charge.Patience = time.Hour
			down := fails(reply)
			p.before = down
			_, err := charge.Handle(t.Context(), retry(2, 0))
			wantCode(t, err, orderflow.CodeOf(reply))
			if o := s.load(t, "ord_1"); o.Attention != nil {
				t.Fatalf("marked too early: %+v", o.Attention)
			}
			for _, after := range []time.Duration{0, 30 * time.Minute, time.Hour - 1} {
				*now = start.Add(after)
				_, err = charge.Handle(t.Context(), retry(3, 0))
				wantCode(t, err, orderflow.CodeWaitingForProvider)
			}
			o := s.load(t, "ord_1")
			if a := o.Attention; a == nil || a.Code != "WaitingForPaymentProvider" || a.Step != "ChargePayment" ||
				!a.Since.Equal(start) || !o.WaitsForProvider(*now) || !o.OnlyWaits(0, 0, *now) {
				t.Errorf("marked %+v", a)
			}
			sequence := o.Sequence
			*now = start.Add(time.Hour)
			_, err = charge.Handle(t.Context(), retry(9, 0)) // the execution fails
			wantCode(t, err, orderflow.CodeOf(reply))
			if o := s.load(t, "ord_1"); o.WaitsForProvider(*now) || o.OnlyWaits(0, 0, *now) || o.Sequence != sequence {
				t.Errorf("still waits: %+v", o.Timeline)
			}
			_, err = charge.Handle(t.Context(), retry(3, 1)) // a redrive waits anew
			wantCode(t, err, orderflow.CodeWaitingForProvider)
			p.before = nil
			*now = now.Add(5 * time.Minute)
			_, err = charge.Handle(t.Context(), retry(4, 1))
			wantCode(t, err, "")
			if o := s.load(t, "ord_1"); o.Attention != nil || o.Outage != nil || o.Status != orderflow.Paid {
				t.Errorf("%s, marked %+v, outage %+v", o.Status, o.Attention, o.Outage)
			}
		})
	}
}

// A decline ends the wait, and a state machine of an older version does not wait.
func TestCharge_Handle_outageEnds(t *testing.T) {
	t.Parallel()
	s, p, charge, _, _ := saved(t, nil)
	charge.Patience = time.Hour
	p.before = once(orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now"))
	in := Input{OrderID: "ord_1", Attempt: orderflow.Attempt{Retry: 3}}
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeWaitingForProvider)
	p.before = once(orderflow.Errorf(orderflow.CodePaymentDeclined, "no"))
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentDeclined)
	if o := s.load(t, "ord_1"); o.Attention != nil || o.Outage != nil {
		t.Errorf("marked %+v", o.Attention)
	}

	_, p, charge, _, _ = saved(t, nil)
	charge.Patience = time.Hour
	p.before = once(orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now"))
	_, err = charge.Handle(t.Context(), Input{OrderID: "ord_1"})
	wantCode(t, err, orderflow.CodePaymentUnavailable)
}

// TestReconcile_Handle_incident: one alert for all orders of an outage, with their number and value,
// also for those that fail meanwhile. The next outage is another incident.
func TestReconcile_Handle_incident(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 1, 20, "card")
	if _, err := reserving(s, at(start)).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	first := s.load(t, "ord_1")
	r, _, _, alerts := reconciler(s, execution("RUNNING", 0))
	now := start
	r.Now = func() time.Time { return now }
	by := func() orderflow.By { return orderflow.By{At: now} }
	change := func(n int, f func(*orderflow.Order)) {
		t.Helper()
		id := fmt.Sprintf("ord_%d", n)
		if s.orders[id] == nil {
			o := clone(first)
			o.ID, o.Version = id, 0
			s.orders[id] = o
		}
		if err := s.change(id, func(o *orderflow.Order) error { f(o); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(o *orderflow.Order) {
		o.WaitForProvider(orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now"), 0, time.Hour, by())
	}
	run := func(waiting, alerted int) {
		t.Helper()
		got, err := r.Handle(t.Context(), struct{}{})
		if err != nil || got.Waiting != waiting || len(alerts.alerts) != alerted {
			t.Fatalf("%+v, %v, %d alerts; want %d that wait, %d alerts", got, err, len(alerts.alerts), waiting, alerted)
		}
	}
	run(0, 0)
	for n := range 7 {
		change(n+1, wait)
		now = now.Add(time.Second)
	}
	run(7, 1)
	change(8, wait)
	run(8, 1)
	watch := Watch{Orders: s, Alerts: alerts, History: history{"ChargePayment", true}, Now: r.Now}
	e := StatusChange{}
	e.Detail.ExecutionARN, e.Detail.Name, e.Detail.Status, e.Detail.Error = arn, "ord_1", "FAILED", "PaymentUnavailable"
	if got, err := watch.Handle(t.Context(), e); err != nil || !got.Changed || len(alerts.alerts) != 1 {
		t.Errorf("%+v, %v, %d alerts", got, err, len(alerts.alerts))
	}
	run(7, 1)
	for n := range 8 {
		change(n+1, func(o *orderflow.Order) { o.NoteRedrive(0, by()) })
	}
	run(0, 1)
	now = now.Add(time.Hour)
	change(3, wait)
	run(1, 2)
	if again := alerts.alerts[1]; again.OrderID != "ord_3" || again.DedupeID == alerts.alerts[0].DedupeID {
		t.Errorf("the next incident: %+v", again)
	}
	a := alerts.alerts[0]
	if o := s.load(t, a.OrderID); o.ID != "ord_1" || !a.Since.Equal(start) || a.Code != "WaitingForPaymentProvider" ||
		!strings.Contains(a.Message, fmt.Sprintf("7 orders worth %s could not be charged, and 0 of them have failed: not now", orderflow.Money{
			Amount: 7 * o.Total.Amount, Currency: o.Total.Currency})) {
		t.Errorf("alert %+v", a)
	}
}
