package asl

import "github.com/orderflow-dev/orderflow/local/asl/value"

// group is a running Parallel or Map state.
type group struct {
	owner    *branch
	branches []*branch // nil: an iteration of a Map that has not started
	running  int
	limit    int // maximum number of concurrent iterations; 0: no limit
	next     int // the first iteration that has not started
	input    value.JSON
	items    []value.JSON
	failed   *string // the error that failed the group, if any
}

// branchDone handles the end of a branch. The end of the last one ends the state.
func (x *Execution) branchDone(g *group, b *branch) {
	g.running--
	last := b.last
	if g.owner.state.kind == mapKind {
		last = x.emit(Event{Type: EventMapIterationSucceeded, PreviousID: b.last, Name: g.owner.state.name,
			Index: b.index})
		x.startIterations(g, b.last)
	}
	if g.running > 0 || x.status != Running {
		return
	}
	outputs := make([]value.JSON, len(g.branches))
	for i, inner := range g.branches {
		outputs[i] = inner.output
	}
	owner := g.owner
	succeeded := EventParallelStateSucceeded
	if owner.state.kind == mapKind {
		succeeded = EventMapStateSucceeded
	}
	x.emit(Event{Type: succeeded, PreviousID: last})
	owner.last = last
	x.check(owner, x.leave(owner, value.OfArray(outputs)))
}

// branchFailed handles the failure of a branch: it aborts the others and fails the state around
// them. Their events point at the failing event.
func (x *Execution) branchFailed(g *group, by *branch, f *fault) {
	owner, at := g.owner, by.last
	if owner.state.kind == mapKind {
		x.emit(Event{Type: EventMapIterationFailed, PreviousID: at, Name: owner.state.name, Index: by.index})
	}
	if by.state.kind == taskKind {
		x.emit(Event{Type: EventTaskStateAborted, PreviousID: at})
	}
	by.halted = true
	for _, sibling := range g.branches {
		if sibling != nil && sibling != by && !sibling.done {
			x.abort(sibling, at)
			if owner.state.kind == mapKind {
				x.emit(Event{Type: EventMapIterationAborted, PreviousID: at, Name: owner.state.name,
					Index: sibling.index})
			}
		}
	}
	g.running, g.failed = 0, f.name
	f.unrecorded = false // the state around it has recorded its start
	owner.last = at
	x.fail(owner, f)
}

// abort stops a branch, the inner branches first.
func (x *Execution) abort(b *branch, at int64) {
	if b.halted {
		return
	}
	b.halted = true
	if b.group != nil {
		for _, inner := range b.group.branches {
			if inner != nil && !inner.done {
				x.abort(inner, at)
				if b.state.kind == mapKind {
					x.emit(Event{Type: EventMapIterationAborted, PreviousID: at, Name: b.state.name, Index: inner.index})
				}
			}
		}
		b.group.running = 0
	}
	if b.wait == waitTask {
		x.command(AbortTask{b.task.id})
	}
	if b.wait != waitNothing {
		x.release(b, 0)
	}
	if aborted := stateTypes[b.state.kind].aborted; aborted != 0 {
		x.emit(Event{Type: aborted, PreviousID: at})
	}
}

// closeGroup records that a Parallel or Map has failed finally.
func (x *Execution) closeGroup(b *branch, f *fault) {
	if b.group == nil {
		return
	}
	failed := EventParallelStateFailed
	if b.state.kind == mapKind {
		failed = EventMapStateFailed
	}
	x.record(b, Event{Type: failed})
	b.group.failed = f.name
}
