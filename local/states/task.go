package states

import (
	"context"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// outcome is the result of a task: its output, or an error's name and cause.
type outcome struct {
	output string
	err    *taskError
	child  uint64 // the execution that the task now waits for
}

// taskError is a task's failure as the state machine sees it. Refused means that the service did
// not accept the request, and nothing ran.
type taskError struct {
	name, cause string
	refused     bool
}

// perform performs a task and takes the outcome into the execution. It returns the tasks that
// follow.
func (s *Service) perform(ctx context.Context, j job) []job {
	if ctx.Err() != nil || j.queued && !j.run.wants(j.task.Task) {
		return nil
	}
	out := s.integrate(ctx, j)
	if ctx.Err() != nil || !s.gate.enter() {
		return nil // stopping: the outcome is ignored; the task is invoked again after the next start
	}
	defer s.gate.leave()
	return s.complete(j, out)
}

// complete records a task's outcome, unless the execution does not wait for it any more.
func (s *Service) complete(j job, out outcome) []job {
	r := j.run
	r.mu.Lock()
	l := link{r.rec.ID, j.task.Task, out.child}
	if r.gone || !r.closeTask(j.task.Task) {
		r.mu.Unlock()
		if known, ok := s.children.of(l.parent, l.task); ok {
			s.children.push(known) // started after the parent gave up the task
		}
		return nil
	}
	in := taskInput(j.task, out)
	err := r.take(in, func(b *store.Batch) {
		if l.child != 0 {
			l.write(b)
		}
	})
	if err == nil && l.child != 0 {
		s.children.add(l)
		s.children.push(l)
	}
	if errors.Is(err, asl.ErrInvalidJSON) {
		name, cause := "States.TaskFailed", fmt.Sprintf("The result of the task '%s' is not valid JSON", j.task.StateName)
		err = r.take(asl.TaskFailed{Task: j.task.Task, Error: &name, Cause: &cause}, nil)
	}
	if err != nil && !errors.Is(err, asl.ErrUnknownTask) && !errors.Is(err, asl.ErrEnded) {
		s.log.Error("record task result", "execution", r.rec.Name, "state", j.task.StateName, "error", err)
	}
	next := r.takeJobs()
	r.release()
	return next
}

// taskInput returns the engine's input for an outcome.
func taskInput(t asl.ScheduleTask, out outcome) asl.Input {
	callback := t.Pattern != asl.RequestResponse
	switch {
	case out.err != nil && out.err.refused && callback:
		return asl.TaskSubmitFailed{Task: t.Task, Error: &out.err.name, Cause: &out.err.cause}
	case out.err != nil:
		return asl.TaskFailed{Task: t.Task, Error: &out.err.name, Cause: &out.err.cause}
	case callback:
		return asl.TaskSubmitted{Task: t.Task, Output: out.output}
	}
	return asl.TaskSucceeded{Task: t.Task, Output: out.output}
}

// integrate performs the request of a task.
func (s *Service) integrate(ctx context.Context, j job) outcome {
	switch {
	case j.task.Pattern == asl.Sync || j.task.Pattern == asl.Sync2:
		return s.startChild(ctx, j)
	case j.task.ResourceType == asl.LambdaFunction:
		return s.invokeFunction(ctx, j)
	case j.task.ResourceType == "lambda" && j.task.Action == "invoke":
		return s.lambdaInvoke(ctx, j)
	}
	return s.callService(ctx, j)
}
