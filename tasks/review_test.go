package tasks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// everyOrder are rules with which each order that costs something needs a review.
var everyOrder = orderflow.ReviewRules{Above: map[string]int64{"USD": 0}}

// canWait is the input of a state machine that can wait for a review for an hour; timedOut is that
// after the hour.
var (
	canWait  = Input{OrderID: "ord_1", Review: WaitInput{Seconds: 3600}}
	timedOut = Input{OrderID: "ord_1", Review: WaitInput{Seconds: 3600, Outcome: Outcome{Error: "States.Timeout"}}}
)

func approved(o *orderflow.Order) error { return decided(o, orderflow.ReviewApproved) }
func refused(o *orderflow.Order) error  { return decided(o, orderflow.ReviewRefused) }

func decided(o *orderflow.Order, d orderflow.ReviewDecision) error {
	return o.Decide(d, orderflow.By{At: start, Actor: "operator:olga", Reason: "because"})
}

// reviewing returns a store with an order that waits for its review, after the given changes, and
// the task that charges it.
func reviewing(t *testing.T, changes ...func(*orderflow.Order) error) (*store, *provider, Charge) {
	t.Helper()
	s, p, charge, _ := confirmed(t, "card")
	charge.Rules = everyOrder
	_, err := charge.Handle(t.Context(), canWait)
	wantCode(t, err, orderflow.CodeReviewRequired)
	_, err = awaitReview(s).Handle(t.Context(), waitFor("token", 0))
	wantCode(t, err, "")
	for _, change := range changes {
		s.mustChange(change)
	}
	return s, p, charge
}

// A late invocation charges an approved order while the waiting step is repeated: that is answered at
// once.
func TestReview_Handle_chargedMeanwhile(t *testing.T) {
	t.Parallel()
	s, _, charge := reviewing(t, approved)
	_, err := charge.Handle(t.Context(), canWait)
	wantCode(t, err, "")
	_, err = awaitReview(s).Handle(t.Context(), waitFor("another token", 1))
	wantCode(t, err, "")
	if o := s.load(t, "ord_1"); o.Status != orderflow.Paid || o.Wait.Token != "another token" || o.Answer() == nil || o.Answer().Code != "" {
		t.Errorf("%s, waits for %+v, answer %+v", o.Status, o.Wait, o.Answer())
	}
}

// awaitReview is the task that waits for a review; its notifications arrive.
func awaitReview(s *store) Review {
	return Review{s, Notify{Orders: s, Customers: s, Notifier: &outbox{}}, at(start)}
}

func waitFor(token string, retry int) Input {
	in := canWait
	in.TaskToken, in.Attempt = token, orderflow.Attempt{Entered: start, Retry: retry}
	return in
}

// Nothing is charged before an approval. Every task runs twice.
func TestCharge_Handle_review(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes changes
		in      Input
		want    orderflow.Code
		status  orderflow.Status
	}{
		{"undecided", nil, canWait, orderflow.CodeReviewRequired, orderflow.InReview},
		{"approved", changes{approved}, canWait, "", orderflow.Paid},
		{"approved just before the deadline", changes{approved}, timedOut, "", orderflow.Paid},
		{"refused", changes{refused}, canWait, orderflow.CodeReviewRefused, orderflow.InReview},
		{"refused just before the deadline", changes{refused}, timedOut, orderflow.CodeReviewRefused, orderflow.InReview},
		{"not decided in time", nil, timedOut, orderflow.CodeReviewTimedOut, orderflow.InReview},
		{"cancelled", changes{cancelled}, canWait, orderflow.CodeOrderCancelled, orderflow.InReview},
		{"cancelled, then the deadline", changes{cancelled}, timedOut, orderflow.CodeOrderCancelled, orderflow.InReview},
		{"approved, then cancelled", changes{approved, cancelled}, canWait, orderflow.CodeOrderCancelled, orderflow.Confirmed},
		{"tampered with", changes{approved, cheaper}, canWait, orderflow.CodeInvalidOrder, orderflow.Confirmed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, p, charge := reviewing(t, tt.changes...)
			for range 2 {
				_, err := charge.Handle(t.Context(), tt.in)
				wantCode(t, err, tt.want)
			}
			if charged := len(p.captures); s.load(t, "ord_1").Status != tt.status || (charged == 1) != (tt.want == "") {
				t.Errorf("%s, captured %d times", s.load(t, "ord_1").Status, charged)
			}
		})
	}
}

