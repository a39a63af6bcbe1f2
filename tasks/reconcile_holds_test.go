package tasks

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// reserved saves an order of n products that are held for an hour, and returns the store.
func reserved(t *testing.T, n int) *store {
	t.Helper()
	s := newStore()
	place(t, s, n, 3, "card")
	r := reserving(s, at(start))
	r.HoldFor = time.Hour
	_, err := r.Handle(t.Context(), in)
	wantCode(t, err, "")
	return s
}

// stopped returns an execution that failed before the hold expired.
func stopped(redrives int, redrivable bool) *orderflow.Execution {
	x := execution(orderflow.ExecutionFailed, redrives)
	x.StoppedAt, x.Redrivable = start.Add(time.Minute), redrivable
	return x
}

// expire reconciles the orders from two hours after they were placed, once a minute.
func expire(t *testing.T, s *store, x *orderflow.Execution, runs int) (Reconciled, *executions) {
	t.Helper()
	r, xs, _, _ := reconciler(s, x)
	var sum Reconciled
	for i := range runs {
		r.Now = at(start.Add(2*time.Hour + time.Duration(i)*time.Minute))
		got, err := r.Handle(t.Context(), struct{}{})
		wantCode(t, err, "")
		sum.Expired, sum.Redriven, sum.Started = sum.Expired+got.Expired, sum.Redriven+got.Redriven, sum.Started+got.Started
	}
	return sum, xs
}

// A stuck order is given up once, and what is recorded as held is released once.
func TestReconcile_Handle_holdExpires(t *testing.T) {
	t.Parallel()
	s := reserved(t, 2)
	s.mustChange(marked)
	got, xs := expire(t, s, stopped(1, true), 1)
	if got.Expired != 1 || got.Redriven != 1 || len(xs.redriven) != 1 || xs.redriven[0] != "ord_1-1" {
		t.Fatalf("got %+v, redriven %v", got, xs.redriven)
	}
	if o := s.load(t, "ord_1"); o.Cancel == nil || !o.Cancel.HoldExpired || o.Attention != nil {
		t.Errorf("cancel %+v, mark %+v", o.Cancel, o.Attention)
	}
	// The step that failed sees it, and the state machine goes on to the release and the close.
	_, err := Charge{Orders: s, Ledger: s, Now: at(start)}.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	for range 2 {
		finish(t, s, "released")
		_, err := Close{s, at(start)}.Handle(t.Context(), Input{OrderID: "ord_1", Reason: "OrderCancelled"})
		wantCode(t, err, "")
		if onHand, reserved, _ := s.stock(); onHand != 6 || reserved != 0 {
			t.Errorf("on hand %d, reserved %d", onHand, reserved)
		}
	}
	o := s.load(t, "ord_1")
	if last := o.Timeline[len(o.Timeline)-1]; o.Status != orderflow.Cancelled || last.Reason != "HoldExpired" || last.Message == "" {
		t.Errorf("ended %s, %+v", o.Status, last)
	}
}

// The redrive is repeated until it is known to be done, and not after the execution failed again.
func TestReconcile_Handle_holdExpiresOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		x        *orderflow.Execution
		redriven int
	}{
		{"the redrive was lost", stopped(1, true), 3},
		{"cannot be redriven", stopped(1, false), 0},
		{"runs", execution(orderflow.ExecutionRunning, 0), 0},
		{"failed after it", func() *orderflow.Execution {
			x := stopped(2, true)
			x.StoppedAt = start.Add(3 * time.Hour)
			return x
		}(), 0},
		{"never started", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, xs := expire(t, reserved(t, 1), tt.x, 3)
			restarted := tt.name == "cannot be redriven"
			if got.Expired != 1 || len(xs.redriven) != tt.redriven || (got.Started > 0) != (tt.x == nil || restarted) {
				t.Errorf("got %+v, redriven %v", got, xs.redriven)
			}
		})
	}
}

