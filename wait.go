package orderflow

import "time"

// StepRequestShipment is the state that waits for the carrier's answer to its task token.
const StepRequestShipment = "RequestShipment"

// Wait is a step of the execution that waits for the answer to its task token. It is never shown
// outside the table.
type Wait struct {
	Step        string    `json:"step"`
	Token       string    `json:"token"`
	Attempt     Attempt   `json:"attempt"`
	Since       time.Time `json:"since"`
	RequestedAt time.Time `json:"asked"`          // time of the last request for the answer
	Until       time.Time `json:"until,omitzero"` // when the step stops waiting; zero: after two weeks
}

// Answer is what an order says to its waiting step. Code is empty if the step succeeds.
type Answer struct {
	Code  Code
	Cause string
}

// answers holds, by step, the function that returns the answer of an order that was not cancelled,
// or nil if there is none yet.
var answers = map[string]func(*Order) *Answer{
	StepRequestShipment:    (*Order).carrierAnswer,
	StepAwaitReview:        (*Order).reviewAnswer,
	StepAwaitPaymentMethod: (*Order).methodAnswer,
}

// Answer returns the answer to the waiting step, or nil if nothing waits or the answer is not known
// yet. A success takes precedence over a cancel, because the step after it sees the cancel or is
// beyond the point of no return. A cancel answers every other wait.
func (o *Order) Answer() *Answer {
	if o.Wait == nil {
		return nil
	}
	var a *Answer
	if of := answers[o.Wait.Step]; of != nil {
		a = of(o)
	}
	if o.Cancel != nil && (a == nil || a.Code != "") {
		return &Answer{Code: CodeOrderCancelled, Cause: "a cancel was accepted"}
	}
	return a
}

// await makes w the waiting step, and reports whether it was another one. Returns CodeInvalidState
// for an older attempt, and for an order that has ended.
func (o *Order) await(w Wait) (bool, error) {
	switch {
	case o.Wait != nil && o.Wait.Token == w.Token:
		return false, nil
	case o.Status.Final():
		return false, Errorf(CodeInvalidState, "order %s is %s", o.ID, o.Status)
	case o.Wait != nil && w.Attempt.Before(o.Wait.Attempt):
		return false, Errorf(CodeInvalidState, "a newer attempt of %s waits for order %s", o.Wait.Step, o.ID)
	}
	o.Wait = &w
	return true, nil
}

// OnlyWaits reports whether the order waits for an answer and nothing is due meanwhile: the carrier
// got a request recently, or the step's time is not over, and the authorisation needs no renewal; or
// its charge is tried again until the payment provider answers. Such an order may stay unchanged for
// days.
func (o *Order) OnlyWaits(after, within time.Duration, now time.Time) bool {
	switch {
	case o.WaitsForProvider(now) && o.Cancel == nil:
		return true
	case o.Wait == nil || o.Answer() != nil || o.ReauthorizationDue(now):
		return false
	case o.Attention != nil && !o.Attention.is(AttentionWaiting) && !o.Attention.is(AttentionAuthorization):
		return false
	case o.Wait.Step == StepRequestShipment:
		return o.Unanswered() && !o.RenewalDue(after, now) && !o.Overdue(within, now)
	}
	return now.Before(o.Wait.Until) && !o.ReviewDue(now)
}
