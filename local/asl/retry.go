package asl

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// maxDelay is the limit of a retry's delay: less than 366 days.
const maxDelay = 31_622_399

var retrierSchema = &schema{
	fields: fields{
		"ErrorEquals":     {is: isFilledArray},
		"Comment":         {is: isText},
		"IntervalSeconds": {is: seconds1},
		"MaxAttempts":     {is: wholeIn(0, maxSeconds)},
		"BackoffRate":     {is: numberIn(1, noMaximum)},
		"MaxDelaySeconds": {is: wholeIn(1, maxDelay)},
		"JitterStrategy":  {is: oneOf("FULL", "NONE")},
	},
	must: []string{"ErrorEquals"},
}

var catcherSchema = &schema{
	fields: of(assigning, resulting, fields{
		"ErrorEquals": {is: isFilledArray},
		"Comment":     {is: isText},
		"Next":        {is: isText},
		"Output":      {jsonata, isAnything},
	}),
	must: []string{"ErrorEquals", "Next"},
}

// retrier is one entry of Retry.
type retrier struct {
	errors      []string
	interval    int64 // seconds
	maxAttempts int64
	backoff     float64
	maxDelay    int64 // seconds, 0: none
	fullJitter  bool
}

// catcher is one entry of Catch.
type catcher struct {
	errors     []string
	next       *state
	resultPath resultPath
	assign     *template
}

func (r *stateReader) retry() {
	retriers := r.n.objects("Retry")
	for i, n := range retriers {
		r.p.conform(n, retrierSchema, r.jsonata)
		x := retrier{
			errors:      r.errorEquals(n, i == len(retriers)-1),
			interval:    n.integer("IntervalSeconds", 1),
			maxAttempts: n.integer("MaxAttempts", 3),
			backoff:     2,
			maxDelay:    n.integer("MaxDelaySeconds", 0),
		}
		if rate, ok := n.of("BackoffRate", value.Number); ok {
			x.backoff, _ = rate.Float()
		}
		if x.maxDelay > 0 && x.maxDelay <= x.interval {
			r.p.fail(n.at("MaxDelaySeconds"), "MaxDelaySeconds must be greater than IntervalSeconds")
		}
		jitter, _ := n.text("JitterStrategy")
		x.fullJitter = jitter == "FULL"
		r.s.retry = append(r.s.retry, x)
	}
}

func (r *stateReader) catch() {
	catchers := r.n.objects("Catch")
	for i, n := range catchers {
		r.p.conform(n, catcherSchema, r.jsonata)
		x := catcher{errors: r.errorEquals(n, i == len(catchers)-1), next: r.target(n, "Next")}
		if !r.jsonata {
			x.resultPath = r.resultPath(n)
			x.assign = r.assign(n)
		}
		r.s.catch = append(r.s.catch, x)
	}
}

// errorEquals parses the names of the errors. States.ALL must stand alone, in the last entry.
func (r *stateReader) errorEquals(n *node, last bool) []string {
	var names []string
	for i, e := range n.array("ErrorEquals") {
		if text := isText("", e); text != "" {
			r.p.fail(n.atIndex("ErrorEquals", i), "%s", text)
			continue
		}
		names = append(names, e.Text())
	}
	if slices.Contains(names, errAll) && (len(names) > 1 || !last) {
		r.p.fail(n.at("ErrorEquals"), "States.ALL must appear alone, and in the last entry")
	}
	return names
}

// fail handles a fault of a branch's current state: by Retry, else by Catch, else in the group
// around it, else by failing the execution.
func (x *Execution) fail(b *branch, f *fault) {
	if x.trial != nil {
		x.trial.failure = f
	}
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
				x.fail(b, again.at(x, b))
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

// retry finds the first retrier that matches the fault. If it has attempts left, the branch waits
// for the delay. The counters are kept until the state is left.
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
		x.see(func(in *Inspection) { n := i; in.RetryIndex = &n })
		if b.attempts[i] >= r.maxAttempts {
			return false
		}
		delay := r.delay(b.attempts[i], x.info.Seed, b.last)
		b.attempts[i]++
		b.retryCount++
		b.deadline = x.now.Add(delay)
		x.see(func(in *Inspection) { in.RetryBackoff = delay })
		x.suspend(b, waitRetry)
		x.command(b.timers()[0])
		return true
	}
	return false
}

// delay returns the delay before the retry after n earlier ones. FULL jitter returns a random part
// of that delay, the same for the same seed and event.
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

// catch leaves the state through the first catcher that matches the fault. again is a fault of the
// catcher itself.
func (x *Execution) catch(b *branch, f *fault) (caught bool, again *fault) {
	for i := range b.state.catch {
		c := &b.state.catch[i]
		if !f.matches(c.errors) {
			continue
		}
		x.see(func(in *Inspection) { n := i; in.CatchIndex = &n })
		data := f.output()
		output, again := c.resultPath.apply(b.input, data)
		if again == nil {
			again = x.exit(b, c.assign, data, output, c.next)
		}
		if again != nil {
			again.fatal = true // a catcher's own fault is not caught
		}
		return true, again
	}
	return false, nil
}

// output returns the error output for a catcher. A timeout has an empty cause, other absent fields
// are null, as recorded.
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
