package outbox

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"
)

func TestWait(t *testing.T) {
	t.Parallel()
	const never = 0
	for _, tt := range []struct {
		name               string
		d, wake, end, want time.Duration // when: from the start
	}{
		{"until woken", never, time.Minute, time.Hour, time.Minute},
		{"until woken before its time", time.Minute, time.Second, time.Hour, time.Second},
		{"until its time", time.Minute, 2 * time.Minute, time.Hour, time.Minute},
		{"until the context ends", never, 2 * time.Hour, time.Hour, time.Hour},
		{"until the context ends before its time", time.Minute, time.Hour, time.Second, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.end)
				defer cancel()
				wake := make(chan struct{}, 1)
				waker := time.AfterFunc(tt.wake, func() { wake <- struct{}{} })
				defer waker.Stop()
				start := time.Now()
				Wait(ctx, clockwork.NewRealClock(), tt.d, wake)
				if got := time.Since(start); got != tt.want {
					t.Errorf("waited %s, want %s", got, tt.want)
				}
			})
		})
	}
}
