package payment

import (
	"errors"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestSandbox_Confirm: the customer confirms a charge once, unless it was cancelled; the first end
// counts.
func TestSandbox_Confirm(t *testing.T) {
	t.Parallel()
	const declined, state = orderflow.CodePaymentDeclined, orderflow.CodeInvalidState
	for _, tt := range []struct {
		name   string
		story  []string
		want   []orderflow.Code
		lookup orderflow.Code
	}{
		{"open", nil, nil, orderflow.CodePaymentActionRequired},
		{"confirmed twice", []string{"confirm", "confirm"}, []orderflow.Code{"", ""}, ""},
		{"failed", []string{"fail"}, []orderflow.Code{""}, declined},
		{"confirmed after a failure", []string{"fail", "confirm"}, []orderflow.Code{"", state}, declined},
		{"cancelled twice", []string{"void", "void"}, []orderflow.Code{"", ""}, declined},
		{"confirmed too late", []string{"void", "confirm"}, []orderflow.Code{"", state}, declined},
		{"cancelled after a failure", []string{"fail", "void"}, []orderflow.Code{"", ""}, declined},
		{"captured", []string{"confirm", "capture", "void"}, []orderflow.Code{"", "", state}, ""},
		{"voided after the confirmation", []string{"confirm", "void"}, []orderflow.Code{"", ""}, declined},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Sandbox{newMemory(), clock}
			charge := manual(Authentication, "ord_1/charge")
			charge.OnSession = true
			_, err := s.Charge(t.Context(), charge)
			action, ok := errors.AsType[*orderflow.ActionRequired](err)
			if !ok || action.ClientSecret == "" {
				t.Fatalf("got %v", err)
			}
			if _, err := s.Charge(t.Context(), charge); orderflow.CodeOf(err) != orderflow.CodePaymentActionRequired {
				t.Errorf("the same call again: %v", err)
			}
			hold := orderflow.Hold{OrderID: "ord_1", ProviderID: action.ProviderID, Amount: charge.Amount}
			for i, step := range tt.story {
				var err error
				switch step {
				case "void":
					err = s.Void(t.Context(), hold)
				case "capture":
					_, err = s.Capture(t.Context(), hold)
				default:
					var order string
					if order, err = s.Confirm(t.Context(), action.ClientSecret, step == "confirm"); err == nil && order != "ord_1" {
						t.Errorf("order %q", order)
					}
				}
				if orderflow.CodeOf(err) != tt.want[i] {
					t.Errorf("%s: got %v, want %s", step, err, tt.want[i])
				}
			}
			if _, err := s.Lookup(t.Context(), orderflow.Payment{OrderID: "ord_1", Step: "charge"}); orderflow.CodeOf(err) != tt.lookup {
				t.Errorf("looked up: got %v, want %s", err, tt.lookup)
			}
		})
	}
}

func TestSandbox_Confirm_captures(t *testing.T) {
	t.Parallel()
	s := Sandbox{newMemory(), clock}
	charge := manual(Authentication, "ord_1/charge")
	charge.OnSession, charge.Manual = true, false
	_, err := s.Charge(t.Context(), charge)
	action, ok := errors.AsType[*orderflow.ActionRequired](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	for _, secret := range []string{"", action.ProviderID, action.ClientSecret + "x", "pi_sandbox_other_secret_1"} {
		if _, err := s.Confirm(t.Context(), secret, true); orderflow.CodeOf(err) != orderflow.CodeNotFound {
			t.Errorf("%q: got %v", secret, err)
		}
	}
	if _, err := s.Confirm(t.Context(), action.ClientSecret, true); err != nil {
		t.Fatal(err)
	}
	hold := orderflow.Hold{OrderID: "ord_1", ProviderID: action.ProviderID, Amount: charge.Amount}
	if err := s.Void(t.Context(), hold); orderflow.CodeOf(err) != orderflow.CodeInvalidState {
		t.Errorf("void of a capture: %v", err)
	}
	r, err := s.Lookup(t.Context(), orderflow.Payment{OrderID: "ord_1", Step: "charge"})
	if err != nil || r.Amount != charge.Amount || !r.HeldUntil.IsZero() {
		t.Errorf("got %+v, %v", r, err)
	}
	charge.Key, charge.OnSession = "ord_2/charge", false
	if _, err := s.Charge(t.Context(), charge); orderflow.CodeOf(err) != orderflow.CodePaymentDeclined {
		t.Errorf("off session: %v", err)
	}
}
