package orderflow

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// ledgerEntry returns a charge of 5.00 USD; a STARTED one was called at noon.
func ledgerEntry(s PaymentState) Payment {
	p := Payment{OrderID: "ord_1", Step: ChargeStep, State: s, Amount: Money{500, "USD"}, StartedAt: noon}
	if s == PaymentStarted {
		p.CalledAt = noon
	}
	return p
}

// paymentMoves are the transitions of a ledger entry, a minute after noon.
var paymentMoves = map[string]func(p *Payment) error{
	"begin": func(p *Payment) error { return p.Begin() },
	"call":  func(p *Payment) error { return p.Call(noon.Add(UncertainFor)) },
	"capture": func(p *Payment) error {
		return p.Capture(Receipt{ProviderID: "pi_1", Amount: p.Amount}, noon.Add(UncertainFor))
	},
	"refund": func(p *Payment) error {
		p.Step = RefundStep
		return p.Refund(Receipt{ProviderID: "re_1", Amount: p.Amount}, noon.Add(UncertainFor))
	},
	"decline": func(p *Payment) error {
		return p.Decline(&Error{
			Code: CodePaymentDeclined, Message: "do_not_honor", Public: "No.",
		}, noon.Add(UncertainFor))
	},
	"void": func(p *Payment) error { return p.Void(nil, noon.Add(UncertainFor)) },
	"authorize": func(p *Payment) error {
		return p.Authorize(Receipt{ProviderID: "pi_1", Amount: p.Amount, HeldUntil: noon.Add(time.Hour)})
	},
	"renew": func(p *Payment) error { return p.BeginRenewal(noon.Add(UncertainFor)) },
	"reauthorize": func(p *Payment) error {
		return p.Reauthorize(Receipt{ProviderID: "pi_2", Amount: p.Amount, HeldUntil: noon.Add(time.Hour)})
	},
	"end renewal": func(p *Payment) error { return p.EndRenewal(true, noon) },
	"nothing due": func(p *Payment) error { p.Amount.Amount = 0; return p.MarkNotDue(noon.Add(UncertainFor)) },
	"unsettled":   func(p *Payment) error { return p.NoteUnsettled(*p, errors.New("lost"), noon.Add(UncertainFor)) },
}

func TestPayment_transitions(t *testing.T) {
	t.Parallel()
	states := []PaymentState{PaymentNew, PaymentStarted, PaymentHeld, PaymentSucceeded, PaymentFailed, PaymentVoided,
		PaymentNotDue}
	allowed := map[string]PaymentState{
		" begin": PaymentStarted, " call": PaymentStarted, " void": PaymentVoided, " nothing due": PaymentNotDue,
		"STARTED call": PaymentStarted, "STARTED unsettled": PaymentStarted, "STARTED capture": PaymentSucceeded,
		"STARTED refund":  PaymentSucceeded,
		"STARTED decline": PaymentFailed, "STARTED void": PaymentVoided, "STARTED authorize": PaymentHeld,
		"AUTHORIZED capture": PaymentSucceeded, "AUTHORIZED void": PaymentVoided, "AUTHORIZED renew": PaymentHeld,
		"AUTHORIZED reauthorize": PaymentHeld, "AUTHORIZED end renewal": PaymentHeld,
	}
	for _, from := range states {
		for name, move := range paymentMoves {
			t.Run(string(from)+" "+name, func(t *testing.T) {
				t.Parallel()
				p := ledgerEntry(from)
				err := move(&p)
				to, ok := allowed[string(from)+" "+name]
				if !ok {
					was := ledgerEntry(from)
					was.Step, was.Amount = p.Step, p.Amount
					if CodeOf(err) != CodeInvalidState || p != was {
						t.Fatalf("got %v, %+v", err, p)
					}
					return
				}
				if err != nil || p.State != to {
					t.Fatalf("got %v, %+v, want %s", err, p, to)
				}
				if final := !p.Counted(); final != p.SettledAt.Equal(noon.Add(UncertainFor)) || final &&
					!p.CalledAt.IsZero() {
					t.Errorf("got %+v", p)
				}
			})
		}
	}
}

func TestPayment_Decline(t *testing.T) {
	t.Parallel()
	p := ledgerEntry(PaymentStarted)
	reply := &Error{Code: CodePaymentDeclined, Message: "do_not_honor", Public: "The bank says no."}
	if err := p.Decline(reply, noon); err != nil || !reflect.DeepEqual(p.DeclineError(), error(reply)) {
		t.Errorf("got %v, %v", err, p.DeclineError())
	}
}

// A receipt of another step or amount settles nothing.
func TestPayment_Capture_otherStepOrAmount(t *testing.T) {
	t.Parallel()
	p := ledgerEntry(PaymentStarted)
	was := p
	for _, err := range []error{
		p.Capture(Receipt{ProviderID: "pi_1", Amount: Money{499, "USD"}}, noon), p.Capture(Receipt{ProviderID: "pi_1", Amount: Money{500, "EUR"}}, noon),
		p.Refund(Receipt{ProviderID: "re_1", Amount: p.Amount}, noon),
	} {
		if err == nil || p != was {
			t.Errorf("got %v, %+v", err, p)
		}
	}
}

