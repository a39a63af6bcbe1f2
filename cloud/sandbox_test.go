package cloud

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestSandbox(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := &Sandbox{DB: db, Table: "sandbox"}
	amount := usd(700)
	_, err := s.Recall(t.Context(), "k")
	wantCode(t, err, orderflow.CodeNotFound)
	var firsts atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r, first, err := s.Remember(t.Context(), SandboxRecord{Key: "k", ProviderID: "pi_1", Amount: &amount})
			if err != nil || r.ProviderID != "pi_1" || *r.Amount != amount {
				t.Errorf("got %+v, %v", r, err)
			}
			if first {
				firsts.Add(1)
			}
		})
	}
	wg.Wait()
	if firsts.Load() != 1 {
		t.Errorf("%d were first", firsts.Load())
	}
	for want := 1; want <= 3; want++ {
		if n, err := s.Count(t.Context(), "k"); n != want || err != nil {
			t.Errorf("counted %d, %v, want %d", n, err, want)
		}
	}
	r, err := s.Recall(t.Context(), "k")
	if err != nil || r.ProviderID != "pi_1" {
		t.Errorf("counting changed the record: %+v, %v", r, err)
	}
}

// Concurrent refunds of one charge never exceed it; a repeated key counts once.
func TestSandbox_Take(t *testing.T) {
	t.Parallel()
	s := &Sandbox{DB: localDB(t), Table: "sandbox"}
	var taken atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key := fmt.Sprintf("ord_1/refund/rfd_%d", i)
			first, err := s.Take(t.Context(), "pi_1", key, 30, 100)
			again, errAgain := s.Take(t.Context(), "pi_1", key, 30, 100)
			if err != nil || errAgain != nil || first && !again {
				t.Errorf("taken %v, %v, again %v, %v", first, err, again, errAgain)
			}
			if again {
				taken.Add(30)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 90 {
		t.Errorf("took %d of 100", taken.Load())
	}
	if ok, err := s.Take(t.Context(), "pi_2", "k", 101, 100); ok || err != nil {
		t.Errorf("took more than the charge: %v, %v", ok, err)
	}
}

func TestSandbox_SetOutage(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := &Sandbox{DB: db, Table: "sandbox"}
	for _, on := range []bool{false, true, false} {
		wantCode(t, s.SetOutage(t.Context(), on), "")
		if r, err := s.Recall(t.Context(), SandboxOutage); err != nil || r.Lifted == on {
			t.Errorf("outage on=%v: %+v, %v", on, r, err)
		}
	}
}
