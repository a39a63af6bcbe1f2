package orderflow

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func byStep(reason string) By {
	return By{At: noon.Add(time.Minute), Actor: "step:test", Reason: reason}
}

// actions are the ways in which an order changes, by name.
var actions = map[string]func(o *Order) error{
	"confirm": func(o *Order) error { return o.Confirm(byStep("")) },
	"capture": func(o *Order) error { return o.Capture(byStep("")) },
	"decline": func(o *Order) error { o.SetPaymentStatus(PaymentDeclined, byStep("")); return nil },
	"waive":   func(o *Order) error { return o.SkipPayment(byStep("")) },
	"send back": func(o *Order) error {
		o.SetPaymentStatus(PaymentRefundPending, byStep(""))
		return nil
	},
	"unsure":   func(o *Order) error { o.SetPaymentStatus(PaymentUncertain, byStep("")); return nil },
	"request":  func(o *Order) error { return o.RequestShipment("shp_1", waitAt("token-1", 0), byStep("")) },
	"renew":    func(o *Order) error { return o.RequestShipment("shp_1", waitAt("token-2", 1), byStep("")) },
	"dispatch": func(o *Order) error { return o.Dispatch("Post", "T1", byStep("")) },
	"correct":  func(o *Order) error { return o.Dispatch("Post", "T2", byStep("")) },
	"give up":  func(o *Order) error { return o.FailShipment(byStep("AddressUnreachable")) },
	"fulfil":   func(o *Order) error { return o.Fulfil(byStep("")) },
	"cancel":   func(o *Order) error { return o.RequestCancel(byStep("changed my mind")) },
	"refund":   func(o *Order) error { return o.Refund(byStep("")) },
	"release":  func(o *Order) error { o.ReleaseStock(byStep("")); return nil },
	"close":    func(o *Order) error { return o.Close(byStep("PaymentDeclined")) },
	"attend": func(o *Order) error {
		o.MarkAttention(Attention{Code: "X", ExecutionARN: "arn"}, byStep(""))
		return nil
	},
	"ask again": func(o *Order) error {
		by := byStep("")
		by.At = o.UpdatedAt.Add(48 * time.Hour)
		o.RenewShipment(time.Minute, by)
		o.MarkOverdue(time.Hour, 0, by)
		return nil
	},
	"clear": func(o *Order) error { o.ClearAttention(2, byStep("")); return nil },
	"stale": func(o *Order) error { return o.RequestShipment("shp_1", waitAt("token-0", -1), byStep("")) },
	"dispatch late": func(o *Order) error {
		err := o.Dispatch("Post", "T1", byStep(""))
		if err != nil && o.Shipment != nil {
			o.NoteLateDispatch("Post", "T1", byStep(""))
			return nil
		}
		return err
	},
	"unsent": func(o *Order) error {
		o.NoteUnsent(Unsent{Kind: NotifyConfirmed, Step: "NotifyConfirmed", Message: "m"}, byStep(""))
		return nil
	},
	"resent": func(o *Order) error { o.ClearUnsent(byStep("")); return nil },
	"fail": func(o *Order) error {
		o.MarkAttention(Attention{Code: "Y", ExecutionARN: "arn", RedriveCount: 1}, byStep(""))
		return nil
	},
	"pass":    func(o *Order) error { return o.PassReview(strict, false, byStep("")) },
	"expire":  func(o *Order) error { return o.PassReview(strict, true, byStep("")) },
	"approve": func(o *Order) error { return o.Decide(ReviewApproved, byOperator("olga", "known customer")) },
	"refuse":  func(o *Order) error { return o.Decide(ReviewRefused, byOperator("ben", "stolen card")) },
	"await":   func(o *Order) error { return o.AwaitReview(reviewWait("review-1", 0), byStep("")) },
	"reawait": func(o *Order) error { return o.AwaitReview(reviewWait("review-2", 1), byStep("")) },
	"ask back": func(o *Order) error {
		r := RefundRequest{ID: fmt.Sprint(len(o.Refunds)), Amount: &Money{10, o.Total.Currency}}
		_, err := o.RequestRefund(r, byStep("sorry"))
		return err
	},
	"pend":        func(o *Order) error { o.NoteRefundPending("0", byStep("")); return nil },
	"bounce":      func(o *Order) error { o.NoteRefundFailed("0", "closed", byStep("")); return nil },
	"pay back":    func(o *Order) error { return o.SettleRefund("0", byStep("")) },
	"retry":       func(o *Order) error { return o.RetryRefund("0", byStep("")) },
	"acknowledge": func(o *Order) error { return o.Acknowledge(byStep("the goods are back")) },
}

