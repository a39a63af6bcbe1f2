package orderflow

import (
	"cmp"
	"time"
)

// Attempt is one attempt at a state, as Step Functions counts them in its context object. A state machine that does not pass it gives the zero
// Attempt, which comes before all others.
type Attempt struct {
	Entered time.Time `json:"entered"` // $$.State.EnteredTime
	Redrive int       `json:"redrive"` // $$.Execution.RedriveCount
	Retry   int       `json:"retry"`   // $$.State.RetryCount, which begins anew with each redrive
}

// Before reports whether a was begun before b.
func (a Attempt) Before(b Attempt) bool {
	return cmp.Or(a.Entered.Compare(b.Entered), cmp.Compare(a.Redrive, b.Redrive), cmp.Compare(a.Retry, b.Retry)) < 0
}
