package orderflow

import (
	"testing"
	"time"
)

func TestAttempt_Before(t *testing.T) {
	t.Parallel()
	attempts := []Attempt{ // in ascending order
		{},
		{Entered: noon},
		{Entered: noon, Retry: 1},
		{Entered: noon, Retry: 11},
		{Entered: noon, Redrive: 1},
		{Entered: noon, Redrive: 1, Retry: 2},
		{Entered: noon, Redrive: 10},
		{Entered: noon.Add(time.Millisecond)}, // another execution
	}
	for i, a := range attempts {
		for j, b := range attempts {
			if got := a.Before(b); got != (i < j) {
				t.Errorf("%+v before %+v: %v", a, b, got)
			}
		}
	}
}