// An order that is paid, may be paid, was cancelled, or holds nothing is left alone.
func TestReconcile_Handle_holdStays(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*orderflow.Order) error{
		"paid": func(o *orderflow.Order) error { return o.Capture(orderflow.By{At: start}) },
		"in doubt": func(o *orderflow.Order) error {
			o.SetPaymentStatus(orderflow.PaymentUncertain, orderflow.By{At: start})
			return nil
		},
		"cancelled": func(o *orderflow.Order) error { return o.RequestCancel(orderflow.By{At: start}) },
		"released":  func(o *orderflow.Order) error { o.ReleaseStock(orderflow.By{At: start}); return nil },
		"not yet": func(o *orderflow.Order) error {
			o.HoldUntil = start.Add(3 * time.Hour)
			o.SetPaymentStatus(orderflow.PaymentDeclined, orderflow.By{At: start})
			return nil
		},
		"older release": func(o *orderflow.Order) error {
			o.HoldUntil = time.Time{}
			o.SetPaymentStatus(orderflow.PaymentDeclined, orderflow.By{At: start})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reserved(t, 1)
			s.mustChange(change)
			got, xs := expire(t, s, stopped(0, true), 2)
			redriven := len(xs.redriven) > 0 && name != "cancelled" // whose cancel is carried out
			if o := s.load(t, "ord_1"); got.Expired > 0 || redriven || o.Cancel != nil && o.Cancel.HoldExpired {
				t.Errorf("got %+v, redriven %v, cancel %+v", got, xs.redriven, o.Cancel)
			}
		})
	}
}

// An order of which a part is held expires too: that part is released.
func TestReconcile_Handle_partialHoldExpires(t *testing.T) {
	t.Parallel()
	const n = orderflow.MaxStockMoves + 1
	s := newStore()
	place(t, s, n, 3, "card")
	last := s.products["sku-097"]
	last.OnHand = 0
	s.products["sku-097"] = last
	r := reserving(s, at(start))
	r.HoldFor = time.Hour
	_, err := r.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOutOfStock)
	if got, _ := expire(t, s, stopped(0, true), 1); got.Expired != 1 || got.Redriven != 1 {
		t.Fatalf("got %+v", got)
	}
	_, err = r.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	finish(t, s, "released")
	if onHand, reserved, _ := s.stock(); onHand != 3*(n-1) || reserved != 0 {
		t.Errorf("on hand %d, reserved %d", onHand, reserved)
	}
}

// A cancel never releases what was not held, or is not held any more.
func TestRelease_Handle_onlyWhatIsHeld(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(t *testing.T, s *store){
		"never held": func(*testing.T, *store) {},
		"released before": func(t *testing.T, s *store) {
			_, err := reserving(s, at(start)).Handle(t.Context(), in)
			wantCode(t, err, "")
			finish(t, s, "released")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore()
			place(t, s, 1, 3, "card")
			p := s.products["sku-000"]
			p.Reserved = 2 // held for another order
			s.products["sku-000"] = p
			before(t, s)
			s.mustChange(func(o *orderflow.Order) error { return o.RequestCancel(orderflow.By{At: start}) })
			finish(t, s, "released")
			if got := s.at("sku-000", "main"); got != (orderflow.Stock{OnHand: 3, Reserved: 2}) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// The last pieces that an order holds do not block the repetition of its own reservation, whose
// reply was lost.
func TestReserve_Handle_ownHold(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 1, 2, "card")
	lost := true
	s.afterCommit = func(ctx context.Context) error {
		if lost {
			lost = false
			return errLost
		}
		return nil
	}
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	if !errors.Is(err, errLost) {
		t.Fatalf("got %v", err)
	}
	_, err = reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, "")
	if got := s.at("sku-000", "main"); got != (orderflow.Stock{Reserved: 2}) {
		t.Errorf("got %+v", got)
	}
}