// cheaper changes the total, but not the lines.
func cheaper(o *orderflow.Order) error {
	o.Total.Amount--
	o.MarkAttention(orderflow.Attention{Code: "X"}, orderflow.By{At: start})
	return nil
}

// Two writes at once: the first one counts. An approval, a refusal or a cancel is saved between the
// read and the write of the task that sees the deadline, or that starts the review.
func TestCharge_Handle_reviewRaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		other func(*orderflow.Order) error
		want  orderflow.Code
	}{
		{"approved", approved, ""},
		{"refused", refused, orderflow.CodeReviewRefused},
		{"cancelled", cancelled, orderflow.CodeOrderCancelled},
	} {
		t.Run("deadline, "+tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, charge := reviewing(t)
			s.interleave(t, tt.other)
			_, err := charge.Handle(t.Context(), timedOut)
			wantCode(t, err, tt.want)
			if r := s.load(t, "ord_1").Review; r.Decision == orderflow.ReviewTimedOut {
				t.Errorf("the deadline won: %+v", r)
			}
		})
		t.Run(tt.name+" after the deadline", func(t *testing.T) {
			t.Parallel()
			s, p, charge := reviewing(t)
			_, err := charge.Handle(t.Context(), timedOut)
			wantCode(t, err, orderflow.CodeReviewTimedOut)
			if err := s.change("ord_1", tt.other); tt.name != "cancelled" {
				wantCode(t, err, orderflow.CodeAlreadyDecided)
			}
			if _, err = charge.Handle(t.Context(), canWait); err == nil || len(p.captures) > 0 {
				t.Errorf("charged: %v", err)
			}
		})
	}
	t.Run("cancelled before the review starts", func(t *testing.T) {
		t.Parallel()
		s, _, charge, _ := confirmed(t, "card")
		charge.Rules = everyOrder
		s.interleave(t, cancelled)
		_, err := charge.Handle(t.Context(), canWait)
		wantCode(t, err, orderflow.CodeOrderCancelled)
	})
}

// interleave makes another change between the next read and write.
func (s *store) interleave(t *testing.T, other func(*orderflow.Order) error) {
	t.Helper()
	s.beforeCommit = func(context.Context) error {
		s.beforeCommit = nil
		return s.change("ord_1", other)
	}
}

// An order that needs no review is charged with the same writes as without rules, and one of a
// state machine that cannot wait is charged as before.
func TestCharge_Handle_noReview(t *testing.T) {
	t.Parallel()
	count := func(rules orderflow.ReviewRules, in Input) int {
		s, p, charge, _ := confirmed(t, "card")
		charge.Rules = rules
		before := s.commits
		_, err := charge.Handle(t.Context(), in)
		wantCode(t, err, "")
		if o := s.load(t, "ord_1"); o.Review != nil || len(p.captures) != 1 {
			t.Errorf("review %+v, captures %v", o.Review, p.captures)
		}
		return s.commits - before
	}
	plain := count(orderflow.ReviewRules{}, in)
	high := orderflow.ReviewRules{Above: map[string]int64{"USD": 1 << 40}, Risk: 100}
	if n := count(high, canWait); n != plain {
		t.Errorf("%d writes with rules, %d without", n, plain)
	}
	if n := count(everyOrder, in); n != plain {
		t.Errorf("%d writes in an old state machine, %d without rules", n, plain)
	}
}

