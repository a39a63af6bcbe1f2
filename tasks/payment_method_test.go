package tasks

import (
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// asking is an input whose state machine waits for another payment method.
var (
	asking     = Input{OrderID: "ord_1", PaymentMethod: WaitInput{Seconds: 3600}}
	waitedLong = Input{OrderID: "ord_1", PaymentMethod: WaitInput{Seconds: 3600, Outcome: Outcome{Error: "States.Timeout"}}}
)

func given(method string) func(*orderflow.Order) error {
	return func(o *orderflow.Order) error {
		return o.GiveMethod(method, orderflow.By{At: start, Actor: "customer:cus_1"})
	}
}

// The next payment method is charged under another key, and the decline of the last one does not
// count any more.
func TestCharge_Handle_another(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "declined")
	charge.AskAgain = true
	for range 2 { // the second call does not ask the provider
		_, err := charge.Handle(t.Context(), asking)
		wantCode(t, err, orderflow.CodePaymentMethodRequired)
	}
	s.wantPayment(t, orderflow.PaymentDeclined, orderflow.PaymentStarted)
	if p.calls != 1 {
		t.Errorf("%d calls", p.calls)
	}
	s.mustChange(given("card"))
	for range 2 {
		_, err := charge.Handle(t.Context(), asking)
		wantCode(t, err, "")
	}
	p.wantKeys(t, "ord_1/charge/2")
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
	if o, entry := s.load(t, "ord_1"), s.payments["ord_1/charge"]; o.MethodRequest != nil || entry.Method != "card" || entry.Reason != "" {
		t.Errorf("request %+v, ledger %+v", o.MethodRequest, entry)
	}
}

// The process dies while it charges the next method: the retry uses the method that was saved with
// the key, and asks the provider first.
func TestCharge_Handle_anotherLost(t *testing.T) {
	t.Parallel()
	s, p, charge, _, now := saved(t, nil)
	charge.AskAgain = true
	p.declined["ord_1/charge"] = true
	_, err := charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodePaymentMethodRequired)
	s.mustChange(given("other card"))
	p.after = fails(errLost)
	_, err = charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	if entry := s.payments["ord_1/charge"]; entry.Attempt != 2 || entry.Method != "other card" {
		t.Errorf("ledger %+v", entry)
	}
	p.after = nil
	*now = now.Add(time.Second)
	_, err = charge.Handle(t.Context(), asking)
	wantCode(t, err, "")
	p.wantKeys(t, "ord_1/charge/2")
}

// After its time the order is declined for good, unless a method was saved in time. A cancel, too
// many declines, and a shop that does not ask end it as well.
func TestCharge_Handle_noOther(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*orderflow.Order) error
		in     Input
		code   orderflow.Code
	}{
		{"in vain", nil, waitedLong, orderflow.CodePaymentDeclined},
		{"saved in time", given("card"), waitedLong, ""},
		{"declined again, after its time", given("declined"), waitedLong, orderflow.CodePaymentDeclined},
		{"declined again", given("declined"), asking, orderflow.CodePaymentMethodRequired},
		{"cancelled", cancelled, asking, orderflow.CodeOrderCancelled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, p, charge, refund := confirmed(t, "declined")
			charge.AskAgain = true
			_, err := charge.Handle(t.Context(), asking)
			wantCode(t, err, orderflow.CodePaymentMethodRequired)
			if tt.change != nil {
				s.mustChange(tt.change)
			}
			_, err = charge.Handle(t.Context(), tt.in)
			wantCode(t, err, tt.code)
			if tt.code == orderflow.CodePaymentDeclined {
				s.wantPayment(t, orderflow.PaymentDeclined, orderflow.PaymentFailed)
				err = s.change("ord_1", given("card"))
				wantCode(t, err, orderflow.CodeInvalidState)
			}
			if tt.code == orderflow.CodeOrderCancelled {
				_, err = refund.Handle(t.Context(), in)
				wantCode(t, err, "")
				s.wantPayment(t, orderflow.PaymentDeclined, orderflow.PaymentFailed)
			}
			if tt.code != "" && len(p.captures) > 0 {
				t.Errorf("captured %v", p.captures)
			}
		})
	}
}

func TestCharge_Handle_methodsEnd(t *testing.T) {
	t.Parallel()
	_, _, older, _ := confirmed(t, "declined")
	_, err := older.Handle(t.Context(), Input{OrderID: "ord_1"}) // an older state machine does not wait
	wantCode(t, err, orderflow.CodePaymentDeclined)

	s, p, charge, _ := confirmed(t, "declined")
	charge.AskAgain = true
	for n := range maxMethods {
		_, err := charge.Handle(t.Context(), asking)
		if n == maxMethods-1 {
			wantCode(t, err, orderflow.CodePaymentDeclined)
			break
		}
		wantCode(t, err, orderflow.CodePaymentMethodRequired)
		s.mustChange(given("declined"))
	}
	if p.calls != maxMethods {
		t.Errorf("%d calls", p.calls)
	}
}

// While a customer gives a method, the wait ends: one of both wins, and nothing is lost.
func TestCharge_Handle_givenAtTheEnd(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "declined")
	charge.AskAgain = true
	_, err := charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodePaymentMethodRequired)
	s.interleave(t, given("card"))
	_, err = charge.Handle(t.Context(), waitedLong)
	wantCode(t, err, "")
	p.wantKeys(t, "ord_1/charge/2")
}
