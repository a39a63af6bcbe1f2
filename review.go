package orderflow

import (
	"fmt"
	"time"
)

// StepAwaitReview is the state that waits for an operator's decision.
const StepAwaitReview = "AwaitReview"

// Review is an operator's check of an order before any money moves.
type Review struct {
	Reasons  []ReviewReason `json:"reasons"`
	Score    int            `json:"score"`
	Total    Money          `json:"total"` // the total that is reviewed; an approval covers no more
	Since    time.Time      `json:"since"`
	Deadline time.Time      `json:"deadline,omitzero"` // when the step stops waiting
	Decision ReviewDecision `json:"decision,omitempty"`
	By       string         `json:"by,omitempty"`     // the actor who decided
	Reason   string         `json:"reason,omitempty"` // the operator's words
	At       time.Time      `json:"at,omitzero"`
}

// ReviewDecision is the end of a review.
type ReviewDecision string

// The decisions.
const (
	ReviewApproved ReviewDecision = "APPROVED"
	ReviewRefused  ReviewDecision = "REFUSED"
	ReviewTimedOut ReviewDecision = "TIMED_OUT" // the deadline passed without a decision
)

// reviewMessages are the sentences for the customer.
var reviewMessages = map[ReviewDecision]string{
	ReviewRefused:  "We are sorry, we cannot accept this order.",
	ReviewTimedOut: "We are sorry, we could not check this order in time.",
}

// PassReview returns nil if the order may be charged: the rules let it pass, or an operator
// approved it, its total is not higher than the reviewed one, and its stock is still held.
// Otherwise it returns one of the following, with changes that must be saved first:
// CodeReviewRequired, and the order is IN_REVIEW; CodeReviewRefused; CodeReviewTimedOut if it
// was undecided when the step timed out. A decision that was saved first wins over the timeout.
func (o *Order) PassReview(rules ReviewRules, timedOut bool, by By) error {
	r := o.Review
	switch {
	case r == nil:
		return o.requireReview(rules, by)
	case r.Decision == ReviewApproved:
		return o.checkApproved(rules, by)
	case r.Decision == "" && !timedOut:
		return Errorf(CodeReviewRequired, "order %s waits for a review", o.ID)
	case r.Decision == "":
		by.Reason = string(CodeReviewTimedOut)
		o.endReview(ReviewTimedOut, by)
	}
	a := o.reviewAnswer()
	return Errorf(a.Code, "%s", a.Cause)
}

// requireReview starts a review if the rules want one.
func (o *Order) requireReview(rules ReviewRules, by By) error {
	reasons, score := rules.Reasons(o)
	if len(reasons) == 0 {
		return nil
	}
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	o.Review = &Review{Reasons: reasons, Score: score, Total: o.Total, Since: by.At}
	by.Reason = string(CodeReviewRequired)
	o.moveTo(InReview, by.change(""))
	return Errorf(CodeReviewRequired, "order %s needs a review: %v", o.ID, reasons)
}

// checkApproved checks an approved order again. A higher total needs another review.
func (o *Order) checkApproved(rules ReviewRules, by By) error {
	reviewed := o.Review.Total
	if o.Total.Currency != reviewed.Currency || o.Total.Amount > reviewed.Amount {
		return o.requireReview(rules, by)
	}
	if o.StockStatus != StockReserved {
		return Errorf(CodeInvalidState, "order %s was approved, but its stock is %s", o.ID, o.StockStatus)
	}
	return nil
}

