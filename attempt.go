package orderflow

import (
	"cmp"
	"time"
)

// Attempt identifies one attempt at a state by the counters of Step Functions' context object. A
// state machine that does not pass them gives the zero Attempt, which precedes all others.
type Attempt struct {
	Entered time.Time `json:"entered"` // $$.State.EnteredTime
	Redrive int       `json:"redrive"` // $$.Execution.RedriveCount
	Retry   int       `json:"retry"`   // $$.State.RetryCount, which restarts with each redrive
}

// Before reports whether a began before b.
func (a Attempt) Before(b Attempt) bool {
	return cmp.Or(a.Entered.Compare(b.Entered), cmp.Compare(a.Redrive, b.Redrive), cmp.Compare(a.Retry, b.Retry)) < 0
}
