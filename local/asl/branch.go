package asl

import (
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// branch is one thread of an execution: the states of the machine itself, a branch of a Parallel,
// or an iteration of a Map.
type branch struct {
	parent *group // nil for the states of the machine itself
	index  int
	last   int64 // its last event: the previousEventId of its next one
	vars   *scope
	item   *mapItem // the innermost Map item around it

	state      *state
	entered    int64 // the event that entered the state
	enteredAt  time.Time
	input      value.JSON // the state's input, before InputPath
	attempts   []int64    // per retrier of the state
	retryCount int

	wait     waiting
	deadline time.Time // of a Wait or of a retry
	task     *task     // while wait is waitTask
	group    *group    // of a Parallel or Map that runs, or that ended and whose state was not left

	done   bool
	halted bool // aborted with its group
	output value.JSON
}

// waiting is what an open branch waits for.
type waiting uint8

const (
	waitNothing waiting = iota
	waitTask
	waitTimer
	waitRetry
)

// task is one attempt of a Task state.
type task struct {
	id          TaskID
	command     ScheduleTask
	timeoutAt   time.Time // zero: none
	heartbeatAt time.Time // zero: none
}

// mapItem is the item that $$.Map.Item shows.
type mapItem struct {
	index int
	value value.JSON
}

// A timer is named by its kind and the event that set it.
const (
	timerWait = iota + 1
	timerRetry
	timerTimeout
	timerHeartbeat
	timerExecution
	timerKinds = 8
)

func timerID(kind int, event int64) TimerID { return TimerID(event*timerKinds + int64(kind)) }

// suspend makes a branch wait. It stays in x.open until it is released.
func (x *Execution) suspend(b *branch, w waiting) {
	b.wait = w
	x.open = append(x.open, b)
}

// release ends the wait of a branch, and cancels its timers except the one that fired.
func (x *Execution) release(b *branch, fired TimerID) {
	for i, o := range x.open {
		if o == b {
			x.open[i] = x.open[len(x.open)-1]
			x.open[len(x.open)-1] = nil
			x.open = x.open[:len(x.open)-1]
			break
		}
	}
	for _, t := range b.timers() {
		if t.Timer != fired {
			x.command(CancelTimer{t.Timer})
		}
	}
	b.wait, b.task = waitNothing, nil
}

// timers returns the timers that an open branch has set.
func (b *branch) timers() []SetTimer {
	switch b.wait {
	case waitTimer:
		return []SetTimer{{timerID(timerWait, b.entered), b.deadline}}
	case waitRetry:
		return []SetTimer{{timerID(timerRetry, b.last), b.deadline}}
	case waitTask:
		var out []SetTimer
		if !b.task.timeoutAt.IsZero() {
			out = append(out, SetTimer{timerID(timerTimeout, int64(b.task.id)), b.task.timeoutAt})
		}
		if !b.task.heartbeatAt.IsZero() {
			out = append(out, SetTimer{timerID(timerHeartbeat, int64(b.task.id)), b.task.heartbeatAt})
		}
		return out
	}
	return nil
}

// openTask returns the branch that waits for a task.
func (x *Execution) openTask(id TaskID) *branch {
	for _, b := range x.open {
		if b.wait == waitTask && b.task.id == id {
			return b
		}
	}
	return nil
}

// openAfter returns the branch whose last event is the given one.
func (x *Execution) openAfter(event int64) *branch {
	for _, b := range x.open {
		if b.last == event {
			return b
		}
	}
	return nil
}

// openTimer returns the branch that set a timer.
func (x *Execution) openTimer(id TimerID) *branch {
	event := int64(id) / timerKinds
	for _, b := range x.open {
		switch int(id % timerKinds) {
		case timerWait:
			if b.wait == waitTimer && b.entered == event {
				return b
			}
		case timerRetry:
			if b.wait == waitRetry && b.last == event {
				return b
			}
		case timerTimeout:
			if b.wait == waitTask && int64(b.task.id) == event && !b.task.timeoutAt.IsZero() {
				return b
			}
		case timerHeartbeat:
			if b.wait == waitTask && int64(b.task.id) == event && !b.task.heartbeatAt.IsZero() {
				return b
			}
		}
	}
	return nil
}
