package states

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// TestService_DaysInMilliseconds runs orders that wait for days and retry for hours, while the
// service is opened again and again. Each order ends in the same millisecond as without restarts.
func TestService_DaysInMilliseconds(t *testing.T) {
	t.Parallel()
	attempts, mu := map[string]int{}, sync.Mutex{}
	// fails twice for each order
	r := newRestarting(t, map[string]func(string) (string, error){"flaky": func(p string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if attempts[p]++; attempts[p] <= 2 {
			return "", functionFailure(`{"errorType":"Busy"}`)
		}
		return p, nil
	}})
	machine := r.machine("m", `{"StartAt":"Wait","States":{
		"Wait":{"Type":"Wait","SecondsPath":"$.seconds","Next":"Flaky"},
		"Flaky":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:flaky","End":true,
			"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3600,"BackoffRate":2}]}}}`)
	rng := rand.New(rand.NewPCG(7, 7))
	const retries = 3 * time.Hour // 1 h and 2 h
	ends := map[string]time.Time{}
	for i := range 100 {
		wait := time.Duration(rng.IntN(30*86400)) * time.Second
		arn := r.begin(machine, fmt.Sprint(i), fmt.Sprintf(`{"order":%d,"seconds":%d}`, i, int(wait.Seconds())))
		ends[arn] = r.clock.Now().Add(wait + retries)
	}
	for step := 0; r.running.count("m") > 0; step++ {
		r.settle()
		if step%50 == 49 {
			r.restart()
		}
		next, ok := r.nextTimer()
		if !ok {
			continue
		}
		r.clock.Advance(next.Time().Sub(r.clock.Now()))
	}
	for arn, end := range ends {
		if got := r.ended(arn); got.Status != asl.Succeeded || !got.StopDate.Time().Equal(end) {
			t.Errorf("%s ended %s at %s, want %s", arn, got.Status, got.StopDate.Time(), end)
		}
	}
}

// settle waits until nothing is due and no task is in flight.
func (h *harness) settle() {
	h.t.Helper()
	until(h.t, "all that is due has been done", func() bool {
		h.timers.mu.Lock()
		firing := h.timers.firing > 0
		h.timers.mu.Unlock()
		if next, ok := h.nextTimer(); firing || ok && next <= millis(h.clock.Now()) {
			return false
		}
		h.work.mu.Lock()
		defer h.work.mu.Unlock()
		return h.work.workers == 0
	})
}

func (h *harness) nextTimer() (Millis, bool) {
	h.timers.mu.Lock()
	defer h.timers.mu.Unlock()
	if len(h.timers.heap.list) == 0 || h.timers.firing > 0 {
		return 0, false
	}
	return h.timers.heap.list[0].due, true
}
