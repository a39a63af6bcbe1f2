package tasks

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func TestShip_Handle(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	ship := Ship{s, at(start)}
	n := s.load(t, "ord_1").Sequence
	got, err := ship.Handle(t.Context(), Input{OrderID: "ord_1", TaskToken: "token"})
	if err != nil || got.ShipmentID != "shp_1" || s.load(t, "ord_1").Sequence != n {
		t.Errorf("the same token again: %+v, %v", got, err)
	}
	_, err = ship.Handle(t.Context(), Input{OrderID: "ord_1", TaskToken: "another"})
	o := s.load(t, "ord_1")
	if last := o.Timeline[len(o.Timeline)-1]; err != nil || o.Wait.Token != "another" ||
		last.Type != orderflow.ShipmentRenewed {
		t.Errorf("another token: %v, wait %+v, last %+v", err, o.Wait, last)
	}
	_, err = ship.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeInvalidState)
	s.mustChange(cancelled)
	_, err = ship.Handle(t.Context(), Input{OrderID: "ord_1", TaskToken: "third"})
	wantCode(t, err, orderflow.CodeOrderCancelled)
}

// attempt returns the state machine's payload for an attempt to ship, whose token is named after
// it.
func attempt(entered time.Time, redrive, retry int) Input {
	a := orderflow.Attempt{Entered: entered, Redrive: redrive, Retry: retry}
	return Input{
		OrderID: "ord_1", TaskToken: fmt.Sprintf("%s/%d/%d", entered.Format(time.TimeOnly), redrive, retry),
		Attempt: a,
	}
}

// Invocations run in any order: the latest attempt is the one that waits.
func TestShip_Handle_lateAttempts(t *testing.T) {
	t.Parallel()
	later := start.Add(time.Hour)
	inOrder := []Input{
		attempt(start, 0, 0), attempt(start, 0, 2), attempt(start, 1, 0), attempt(start, 1, 1), attempt(later, 0, 0),
	}
	for _, answered := range []func(*orderflow.Order) error{nil, dispatched, givenUp} {
		for i, first := range inOrder {
			for j, second := range inOrder {
				s, _, charge, _ := confirmed(t, "card")
				_, err := charge.Handle(t.Context(), in)
				wantCode(t, err, "")
				ship := Ship{s, at(start)}
				_, err = ship.Handle(t.Context(), first)
				wantCode(t, err, "")
				if answered != nil {
					s.mustChange(answered)
				}
				_, err = ship.Handle(t.Context(), second)
				if want := inOrder[max(i, j)].TaskToken; s.load(t, "ord_1").Wait.Token != want ||
					(err != nil) != (j < i) {
					t.Errorf("%s after %s: %v, wait for %s", second.TaskToken, first.TaskToken, err,
						s.load(t, "ord_1").Wait.Token)
				}
			}
		}
	}
}

// An ended order accepts no shipment request of any attempt.
func TestShip_Handle_ended(t *testing.T) {
	t.Parallel()
	for _, end := range []changes{
		{dispatched, func(o *orderflow.Order) error { return o.Fulfil(orderflow.By{}) }},
		{givenUp, func(o *orderflow.Order) error {
			o.PaymentStatus, o.StockStatus = "REFUNDED", "RELEASED"
			return o.Close(orderflow.By{})
		}},
		{cancelled, func(o *orderflow.Order) error {
			o.PaymentStatus, o.StockStatus = "REFUNDED", "RELEASED"
			return o.Close(orderflow.By{})
		}},
	} {
		s := shipping(t, end...)
		ended := s.load(t, "ord_1")
		for _, late := range []Input{attempt(start, 0, 0), attempt(start.Add(time.Hour), 3, 3)} {
			if _, err := (Ship{s, at(start)}).Handle(t.Context(), late); err == nil {
				t.Errorf("a %s order requested its shipment", ended.Status)
			}
		}
		if o := s.load(t, "ord_1"); o.Version != ended.Version || o.Wait != nil {
			t.Errorf("changed to %+v", o)
		}
	}
}

// A failed notification does not stop the shipment.
func TestShip_Handle_untold(t *testing.T) {
	t.Parallel()
	s, _, charge, _ := confirmed(t, "card")
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	var first Input
	raw := `{"orderId":"ord_1","taskToken":"t","attempt":{"entered":"2026-11-22T12:00:00.123Z","redrive":0,"retry":0},
		"notification":{"Error":"Lambda.Unknown","Cause":"{\"errorMessage\":\"the topic is gone\"}"}}`
	if err := json.Unmarshal([]byte(raw), &first); err != nil {
		t.Fatal(err)
	}
	_, err = Ship{s, at(start)}.Handle(t.Context(), first)
	wantCode(t, err, "")
	o := s.load(t, "ord_1")
	if a := o.Attention; a == nil || a.Code != "NotificationFailed" || a.Message != "Lambda.Unknown: the topic is gone" ||
		a.Step != "NotifyConfirmed" {
		t.Errorf("attention %+v", a)
	}
	if o.Unsent == nil || o.Unsent.Kind != orderflow.NotifyConfirmed || o.Wait.Token != "t" {
		t.Errorf("got %+v", o)
	}
	// A later attempt has the same failed notification in its input, which may have been resent.
	s.mustChange(func(o *orderflow.Order) error { o.ClearUnsent(orderflow.By{}); return nil })
	again := first
	again.TaskToken, again.Attempt.Retry = "u", 1
	_, err = Ship{s, at(start)}.Handle(t.Context(), again)
	wantCode(t, err, "")
	if o := s.load(t, "ord_1"); o.Attention != nil || o.Wait.Token != "u" {
		t.Errorf("got %+v", o)
	}
}
