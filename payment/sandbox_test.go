package payment

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// memory is an in-memory Memory.
type memory struct {
	mu      sync.Mutex
	records map[string]Record
	counts  map[string]int
	taken   map[string]map[string]int64 // by charge and key
}

// clock is the sandbox's clock.
func clock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func newMemory() *memory {
	return &memory{records: map[string]Record{}, counts: map[string]int{}, taken: map[string]map[string]int64{}}
}

func (m *memory) Take(_ context.Context, chargeID, key string, amount, most int64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.taken[chargeID] == nil {
		m.taken[chargeID] = map[string]int64{}
	}
	sum := int64(0)
	for k, a := range m.taken[chargeID] {
		if k == key {
			return true, nil
		}
		sum += a
	}
	if sum+amount > most {
		return false, nil
	}
	m.taken[chargeID][key] = amount
	return true, nil
}

func (m *memory) Recall(_ context.Context, key string) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[key]
	if !ok {
		return r, orderflow.Errorf(orderflow.CodeNotFound, "no record %s", key)
	}
	return r, nil
}

func (m *memory) Remember(_ context.Context, r Record) (Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.records[r.Key]; ok {
		return old, false, nil
	}
	m.records[r.Key] = r
	return r, true, nil
}

func (m *memory) Count(_ context.Context, key string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[key]++
	return m.counts[key], nil
}

var amount = orderflow.Money{Amount: 1250, Currency: "USD"}

const (
	declined     = orderflow.CodePaymentDeclined
	outOfService = orderflow.CodePaymentUnavailable
	uncertain    = orderflow.CodePaymentUncertain
)

func TestSandbox_Charge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		want   []orderflow.Code // of consecutive calls with the same key
		lookup orderflow.Code   // after the calls
	}{
		{Visa, []orderflow.Code{"", "", ""}, ""},
		{Declined, []orderflow.Code{declined, declined}, declined},
		{InsufficientFunds, []orderflow.Code{declined, declined}, declined},
		{Authentication, []orderflow.Code{declined, declined}, declined},
		{TooSmall, []orderflow.Code{declined, declined}, declined},
		{TryAgainLater, []orderflow.Code{outOfService, outOfService}, outOfService},
		{PendingRefund, []orderflow.Code{"", ""}, ""},
		{FailingRefund, []orderflow.Code{"", ""}, ""},
		{"pm_of_somebody_else", []orderflow.Code{declined}, declined},
		{Flaky, []orderflow.Code{outOfService, outOfService, "", ""}, ""},
		{Outage, []orderflow.Code{outOfService, outOfService, outOfService}, orderflow.CodeNotFound},
		{LostReply, []orderflow.Code{uncertain, "", ""}, ""},
	} {
		t.Run(tt.method, func(t *testing.T) {
			t.Parallel()
			s := Sandbox{newMemory(), clock}
			c := orderflow.Charge{
				Key: "ord_1/charge", OrderID: "ord_1", Amount: orderflow.Money{Amount: 1250, Currency: "USD"},
				PaymentMethod: tt.method,
			}
			ids := map[string]bool{}
			for i, want := range tt.want {
				r, err := s.Charge(t.Context(), c)
				if got := orderflow.CodeOf(err); got != want {
					t.Fatalf("call %d: got %v, want %q", i, err, want)
				}
				if err == nil {
					ids[r.ProviderID] = true
					if r.Amount != c.Amount {
						t.Errorf("call %d: captured %s", i, r.Amount)
					}
				}
			}
			if len(ids) > 1 {
				t.Errorf("captured more than once: %v", ids)
			}
			_, err := s.Lookup(t.Context(), orderflow.Payment{OrderID: "ord_1", Step: "charge"})
			if got := orderflow.CodeOf(err); got != tt.lookup {
				t.Errorf("lookup: got %v, want %q", err, tt.lookup)
			}
		})
	}
}

func TestSandbox_Charge_outageLifted(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := Sandbox{m, clock}
	c := orderflow.Charge{Key: "ord_1/charge", Amount: orderflow.Money{Amount: 5, Currency: "USD"}, PaymentMethod: Outage}
	if _, err := s.Charge(t.Context(), c); orderflow.CodeOf(err) != orderflow.CodePaymentUnavailable {
		t.Fatalf("during the outage: %v", err)
	}
	m.records[OutageKey] = Record{Key: OutageKey, Lifted: true}
	if r, err := s.Charge(t.Context(), c); err != nil || r.Amount != c.Amount {
		t.Errorf("after the outage: %v %v", r, err)
	}
}

