package payment

import (
	"context"
	"slices"
	"sync"
	"testing"

	"orderflow"
)

// memory is a Memory in memory.
type memory struct {
	mu      sync.Mutex
	records map[string]Record
	counts  map[string]int
}

func newMemory() *memory { return &memory{records: map[string]Record{}, counts: map[string]int{}} }

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

const (
	declined     = orderflow.CodePaymentDeclined
	outOfService = orderflow.CodePaymentUnavailable
	uncertain    = orderflow.CodePaymentUncertain
)

func TestSandbox_Charge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		want   []orderflow.Code // of calls with the same key, one after the other
		lookup orderflow.Code   // afterwards
	}{
		{Visa, []orderflow.Code{"", "", ""}, ""},
		{Declined, []orderflow.Code{declined, declined}, declined},
		{InsufficientFunds, []orderflow.Code{declined, declined}, declined},
		{"pm_of_somebody_else", []orderflow.Code{declined}, declined},
		{Flaky, []orderflow.Code{outOfService, outOfService, "", ""}, ""},
		{Outage, []orderflow.Code{outOfService, outOfService, outOfService}, orderflow.CodeNotFound},
		{LostReply, []orderflow.Code{uncertain, "", ""}, ""},
	} {
		t.Run(tt.method, func(t *testing.T) {
			t.Parallel()
			s := Sandbox{newMemory()}
			c := orderflow.Charge{Key: "ord_1/charge", OrderID: "ord_1", Amount: orderflow.Money{Amount: 1250, Currency: "USD"}, PaymentMethod: tt.method}
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
	s := Sandbox{m}
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
	for method, want := range map[string]string{Declined: "generic_decline", InsufficientFunds: "insufficient_funds"} {
		_, err := Sandbox{newMemory()}.Charge(t.Context(), orderflow.Charge{Key: "k", PaymentMethod: method})
		if err == nil || err.Error() != "PaymentDeclined: "+want {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestSandbox_Refund(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory()}
	f := orderflow.Refund{Key: "ord_1/refund", OrderID: "ord_1", ProviderID: "pi_1", Amount: orderflow.Money{Amount: 7, Currency: "USD"}}
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

func TestSandbox_Charge_concurrent(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory()}
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