// TestOrder_lifecycle plays scenarios: actions one after the other, of which the last may be
// refused, and the order's state afterwards.
func TestOrder_lifecycle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ story, want string }{
		{"", "PLACED NONE NONE 1"},
		{"confirm", "CONFIRMED NONE RESERVED 2"},
		{"confirm, confirm", "InvalidState"},
		{"cancel, confirm", "OrderCancelled"},
		{"capture", "InvalidState"},
		{"confirm, capture", "PAID CAPTURED RESERVED 3"},
		{"confirm, unsure, unsure, capture", "PAID CAPTURED RESERVED 4"},
		{"confirm, capture, capture", "InvalidState"},
		{"confirm, cancel, capture", "OrderCancelled"},
		{"confirm, request", "InvalidState"},
		{"confirm, capture, cancel, request", "OrderCancelled"},
		{"confirm, capture, request", "PAID CAPTURED RESERVED 4"},
		{"confirm, capture, request, request", "PAID CAPTURED RESERVED 4"},
		{"confirm, capture, request, renew", "PAID CAPTURED RESERVED 5"},
		{"confirm, capture, request, cancel, renew", "OrderCancelled"},
		{"confirm, capture, request, dispatch, renew", "SHIPPING CAPTURED RESERVED 6"},
		{"confirm, capture, request, give up, renew", "PAID CAPTURED RESERVED 6"},
		{"confirm, capture, dispatch", "InvalidState"},
		{"confirm, capture, request, dispatch", "SHIPPING CAPTURED RESERVED 5"},
		{"confirm, capture, request, dispatch, dispatch", "SHIPPING CAPTURED RESERVED 5"},
		{"confirm, capture, request, dispatch, correct", "SHIPPING CAPTURED RESERVED 6"},
		{"confirm, capture, request, dispatch, correct, correct", "SHIPPING CAPTURED RESERVED 6"},
		{"confirm, capture, request, dispatch, correct, dispatch", "InvalidState"},
		{"confirm, capture, request, dispatch, fulfil, correct", "FULFILLED CAPTURED SHIPPED 7"},
		{"confirm, capture, request, cancel, correct", "OrderCancelled"},
		{"confirm, capture, request, cancel, dispatch", "OrderCancelled"},
		{"confirm, capture, request, give up, dispatch", "InvalidState"},
		{"confirm, capture, request, give up, give up", "PAID CAPTURED RESERVED 5"},
		{"confirm, capture, request, dispatch, give up", "InvalidState"},
		{"give up", "InvalidState"},
		{"confirm, capture, fulfil", "InvalidState"},
		{"confirm, capture, request, dispatch, fulfil", "FULFILLED CAPTURED SHIPPED 6"},
		{"confirm, capture, request, dispatch, cancel", "TooLateToCancel"},
		{"confirm, capture, request, dispatch, fulfil, cancel", "TooLateToCancel"},
		{"confirm, capture, request, dispatch, close", "InvalidState"},
		{"confirm, capture, request, dispatch, refund", "InvalidState"},
		{"cancel, cancel", "PLACED NONE NONE 2"},
		{"cancel, close", "CANCELLED NONE NONE 3"},
		{"cancel, close, cancel", "CANCELLED NONE NONE 3"},
		{"cancel, close, close", "CANCELLED NONE NONE 3"},
		{"close", "REJECTED NONE NONE 2"},
		{"close, cancel", "TooLateToCancel"},
		{"confirm, close", "InvalidState"},
		{"confirm, decline, close", "InvalidState"},
		{"confirm, decline, release, close", "REJECTED DECLINED RELEASED 5"},
		{"confirm, unsure, release, close", "InvalidState"},
		{"confirm, refund", "InvalidState"},
		{"confirm, capture, release, close", "InvalidState"},
		{"confirm, capture, cancel, refund, refund, release, release, close", "CANCELLED REFUNDED RELEASED 7"},
		{"confirm, capture, cancel, send back, release, close", "InvalidState"},
		{"confirm, capture, cancel, send back, refund, release, close", "CANCELLED REFUNDED RELEASED 8"},
		{"confirm, waive", "InvalidState"},
		{"attend, attend", "PLACED NONE NONE 2 X"},
		{"attend, clear, clear", "PLACED NONE NONE 3"},
		{"attend, close", "REJECTED NONE NONE 3"},
		{"close, attend", "REJECTED NONE NONE 3 X"},
		{"close, attend, clear", "REJECTED NONE NONE 4"},
		{"close, attend, acknowledge", "REJECTED NONE NONE 4"},
		{"close, attend, acknowledge, attend", "REJECTED NONE NONE 4"},
		{"close, attend, acknowledge, fail", "REJECTED NONE NONE 5 Y"},
		{"close, acknowledge", "InvalidState"},
		{"attend, acknowledge", "InvalidState"},
		{"close, unsure", "REJECTED NONE NONE 2"},
		{"close, release", "REJECTED NONE NONE 2"},
		{"confirm, cancel, unsure", "CONFIRMED NONE RESERVED 3"},
		{"confirm, capture, request, stale", "InvalidState"},
		{"confirm, capture, request, dispatch, stale", "InvalidState"},
		{"confirm, capture, request, give up, stale", "InvalidState"},
		{"confirm, capture, request, renew, request", "InvalidState"},
		{"confirm, capture, request, dispatch, fulfil, renew", "InvalidState"},
		{"confirm, capture, request, give up, refund, release, close, renew", "InvalidState"},
		{"confirm, capture, request, cancel, refund, release, close, renew", "OrderCancelled"},
		{"confirm, capture, request, cancel, dispatch late", "PAID CAPTURED RESERVED 6 DispatchedLate"},
		{"confirm, capture, request, cancel, dispatch late, dispatch late", "PAID CAPTURED RESERVED 6 DispatchedLate"},
		{"confirm, capture, request, give up, dispatch late", "PAID CAPTURED RESERVED 6 DispatchedLate"},
		{
			"confirm, capture, request, give up, dispatch late, refund, release, close",
			"REJECTED REFUNDED RELEASED 9 DispatchedLate",
		},
		{
			"confirm, capture, request, give up, refund, release, close, dispatch late",
			"REJECTED REFUNDED RELEASED 9 DispatchedLate",
		},
		{"confirm, capture, request, give up, dispatch late, attend", "PAID CAPTURED RESERVED 7 X"},
		{"confirm, capture, request, give up, dispatch late, attend, clear", "PAID CAPTURED RESERVED 8 DispatchedLate"},
		{"confirm, capture, request, give up, attend, dispatch late, clear", "PAID CAPTURED RESERVED 8 DispatchedLate"},
		{"confirm, capture, request, give up, dispatch late, acknowledge", "PAID CAPTURED RESERVED 7"},
		{"confirm, capture, request, give up, dispatch late, acknowledge, dispatch late", "PAID CAPTURED RESERVED 7"},
		{"confirm, capture, unsent", "PAID CAPTURED RESERVED 4 NotificationFailed"},
		{"confirm, capture, unsent, resent, resent", "PAID CAPTURED RESERVED 5"},
		{"confirm, capture, unsent, acknowledge", "InvalidState"},
		{"confirm, capture, unsent, clear", "PAID CAPTURED RESERVED 4 NotificationFailed"},
		{"confirm, capture, request, give up, dispatch late, clear", "PAID CAPTURED RESERVED 6 DispatchedLate"},
		{"confirm, capture, unsent, attend, clear", "PAID CAPTURED RESERVED 6 NotificationFailed"},
		{"confirm, capture, unsent, attend, resent", "PAID CAPTURED RESERVED 6 X"},
		{"confirm, capture, unsent, request, dispatch, fulfil", "FULFILLED CAPTURED SHIPPED 7"},
	} {
		t.Run(tt.story, func(t *testing.T) {
			t.Parallel()
			o, err := Place(draft(line("a", 1, usd(5))))
			if err != nil {
				t.Fatal(err)
			}
			if got := play(o, tt.story); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if int64(len(o.Timeline)) != o.Sequence {
				t.Errorf("%d changes, sequence %d", len(o.Timeline), o.Sequence)
			}
		})
	}
}