// AwaitReview records the step that waits for the decision. A newer attempt of the step gets a
// decision that is already known, even if a late invocation has charged the order meanwhile; an older
// attempt changes nothing. Returns CodeOrderCancelled; CodeInvalidState for an older attempt, and for an
// order that is not in review.
func (o *Order) AwaitReview(w Wait, by By) error {
	if o.Wait != nil && o.Wait.Token == w.Token {
		return nil
	}
	if o.Review == nil {
		return Errorf(CodeInvalidState, "order %s is not in review", o.ID)
	}
	if err := o.expect(InReview, Confirmed, Paid); err != nil {
		return err
	}
	if o.Review.Decision == "" && o.CanProceed() != nil {
		return o.CanProceed()
	}
	kind := OrderReviewRenewed // wakes the step if the decision is known
	if o.Review.Decision == "" && o.Review.Deadline.IsZero() {
		kind = OrderReviewRequested
	}
	w.Since, w.RequestedAt = by.At, by.At
	if _, err := o.await(w); err != nil {
		return err
	}
	o.Review.Deadline = w.Until
	o.record(by.change(kind))
	return nil
}

// Decide records an operator's decision. An approved order is CONFIRMED again; the step that waits
// is woken. Repeating the decision of the same operator is a no-op. Returns CodeAlreadyDecided with
// who decided; CodeOrderCancelled if a cancel was accepted first; CodeInvalidState if the order is
// not in review.
func (o *Order) Decide(d ReviewDecision, by By) error {
	r := o.Review
	switch {
	case r == nil:
		return Errorf(CodeInvalidState, "order %s is %s, not in review", o.ID, o.Status)
	case r.Decision == d && r.By == by.Actor:
		return nil
	case r.Decision != "":
		return Errorf(CodeAlreadyDecided, "the review of order %s is already %s by %s at %s", o.ID, r.Decision, r.By,
			r.At.Format(time.RFC3339))
	case o.CanProceed() != nil:
		return o.CanProceed()
	}
	if err := o.expect(InReview); err != nil {
		return err
	}
	o.endReview(d, by)
	return nil
}

// endReview records the end of the review.
func (o *Order) endReview(d ReviewDecision, by By) {
	r := o.Review
	r.Decision, r.By, r.Reason, r.At = d, by.Actor, by.Reason, by.At
	o.clearWaiting()
	if d == ReviewApproved {
		o.moveTo(Confirmed, by.change(""))
		return
	}
	by.Message = reviewMessages[d]
	o.record(by.change(OrderReviewed))
}

// reviewAnswer answers the step that waits for the review.
func (o *Order) reviewAnswer() *Answer {
	switch {
	case o.Review == nil:
		return nil
	case o.Review.Decision == ReviewApproved:
		return &Answer{}
	case o.Review.Decision == ReviewRefused:
		return &Answer{Code: CodeReviewRefused, Cause: fmt.Sprintf("refused by %s: %s", o.Review.By, o.Review.Reason)}
	case o.Review.Decision == ReviewTimedOut:
		return &Answer{Code: CodeReviewTimedOut, Cause: "no operator decided before the deadline"}
	}
	return nil
}

// reviewEnds reports whether the reason of an order's end is its review.
func reviewEnds(reason string) bool {
	return reason == string(CodeReviewRefused) || reason == string(CodeReviewTimedOut)
}

// ReviewDue reports whether a review is undecided in the last quarter of its time, and the order
// has no mark yet.
func (o *Order) ReviewDue(now time.Time) bool {
	if o.Wait == nil || o.Wait.Step != StepAwaitReview || o.Answer() != nil || o.Attention != nil {
		return false
	}
	whole := o.Wait.Until.Sub(o.Wait.Since)
	return now.Sub(o.Wait.Since) >= whole-whole/4
}

// MarkReviewDue marks the order for the operators if its review is due, and reports whether it did.
// The decision removes the mark. redriveCount is the running execution's.
func (o *Order) MarkReviewDue(redriveCount int, by By) bool {
	return o.ReviewDue(by.At) && o.MarkAttention(Attention{
		Code:    string(CodeReviewUnanswered),
		Message: "the order waits for a review until " + o.Wait.Until.Format(time.RFC3339) + " and is rejected then",
		Step:    o.Wait.Step, RedriveCount: redriveCount,
	}, by)
}
