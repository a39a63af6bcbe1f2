package orderflow

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestPayment_Key(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int][]string{
		0: {"ord_1/charge"},
		1: {"ord_1/charge"},
		3: {"ord_1/charge/3", "ord_1/charge/2", "ord_1/charge"},
	} {
		p := Payment{OrderID: "ord_1", Step: "charge", Attempt: attempt}
		if got := p.Keys(); !slices.Equal(got, want) || p.Key() != want[0] {
			t.Errorf("attempt %d: key %s of %v, want %v", attempt, p.Key(), got, want)
		}
	}
}

func TestPayment_Renew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		attempt int
		renewAt time.Time
		want    int
	}{
		{"the key is good", 0, time.Time{}, 0},
		{"not yet", 1, noon.Add(time.Second), 1},
		{"the first, begun before attempts were counted", 0, noon, 2},
		{"the second", 2, noon.Add(-time.Hour), 3},
	} {
		p := Payment{State: PaymentStarted, Attempt: tt.attempt, RenewAt: tt.renewAt}
		if p.Renew(noon); p.Attempt != tt.want || p.Attempt != tt.attempt && !p.RenewAt.IsZero() {
			t.Errorf("%s: %+v", tt.name, p)
		}
		if p.Renew(noon); p.Attempt != tt.want {
			t.Errorf("%s, twice: %+v", tt.name, p)
		}
	}
}

func TestKeySpent(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("create: %w", &KeySpent{Err: Errorf(CodePaymentUncertain, "500")})
	spent, ok := errors.AsType[*KeySpent](err)
	if !ok || spent.Proven || CodeOf(err) != CodePaymentUncertain || err.Error() != "create: PaymentUncertain: 500" {
		t.Errorf("%v: %+v", err, spent)
	}
}