// TestOrder_lifecycle_free: a free order goes on without a payment.
func TestOrder_lifecycle_free(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ story, want string }{
		{"waive", "InvalidState"},
		{"confirm, cancel, waive", "OrderCancelled"},
		{"confirm, waive, waive", "InvalidState"},
		{"confirm, waive, request, dispatch, fulfil", "FULFILLED NONE SHIPPED 6"},
		{"confirm, waive, refund", "InvalidState"},
		{"confirm, waive, cancel, release, close", "CANCELLED NONE RELEASED 6"},
		{"confirm, waive, request, give up, release, close", "REJECTED NONE RELEASED 7"},
	} {
		o, err := Place(draft(line("a", 2, usd(0))))
		if err != nil {
			t.Fatal(err)
		}
		if got := play(o, tt.story); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.story, got, tt.want)
		}
	}
}

// The final change repeats the customer's decline message.
func TestOrder_Close_message(t *testing.T) {
	t.Parallel()
	const why = "The card has expired."
	for story, want := range map[string]string{"release, close": why, "cancel, release, close": ""} {
		o, err := Place(draft(line("a", 1, usd(5))))
		if err != nil {
			t.Fatal(err)
		}
		play(o, "confirm")
		by := byStep("PaymentDeclined")
		by.Message = why
		o.SetPaymentStatus(PaymentDeclined, by)
		if play(o, story); o.Timeline[len(o.Timeline)-1].Message != want {
			t.Errorf("%s: ended %+v", story, o.Timeline[len(o.Timeline)-1])
		}
	}
}