func TestSandbox_Charge_declineCodes(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		Declined: "generic_decline", InsufficientFunds: "insufficient_funds", Authentication: "authentication_required",
		TooSmall:                            "amount_too_small",
		"pm_card_chargeDeclinedExpiredCard": "expired_card",
	} {
		_, err := Sandbox{newMemory(), clock}.Charge(t.Context(), orderflow.Charge{Key: "k", PaymentMethod: method})
		if err == nil || err.Error() != "PaymentDeclined: "+want {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestSandbox_Charge_attempts(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory(), clock}
	p := orderflow.Payment{OrderID: "ord_1", Step: "charge"}
	charge := func() (orderflow.Receipt, error) {
		return s.Charge(t.Context(), orderflow.Charge{
			Key: p.Key(), OrderID: "ord_1", Amount: amount, PaymentMethod: TryAgainLater,
		})
	}
	for range 2 { // the first attempt stays declined
		_, err := charge()
		if spent, ok := errors.AsType[*orderflow.KeySpent](err); !ok || !spent.Proven {
			t.Fatalf("the first attempt: %v", err)
		}
	}
	p.Attempt = 2
	if _, err := s.Lookup(t.Context(), p); orderflow.CodeOf(err) != orderflow.CodeNotFound {
		t.Errorf("before the second attempt: %v", err)
	}
	if r, err := charge(); err != nil || r.Amount != amount {
		t.Errorf("the second attempt: %+v, %v", r, err)
	}
	p.Attempt = 3
	if r, err := s.Lookup(t.Context(), p); err != nil || r.Amount != amount {
		t.Errorf("an earlier attempt captured: %+v, %v", r, err)
	}
}

// TestSandbox_Refund_slow: the outcome of a refund depends on the payment method.
func TestSandbox_Refund_slow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		same   orderflow.Code // repeated with the same key
		other  orderflow.Code // with another key
		first  orderflow.Code
	}{
		{Visa, "", orderflow.CodeRefundFailed, ""}, // nothing is left for another key
		{PendingRefund, "", orderflow.CodeRefundPending, orderflow.CodeRefundPending},
		{FailingRefund, orderflow.CodeRefundFailed, "", orderflow.CodeRefundFailed},
	} {
		s := Sandbox{newMemory(), clock}
		captured, err := s.Charge(t.Context(), orderflow.Charge{
			Key: "ord_1/charge", OrderID: "ord_1", Amount: amount, PaymentMethod: tt.method,
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, call := range []struct {
			key  string
			want orderflow.Code
		}{{"ord_1/refund", tt.first}, {"ord_1/refund", tt.same}, {"ord_1/refund/2", tt.other}} {
			r, err := s.Refund(t.Context(), orderflow.Refund{
				Key: call.key, OrderID: "ord_1", ProviderID: captured.ProviderID, Captured: amount, Amount: amount,
			})
			if got := orderflow.CodeOf(err); got != call.want || err == nil && r.Amount != amount {
				t.Errorf("%s, call %d: got %+v, %v, want %q", tt.method, i, r, err, call.want)
			}
		}
	}
}

func TestSandbox_Refund(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory(), clock}
	f := orderflow.Refund{
		Key: "ord_1/refund", OrderID: "ord_1", ProviderID: "pi_1",
		Captured: amount, Amount: orderflow.Money{Amount: 7, Currency: "USD"},
	}
	var ids []string
	for range 3 {
		r, err := s.Refund(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ProviderID)
	}
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("refunded as %v", ids)
	}
}

// Several refunds of one charge never exceed it, whatever their order; a repeated key refunds once.
func TestSandbox_Refund_parts(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory(), clock}
	for i, tt := range []struct {
		key    string
		amount int64
		want   orderflow.Code
	}{
		{"a", 1000, ""}, {"b", 251, orderflow.CodeRefundFailed}, {"a", 1000, ""}, {"c", 250, ""},
		{"d", 1, orderflow.CodeRefundFailed}, {"c", 250, ""},
	} {
		part := orderflow.Money{Amount: tt.amount, Currency: "USD"}
		r, err := s.Refund(t.Context(), orderflow.Refund{
			Key: "ord_1/refund/" + tt.key, OrderID: "ord_1", ProviderID: "pi_1", Captured: amount, Amount: part, Part: true,
		})
		if orderflow.CodeOf(err) != tt.want || err == nil && r.Amount != part || err != nil && !orderflow.HadNoEffect(err) {
			t.Errorf("refund %d: got %+v, %v, want %q", i, r, err, tt.want)
		}
	}
}

func TestSandbox_Charge_concurrent(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory(), clock}
	c := orderflow.Charge{Key: "k", Amount: orderflow.Money{Amount: 7, Currency: "USD"}, PaymentMethod: LostReply}
	lost := make(chan error, 16)
	var wg sync.WaitGroup
	for range cap(lost) {
		wg.Go(func() { _, err := s.Charge(t.Context(), c); lost <- err })
	}
	wg.Wait()
	close(lost)
	n := 0
	for err := range lost {
		if err != nil {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d replies were lost, want 1", n)
	}
}