func TestPayment_Void(t *testing.T) {
	t.Parallel()
	proof := &KeySpent{Err: errors.New("declined for now"), Proven: true}
	for _, tt := range []struct {
		name  string
		reply error
		after time.Duration
		want  Code
	}{
		{"the call may take effect", Errorf(CodeNotFound, "no such charge"), UncertainFor - 1, CodePaymentUncertain},
		{"an answer that proves nothing", &KeySpent{Err: errors.New("500")}, UncertainFor - 1, CodePaymentUncertain},
		{"the call may not any more", Errorf(CodeNotFound, "no such charge"), UncertainFor, ""},
		{"proof", fmt.Errorf("lookup: %w", proof), 0, ""},
	} {
		p := ledgerEntry(PaymentStarted)
		err := p.Void(tt.reply, noon.Add(tt.after))
		if CodeOf(err) != tt.want || (err == nil) != (p.State == PaymentVoided) {
			t.Errorf("%s: %v, %+v", tt.name, err, p)
		}
	}
}

func TestPayment_MarkNotDue_amountDue(t *testing.T) {
	t.Parallel()
	p := ledgerEntry(PaymentNew)
	if err := p.MarkNotDue(noon); CodeOf(err) != CodeInvalidState || p.State != PaymentNew {
		t.Errorf("got %v, %+v", err, p)
	}
}

func TestPayment_NoteUnsettled(t *testing.T) {
	t.Parallel()
	at := noon.Add(10 * time.Second)
	spent := func(code Code, proven bool) error { return &KeySpent{Err: Errorf(code, "500"), Proven: proven} }
	for _, tt := range []struct {
		name             string
		renewAt          time.Time // before the call
		reply            error
		calledAt, wantAt time.Time
	}{
		{"no answer", time.Time{}, Errorf(CodePaymentUncertain, "timeout"), at, time.Time{}},
		{
			"no answer, after one that spent the key", noon.Add(time.Hour), Errorf(CodePaymentUncertain, "timeout"),
			at, time.Time{},
		},
		{"an answer that spends the key", time.Time{}, spent(CodePaymentUncertain, false), at, at.Add(UncertainFor)},
		{"once more", at.Add(time.Second), spent(CodePaymentUncertain, false), at, at.Add(time.Second)},
		{"not reached", noon.Add(time.Hour), Errorf(CodePaymentUnavailable, "no route"), noon, noon.Add(time.Hour)},
		{"declined for now", time.Time{}, spent(CodePaymentUnavailable, true), noon, at},
	} {
		before := ledgerEntry(PaymentStarted)
		before.RenewAt = tt.renewAt
		p := before
		if err := errors.Join(p.Call(at), p.NoteUnsettled(before, tt.reply, at)); err != nil ||
			!p.CalledAt.Equal(tt.calledAt) || !p.RenewAt.Equal(tt.wantAt) {
			t.Errorf("%s: %v, called %s, renew %s", tt.name, err, p.CalledAt, p.RenewAt)
		}
	}
}

func TestPayment_NoteKeySpent(t *testing.T) {
	t.Parallel()
	proof := &KeySpent{Err: errors.New("declined for now"), Proven: true}
	for _, tt := range []struct {
		name  string
		state PaymentState
		reply error
		want  bool
	}{
		{"the key is good", PaymentStarted, errors.New("lost"), false},
		{"spent", PaymentStarted, proof, true},
		{"settled", PaymentSucceeded, proof, false},
	} {
		p := ledgerEntry(tt.state)
		if got := p.NoteKeySpent(tt.reply, noon); got != tt.want || p.RenewAt.IsZero() == tt.want {
			t.Errorf("%s: %v, %+v", tt.name, got, p)
		}
		if p.NoteKeySpent(tt.reply, noon) {
			t.Errorf("%s: a repeated reply changed the entry", tt.name)
		}
	}
}

func TestPayment_CanReplace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state    PaymentState
		revision int
		want     Replaceable
	}{
		{PaymentNew, 0, Replaceable{}},
		{PaymentStarted, 0, Replaceable{None: true}},
		{PaymentStarted, 2, Replaceable{SameStarted: true}},
		{PaymentHeld, 2, Replaceable{Started: true, Held: true}},
		{PaymentSucceeded, 2, Replaceable{Started: true, Held: true}},
		{PaymentFailed, 2, Replaceable{SameStarted: true}},
		{PaymentVoided, 2, Replaceable{None: true, Started: true, Held: true}},
		{PaymentNotDue, 0, Replaceable{None: true}},
	} {
		p := Payment{State: tt.state, Revision: tt.revision}
		if got := p.CanReplace(); got != tt.want {
			t.Errorf("%s, revision %d: %+v", tt.state, tt.revision, got)
		}
	}
}

// A declined attempt makes way for another payment method under another key, whatever the provider
// says of the decline, and whichever clock says so.
func TestPayment_RenewWith(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, reply := range []error{Errorf(CodePaymentDeclined, "insufficient_funds"), &Error{Code: CodePaymentDeclined}} {
		p := &Payment{OrderID: "ord_1", Step: ChargeStep, Amount: Money{100, "USD"}}
		if err := p.RenewWith("new"); CodeOf(err) != CodeInvalidState {
			t.Errorf("renewed before a decline: %v", err)
		}
		if err := errors.Join(p.Call(at), p.NoteDeclined(reply)); err != nil || !p.AttemptDeclined() {
			t.Fatalf("%+v, %v", p, err)
		}
		if err := p.RenewWith("new"); err != nil || p.AttemptDeclined() || p.Key() != "ord_1/charge/2" || p.Method != "new" {
			t.Errorf("%+v, key %s, %v", p, p.Key(), err)
		}
	}
}
