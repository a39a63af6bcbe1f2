package asl

import (
	"slices"

	"orderflow/local/asl/value"
)

func (r *stateReader) retry() {
	list, ok := r.n.array("Retry")
	if !ok {
		return
	}
	for i, v := range list {
		n := r.p.node(r.n.atIndex("Retry", i), v)
		n.ignore("Comment")
		x := retrier{
			errors:      r.errorEquals(n, v, i == len(list)-1),
			interval:    n.integer("IntervalSeconds", 1, 1),
			maxAttempts: n.integer("MaxAttempts", 0, 3),
			backoff:     2,
			maxDelay:    n.positive("MaxDelaySeconds"),
		}
		if rate, ok := n.of("BackoffRate", value.Number, "Number"); ok {
			if x.backoff, _ = rate.Float(); x.backoff < 1 {
				r.p.fail(n.at("BackoffRate"), "Value must be greater than or equal to 1")
			}
		}
		if x.maxDelay > 0 && x.maxDelay <= x.interval {
			r.p.fail(n.at("MaxDelaySeconds"), "MaxDelaySeconds must be greater than IntervalSeconds")
		}
		switch jitter, ok := n.text("JitterStrategy"); {
		case ok && jitter == "FULL":
			x.fullJitter = true
		case ok && jitter != "NONE":
			r.p.fail(n.at("JitterStrategy"), "Value is not valid. Expected one of: [FULL, NONE]")
		}
		n.unknown()
		r.s.retry = append(r.s.retry, x)
	}
}

func (r *stateReader) catch() {
	list, ok := r.n.array("Catch")
	if !ok {
		return
	}
	for i, v := range list {
		n := r.p.node(r.n.atIndex("Catch", i), v)
		n.ignore("Comment")
		x := catcher{errors: r.errorEquals(n, v, i == len(list)-1)}
		if !n.has("Next") {
			r.p.fail(n.loc, "These fields are required: [Next]")
		}
		x.next = r.target(n, "Next")
		if !r.jsonata {
			x.resultPath = r.resultPath(n)
			x.assign = r.assign(n)
			n.unknown()
		}
		r.s.catch = append(r.s.catch, x)
	}
}

// errorEquals reads the names of the errors. States.ALL must stand alone, in the
// last entry.
func (r *stateReader) errorEquals(n *node, v value.JSON, last bool) []string {
	if v.Kind() != value.Object {
		r.p.fail(n.loc, "Expected value of type Object")
		return nil
	}
	if !n.has("ErrorEquals") {
		r.p.fail(n.loc, "These fields are required: [ErrorEquals]")
		return nil
	}
	list, ok := n.array("ErrorEquals")
	if ok && len(list) == 0 {
		r.p.fail(n.at("ErrorEquals"), "Value cannot be empty")
	}
	names := make([]string, len(list))
	for i, e := range list {
		if e.Kind() != value.String {
			r.p.fail(n.atIndex("ErrorEquals", i), "Expected value of type String")
		}
		names[i] = e.Text()
	}
	if slices.Contains(names, errAll) && (len(names) > 1 || !last) {
		r.p.fail(n.at("ErrorEquals"), "States.ALL must appear alone, and in the last entry")
	}
	return names
}