// Invocations run in any order, before or after the decision: the latest attempt waits, and its
// token gets the answer once.
func TestReview_Handle_lateAttempts(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*orderflow.Order) error{nil, approved, refused} {
		for _, order := range [][2]int{{1, 2}, {2, 1}, {1, 1}} {
			s, _, _ := reviewing(t)
			review := awaitReview(s)
			_, err := review.Handle(t.Context(), waitFor(fmt.Sprint("token ", order[0]), order[0]))
			wantCode(t, err, "")
			if change != nil {
				s.mustChange(change)
			}
			_, err = review.Handle(t.Context(), waitFor(fmt.Sprint("token ", order[1]), order[1]))
			o := s.load(t, "ord_1")
			latest := fmt.Sprint("token ", max(order[0], order[1]))
			if (err != nil) != (order[1] < order[0]) || o.Wait.Token != latest ||
				!o.Review.Deadline.Equal(start.Add(time.Hour)) {
				t.Errorf("%v: %v, waits for %+v", order, err, o.Wait)
			}
			a := &answers{}
			if _, err := (Wake{Orders: s, Tokens: a, Log: quiet}).Handle(t.Context(), events(`{"orderId":"ord_1"}`)); err != nil ||
				len(a.given) != map[bool]int{true: 0, false: 1}[change == nil] {
				t.Errorf("%v: %v, answers %v", order, err, a.given)
			}
		}
	}
}

func TestReview_Handle_refuses(t *testing.T) {
	t.Parallel()
	s, _, _, _ := confirmed(t, "card")
	_, err := awaitReview(s).Handle(t.Context(), waitFor("token", 0))
	wantCode(t, err, orderflow.CodeInvalidState) // not in review
	s, _, _ = reviewing(t, cancelled)
	_, err = awaitReview(s).Handle(t.Context(), waitFor("another", 1))
	wantCode(t, err, orderflow.CodeOrderCancelled)
	for _, in := range []Input{waitFor("", 1), {OrderID: "ord_1", TaskToken: "t"}} {
		_, err = awaitReview(s).Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodeInvalidState)
	}
}

// The reconciler answers a step whose event was lost, alerts operators once to a review that is
// due, and leaves other reviews alone.
func TestReconcile_Handle_review(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes changes
		after   time.Duration
		want    string // checked, answered, marked
		given   string
	}{
		{"waits", nil, 44 * time.Minute, "0 0 0", "[]"},
		{"due", nil, 46 * time.Minute, "1 0 1", "[]"},
		{"approved", changes{approved}, time.Minute, "1 1 0", "[token {}]"},
		{"refused", changes{refused}, time.Minute, "1 1 0", "[token ReviewRefused refused by operator:olga: because]"},
		{"cancelled", changes{cancelled}, time.Minute, "1 1 0", "[token OrderCancelled a cancel was accepted]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := reviewing(t, tt.changes...)
			r, _, tokens, alerts := reconciler(s, execution("RUNNING", 0))
			r.Now = at(start.Add(tt.after))
			got, err := r.Handle(t.Context(), struct{}{})
			counts := fmt.Sprint(got.Checked, got.Answered, got.Marked)
			if err != nil || counts != tt.want || fmt.Sprint(tokens.given) != tt.given || len(alerts.alerts) != got.Marked {
				t.Errorf("%s, %v, answers %v, alerts %v", counts, err, tokens.given, alerts.alerts)
			}
			if again, err := r.Handle(t.Context(), struct{}{}); err != nil || again.Marked > 0 {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

// The customer of an order that ended by its review learns it, and that nothing was charged.
func TestNotify_review(t *testing.T) {
	t.Parallel()
	s, _, charge := reviewing(t, refused)
	_, err := charge.Handle(t.Context(), canWait)
	wantCode(t, err, orderflow.CodeReviewRefused)
	_, err = Release{s, s, at(start)}.Handle(t.Context(), in)
	wantCode(t, err, "")
	_, err = Close{s, at(start)}.Handle(t.Context(), Input{OrderID: "ord_1", Reason: "ReviewRefused"})
	wantCode(t, err, "")
	n, err := notification(s.load(t, "ord_1"), Input{Kind: orderflow.NotifyClosed})
	if want := "Order ord_1: We are sorry, we cannot accept this order. You were not charged."; err != nil || n.Text != want {
		t.Errorf("%q, %v", n.Text, err)
	}
}
