package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// TestOrders tests that orders are loaded as they were saved, and that no update is lost.
func TestOrders(t *testing.T, open func(t *testing.T) Orders) {
	t.Run("not found", func(t *testing.T) {
		t.Parallel()
		_, err := open(t).Order(t.Context(), "ord_none")
		wantCode(t, err, orderflow.CodeNotFound)
	})
	t.Run("round trip", func(t *testing.T) {
		t.Parallel()
		s, o := open(t), NewOrder(t, "ord_1", "a", "b")
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		o.MarkAttention(orderflow.Attention{Code: "X", ExecutionARN: "arn", RedriveCount: 1}, by(time.Second))
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		got, err := s.Order(t.Context(), "ord_1")
		wantCode(t, err, "")
		if !reflect.DeepEqual(got, o) || got.Version != 2 || got.Sequence != 2 {
			t.Errorf("loaded %+v\nsaved  %+v", got, o)
		}
		got.Attention.Message = "changed, not saved"
		if again, err := s.Order(t.Context(), "ord_1"); err != nil || again.Attention.Message != "" {
			t.Errorf("a change that was not saved is in %+v, %v", again.Attention, err)
		}
	})
	t.Run("version", func(t *testing.T) {
		t.Parallel()
		testVersion(t, open(t), func(o *orderflow.Order) orderflow.Write { return orderflow.Write{Order: o} })
	})
}

func testVersion(t *testing.T, s Orders, write func(*orderflow.Order) orderflow.Write) {
	first := NewOrder(t, "ord_1", "a")
	wantCode(t, s.Commit(t.Context(), write(first)), "")
	wantCode(t, s.Commit(t.Context(), write(NewOrder(t, "ord_1", "b"))), orderflow.CodeConflict)
	second, err := s.Order(t.Context(), "ord_1")
	wantCode(t, err, "")
	second.SetPaymentStatus(orderflow.PaymentUncertain, by(0))
	wantCode(t, s.Commit(t.Context(), write(second)), "")
	first.SetPaymentStatus(orderflow.PaymentDeclined, by(0))
	first.SetPaymentStatus(orderflow.PaymentNone, by(0))
	wantCode(t, s.Commit(t.Context(), write(first)), orderflow.CodeConflict)
	if first.Version != 1 || second.Version != 2 {
		t.Errorf("versions %d and %d", first.Version, second.Version)
	}
	never := NewOrder(t, "ord_never", "a")
	never.Version = 1
	wantCode(t, s.Commit(t.Context(), write(never)), orderflow.CodeConflict)
}
