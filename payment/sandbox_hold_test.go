package payment

import (
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// manual returns a charge that is authorised first.
func manual(method, key string) orderflow.Charge {
	return orderflow.Charge{
		Key: key, OrderID: "ord_1", Amount: orderflow.Money{Amount: 1250, Currency: "USD"}, PaymentMethod: method,
		Manual: true,
	}
}

func holdOf(r orderflow.Receipt) orderflow.Hold {
	return orderflow.Hold{OrderID: "ord_1", ProviderID: r.ProviderID, Amount: r.Amount}
}

func TestSandbox_holds(t *testing.T) {
	t.Parallel()
	const lapsed, state = orderflow.CodeAuthorizationLapsed, orderflow.CodeInvalidState
	for _, tt := range []struct {
		name   string
		story  []string
		want   []orderflow.Code
		lookup orderflow.Code
		held   bool
	}{
		{"authorised", nil, nil, "", true},
		{"captured twice", []string{"capture", "capture"}, []orderflow.Code{"", ""}, "", false},
		{"voided twice", []string{"void", "void"}, []orderflow.Code{"", ""}, orderflow.CodePaymentDeclined, false},
		{"void of a capture", []string{"capture", "void"}, []orderflow.Code{"", state}, "", false},
		{
			"capture of what was voided", []string{"void", "capture"}, []orderflow.Code{"", lapsed},
			orderflow.CodePaymentDeclined, false,
		},
		{"lapsed", []string{"wait"}, []orderflow.Code{""}, orderflow.CodePaymentUnavailable, false},
		{
			"captured too late", []string{"wait", "capture", "void"}, []orderflow.Code{"", lapsed, ""},
			orderflow.CodePaymentDeclined, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := clock()
			s := Sandbox{newMemory(), func() time.Time { return now }}
			made, err := s.Charge(t.Context(), manual(Visa, "ord_1/charge"))
			if err != nil || !made.HeldUntil.Equal(now.Add(holdFor)) {
				t.Fatalf("%+v, %v", made, err)
			}
			for i, step := range tt.story {
				var err error
				switch step {
				case "capture":
					_, err = s.Capture(t.Context(), holdOf(made))
				case "void":
					err = s.Void(t.Context(), holdOf(made))
				case "wait":
					now = now.Add(holdFor)
				}
				if got := orderflow.CodeOf(err); got != tt.want[i] {
					t.Errorf("%s: %v, want %q", step, err, tt.want[i])
				}
			}
			got, err := s.Lookup(t.Context(), orderflow.Payment{OrderID: "ord_1", Step: "charge"})
			if orderflow.CodeOf(err) != tt.lookup || got.HeldUntil.IsZero() == tt.held {
				t.Errorf("lookup: %+v, %v", got, err)
			}
		})
	}
}

// The first authorisation of these methods ends within a day; the second ends later, or is
// declined.
func TestSandbox_Charge_shortHold(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]orderflow.Code{ShortHold: "", RenewalDeclined: orderflow.CodePaymentDeclined} {
		s := Sandbox{newMemory(), clock}
		for range 2 {
			first, err := s.Charge(t.Context(), manual(method, "ord_1/charge"))
			if err != nil || !first.HeldUntil.Equal(clock().Add(shortHoldFor)) {
				t.Errorf("%s: %+v, %v", method, first, err)
			}
		}
		second, err := s.Charge(t.Context(), manual(method, "ord_1/charge/2"))
		if orderflow.CodeOf(err) != want || err == nil && !second.HeldUntil.Equal(clock().Add(holdFor)) {
			t.Errorf("%s: %+v, %v", method, second, err)
		}
	}
}

// Some methods cannot be authorised first: they capture at once.
func TestSandbox_Charge_immediate(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory(), clock}
	if r, err := s.Charge(t.Context(), manual(PendingRefund, "ord_1/charge")); err != nil || !r.HeldUntil.IsZero() {
		t.Errorf("%+v, %v", r, err)
	}
}
