package asl

import "fmt"

// redrive resumes the states that were entered and not left. Source: AWS Step Functions developer
// guide, "Restarting state machine executions with redrive".
func (x *Execution) redrive() error {
	if ok, reason := x.Redrivable(); !ok {
		return fmt.Errorf("%w: %s", ErrNotRedrivable, reason)
	}
	x.status, x.result = Running, End{}
	x.redrives++
	x.redriveTime = x.now
	id := x.emit(Event{Type: EventExecutionRedriven, PreviousID: x.count, RedriveCount: x.redrives})
	x.setTimeout()
	x.resume(x.root, id)
	return nil
}

// resume continues a branch after the event of the redrive. Its retry counters start at zero. Its
// next event points at the redrive.
func (x *Execution) resume(b *branch, redriven int64) {
	b.halted, b.last = false, redriven
	b.attempts, b.retryCount = nil, 0
	switch b.state.kind {
	case waitKind:
		if !b.deadline.IsZero() {
			b.last = b.entered // so that every waiting branch has its own last event
		}
	case failKind:
		x.enter(b, b.state, b.input)
		return
	case parallelKind, mapKind:
		if b.group.resumable() {
			x.resumeGroup(b.group, redriven)
			return
		}
		b.group = nil
	}
	x.ready = append(x.ready, b)
}

// resumable reports whether it is enough to run the unsuccessful branches again. A state that
// failed because its data was too large runs again as a whole, and so does one whose branches have
// all succeeded.
func (g *group) resumable() bool {
	if g == nil || g.failed != nil && *g.failed == errDataLimitExceeded {
		return false
	}
	for _, b := range g.branches {
		if b == nil || !b.done {
			return true
		}
	}
	return false
}

func (x *Execution) resumeGroup(g *group, redriven int64) {
	g.failed, g.running = nil, 0
	for _, b := range g.branches {
		if b != nil && !b.done {
			g.running++
			x.resume(b, redriven)
		}
	}
	if g.owner.state.kind == mapKind {
		x.startIterations(g, redriven)
	}
}