// No shipment without a capture, however the order became PAID.
func TestOrder_RequestShipment_uncovered(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	play(o, "confirm, capture")
	for _, s := range []PaymentStatus{PaymentRefundPending, PaymentRefunded, PaymentUncertain, PaymentDeclined,
		PaymentNone} {
		o.PaymentStatus = s
		if err := actions["request"](o); CodeOf(err) != CodeInvalidState {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// play runs the scenario. It returns the order's state, or the code with which the last action was
// refused.
func play(o *Order, story string) string {
	names := strings.FieldsFunc(story, func(r rune) bool { return r == ',' })
	for i, name := range names {
		err := actions[strings.TrimSpace(name)](o)
		switch {
		case err != nil && i == len(names)-1:
			return string(CodeOf(err))
		case err != nil && CodeOf(err) != CodeOrderCancelled && CodeOf(err) != CodeReviewRequired &&
			CodeOf(err) != CodeReviewTimedOut:
			return fmt.Sprintf("%s: %v", name, err)
		}
	}
	s := fmt.Sprintf("%s %s %s %d", o.Status, o.PaymentStatus, o.StockStatus, o.Sequence)
	if o.Attention != nil {
		s += " " + o.Attention.Code
	}
	return s
}

// A cancel wins while the money is captured: the capture is recorded, and the refund follows.
func TestOrder_Captured_afterCancel(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	if got := play(o, "confirm, cancel, capture"); got != "OrderCancelled" || o.PaymentStatus != PaymentCaptured ||
		o.Status != Confirmed {
		t.Errorf("%s: %s %s", got, o.Status, o.PaymentStatus)
	}
}

func TestOrder_NeedAttention(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct {
		arn      string
		redrives int
		want     bool
	}{{"x", 0, true}, {"x", 0, false}, {"x", 1, true}, {"x", 0, false}, {"y", 0, true}} {
		if got := o.MarkAttention(Attention{
			ExecutionARN: tt.arn, RedriveCount: tt.redrives,
		}, byStep("")); got != tt.want {
			t.Errorf("%d: marked %v", i, got)
		}
	}
	if o.Attention.Since != byStep("").At {
		t.Errorf("since %s", o.Attention.Since)
	}
}

// randomOrder applies random actions to an order and returns it with the events of its changes.
func randomOrder(t *testing.T, seed uint64) (*Order, []EventDetail) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 0))
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"confirm", "capture", "decline", "unsure", "request", "renew", "dispatch", "give up", "fulfil",
		"cancel", "waive", "send back", "refund", "release", "close", "attend", "clear", "ask again",
		"stale", "dispatch late", "unsent", "resent", "fail", "acknowledge", "pass", "expire", "approve", "refuse", "await",
		"reawait"}
	for range 30 {
		before := o.State()
		err := actions[names[rnd.IntN(len(names))]](o)
		changes := []Code{CodeOrderCancelled, CodeReviewRequired, CodeReviewTimedOut} // refusals that are recorded
		if err != nil && !slices.Contains(changes, CodeOf(err)) && !reflect.DeepEqual(before, o.State()) {
			t.Fatalf("seed %d: refused (%v), and changed", seed, err)
		}
		if before.Status.Final() && o.Status != before.Status {
			t.Fatalf("seed %d: %s became %s", seed, before.Status, o.Status)
		}
	}
	var events []EventDetail
	for _, c := range o.Timeline {
		events = append(events, o.Event(c))
	}
	return o, events
}

// I7: the events of any order rebuild its state, also after a JSON round trip.
func TestFold_randomLives(t *testing.T) {
	t.Parallel()
	ends := map[Status]int{}
	for seed := range uint64(400) {
		o, events := randomOrder(t, seed)
		raw, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		var read []EventDetail
		if err := json.Unmarshal(raw, &read); err != nil {
			t.Fatal(err)
		}
		got, err := Fold(read)
		if err != nil || !reflect.DeepEqual(got, o.State()) {
			t.Fatalf("seed %d: fold is %+v, %v, the order %+v", seed, got, err, o.State())
		}
		ends[o.Status]++
	}
	if ends[Rejected] == 0 || ends[Cancelled] == 0 || ends[Paid] == 0 {
		t.Errorf("all orders ended alike: %v", ends)
	}
}

// waitAt returns the wait of the step that requests the shipment, at the given retry.
func waitAt(token string, retry int) Wait {
	return Wait{Step: "RequestShipment", Token: token, Attempt: Attempt{Entered: noon, Retry: retry}}
}
