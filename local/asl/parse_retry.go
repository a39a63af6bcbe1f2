package asl

import (
	"slices"

	"orderflow/local/asl/value"
)

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

// errorEquals reads the names of the errors. States.ALL must stand alone, in the
// last entry.
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
