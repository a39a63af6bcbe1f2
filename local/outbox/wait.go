package outbox

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"
)

// Wait returns when wake has a value, when d has passed (0 or less: never), or when ctx ends: how a
// loop waits for what is due next.
func Wait(ctx context.Context, clock clockwork.Clock, d time.Duration, wake <-chan struct{}) {
	var due <-chan time.Time
	if d > 0 {
		t := clock.NewTimer(d)
		defer t.Stop()
		due = t.Chan()
	}
	select {
	case <-wake:
	case <-due:
	case <-ctx.Done():
	}
}
