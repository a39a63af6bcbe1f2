package asl

import (
	"math"
	"math/rand/v2"
	"time"

	"orderflow/local/asl/value"
)

// fail handles a fault of a branch's current state: Retry, then Catch, then the
// group around it, then the execution.
func (x *Execution) fail(b *branch, f *fault) {
	x.failure = &Failure{State: b.state.name, EventID: b.last, Error: f.name, Cause: f.cause}
	if f.fatal {
		if b.group != nil {
			b.group.failed = f.name
		}
		x.endFailed(b.last, f)
		return
	}
	if b.state.kind.retries() {
		if x.retry(b, f) {
			return
		}
		x.closeGroup(b, f)
		if caught, again := x.catch(b, f); caught {
			if again != nil {
				x.fail(b, again.at(b))
			}
			return
		}
	}
	if b.parent != nil {
		x.branchFailed(b.parent, b, f)
		return
	}
	x.endFailed(b.last, f)
}

// retry looks for the first retrier that takes the fault; if it has attempts left,
// the branch waits for the delay. The counters live as long as the state is not left.
func (x *Execution) retry(b *branch, f *fault) bool {
	if f.unrecorded {
		return false
	}
	for i := range b.state.retry {
		r := &b.state.retry[i]
		if !f.matches(r.errors) {
			continue
		}
		if b.attempts == nil {
			b.attempts = make([]int64, len(b.state.retry))
		}
		x.see(func(in *Inspection) { in.RetryIndex = &i })
		if b.attempts[i] >= r.maxAttempts {
			return false
		}
		delay := r.delay(b.attempts[i], x.info.Seed, b.last)
		b.attempts[i]++
		b.retryCount++
		b.deadline = x.now.Add(delay)
		x.see(func(in *Inspection) { in.RetryBackoffSeconds = delay.Seconds() })
		x.suspend(b, waitRetry)
		x.command(b.timers()[0])
		return true
	}
	return false
}

// delay is how long to wait before the retry after n earlier ones. FULL jitter
// draws from nothing to that delay, the same for the same seed and event.
func (r *retrier) delay(n int64, seed uint64, event int64) time.Duration {
	s := float64(r.interval) * math.Pow(r.backoff, float64(n))
	if r.maxDelay > 0 {
		s = min(s, float64(r.maxDelay))
	}
	s = min(s, 1<<32)
	if r.fullJitter {
		s *= rand.New(rand.NewPCG(seed, uint64(event))).Float64()
	}
	return time.Duration(s * float64(time.Second)).Truncate(time.Millisecond)
}

// catch leaves the state through the first catcher that takes the fault. again is a
// fault of the catcher itself.
func (x *Execution) catch(b *branch, f *fault) (caught bool, again *fault) {
	for i := range b.state.catch {
		c := &b.state.catch[i]
		if !f.matches(c.errors) {
			continue
		}
		x.see(func(in *Inspection) { in.CatchIndex = &i })
		data := f.output()
		output, again := c.resultPath.apply(b.input, data)
		if again == nil {
			again = x.exit(b, c.assign, data, output, c.next)
		}
		if again != nil {
			again.fatal = true // a catcher is not caught
		}
		return true, again
	}
	return false, nil
}

// output is the error output that a catcher gets. A timeout has an empty cause,
// other absent fields are null, as recorded.
func (f *fault) output() value.JSON {
	dst := append([]byte(nil), `{"Error":`...)
	dst = appendOptional(dst, f.name)
	dst = append(dst, `,"Cause":`...)
	if f.cause == nil && f.name != nil && *f.name == errTimeout {
		dst = append(dst, `""`...)
	} else {
		dst = appendOptional(dst, f.cause)
	}
	return value.JSON(append(dst, '}'))
}

func appendOptional(dst []byte, s *string) []byte {
	if s == nil {
		return append(dst, "null"...)
	}
	return value.AppendString(dst, *s)
}
