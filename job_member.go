package orderflow

import (
	"fmt"
	"time"
)

// JobMember is an order of a job. Its fields job and item are the keys of its row.
type JobMember struct {
	JobID   string     `json:"job"`
	OrderID string     `json:"item"`
	Outcome JobOutcome `json:"outcome"`
	Why     string     `json:"why,omitempty"` // it was refused, or failed again
	At      time.Time  `json:"at,omitzero"`   // when the action was tried
	// The execution that the action was for, and how often it had been redriven: a later failure is
	// another one.
	Execution string `json:"execution,omitempty"`
	Redrives  int    `json:"redrives,omitempty"`
	ExpiresAt int64  `json:"expiresAt"` // epoch seconds
}

// Try records that the action is about to be tried on the order. It is saved before the action, so
// that a repeated try uses the same token.
func (m *JobMember) Try(o *Order, now time.Time) {
	m.Outcome, m.At, m.Execution = OutcomePending, now, o.ExecutionName()
	if o.Attention.is(AttentionFailed) {
		m.Redrives = o.Attention.RedriveCount
	}
}

// Refuse records why the action was refused.
func (m *JobMember) Refuse(why string) { m.Outcome, m.Why = OutcomeRefused, why }

// Look records what has become of a pending order after the action, and why it failed again.
func (m *JobMember) Look(action JobAction, o *Order, now time.Time) {
	if m.Outcome = m.outcome(action, o, now); m.Outcome == OutcomeFailedAgain {
		m.Why = fmt.Sprintf("%s at %s: %s", o.Attention.Code, o.Attention.Step, o.Attention.Message)
	}
}

func (m *JobMember) outcome(action JobAction, o *Order, now time.Time) JobOutcome {
	failed := o.Attention.is(AttentionFailed)
	restarted := o.ExecutionName() != m.Execution
	again := failed && (restarted && !o.outdated(o.Attention.ExecutionARN) || o.Attention.RedriveCount > m.Redrives)
	switch {
	case action == JobAcknowledge:
		if failed {
			return OutcomeFailedAgain
		}
		return OutcomeRecovered
	case again:
		return OutcomeFailedAgain
	case action == JobCancel:
		if o.Status.Final() {
			return OutcomeRecovered
		}
		return OutcomePending
	case failed || now.Sub(m.At) < settleAfter:
		return OutcomePending // not redriven yet, or it may fail again
	case o.Status.Final(), o.Wait != nil && o.Answer() == nil:
		return OutcomeRecovered
	}
	return OutcomePending
}

// Refusal returns why the action would be refused for the order as it is now, or nil. It tries the
// action on o, which must not be saved.
func (a JobAction) Refusal(o *Order, now time.Time) error {
	by := By{At: now}
	switch a {
	case JobRedrive:
		return o.redriveRefusal(now)
	case JobRestart:
		return o.Restart(by)
	case JobCancel:
		return o.RequestCancel(by)
	}
	return o.Acknowledge(by)
}

// redrivableFor is how long after its end an execution can be redriven (AWS Step Functions,
// RedriveExecution).
const redrivableFor = 14 * 24 * time.Hour

func (o *Order) redriveRefusal(now time.Time) error {
	switch {
	case !o.Attention.is(AttentionFailed):
		return Errorf(CodeNotRedrivable, "the order is not marked for a failed execution")
	case o.Attention.Code == string(CodeExecutionLost):
		return Errorf(CodeNotRedrivable, "the execution is lost: restart the order")
	case now.Sub(o.Attention.Since) > redrivableFor:
		return Errorf(CodeNotRedrivable, "the execution failed more than 14 days ago: restart the order")
	}
	return nil
}
