package states

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/store"
)

// parentTask is the context key of the task for which an execution is started.
type parentTask struct{}

// startChild starts the child of a .sync task, unless it was started before a crash. The outcome is
// the service's answer.
func (s *Service) startChild(ctx context.Context, j job) outcome {
	l := link{parent: j.run.rec.ID, task: j.task.Task}
	if known, ok := s.children.of(l.parent, l.task); ok {
		return s.startedAs(j, known)
	}
	out := s.callService(context.WithValue(ctx, parentTask{}, l), j)
	if out.err != nil {
		return out
	}
	arn, _ := value.JSON(out.output).Member("ExecutionArn")
	id, err := inside(s, arn.Text(), s.executionNumber)
	if err != nil {
		return outcome{err: &taskError{"States.TaskFailed",
			fmt.Sprintf("The execution %s cannot be waited for: %v", arn, err), true}}
	}
	out.child = id
	return out
}

// startedAs returns the outcome of a start whose answer was lost.
func (s *Service) startedAs(j job, l link) outcome {
	e, err := inside(s, l.child, s.record)
	if err != nil {
		return outcome{err: &taskError{"States.TaskFailed", err.Error(), true}}
	}
	in := integrations[j.task.ResourceType+":"+j.task.Action]
	return outcome{output: s.output(in, startAnswer(s.arns.execution(e.Machine, e.Name), e.Start)), child: l.child}
}

// startAnswer formats the answer of StartExecution.
func startAnswer(arn string, start Millis) string {
	b := value.AppendString([]byte(`{"executionArn":`), arn)
	return string(append(start.append(append(b, `,"startDate":`...)), '}'))
}

// settle synchronises a task and its child: it delivers the child's end, or stops a child whose
// parent does not wait for it any more.
func (s *Service) settle(ctx context.Context, l link) error {
	p, err := inside(s, l, s.waitingParent)
	switch {
	case err != nil:
		return err
	case p.run == nil:
		return s.abandon(ctx, l, p)
	case !p.task.Submitted:
		return nil // the submission looks at the link again
	}
	child, err := inside(s, l.child, s.record)
	if err != nil || child.Status == asl.Running {
		return err
	}
	out := s.childOutcome(ctx, job{run: p.run, task: p.task}, child)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err = inside(s, l, func(l link) (struct{}, error) { return struct{}{}, s.deliver(l, out) })
	return err
}

// parent returns the execution of a link's task. If run is nil, the execution does not wait any
// more.
type parent struct {
	run  *run
	task asl.ScheduleTask
	role string
}

func (s *Service) waitingParent(l link) (p parent, err error) {
	e, err := s.record(l.parent)
	if err != nil {
		return p, err
	}
	rev, err := s.revision(e.Machine, e.Revision)
	if err != nil {
		return p, err
	}
	p.role = rev.RoleARN
	if e.Status != asl.Running {
		return p, nil
	}
	r, err := s.acquire(l.parent)
	if err != nil {
		return p, err
	}
	defer r.release()
	if task, ok := r.x.OpenTask(l.task); ok && !r.gone {
		p.run, p.task = r, task
	}
	return p, nil
}

// childOutcome returns the outcome that the task gets from a child that has ended. It calls
// DescribeExecution as the parent, whose role must allow that.
func (s *Service) childOutcome(ctx context.Context, j job, child execution) outcome {
	in := integrations[j.task.ResourceType+":"+j.task.Action]
	request, err := json.Marshal(DescribeExecutionInput{ExecutionARN: s.arns.execution(child.Machine, child.Name)})
	if err != nil {
		return outcome{err: &taskError{"States.TaskFailed", err.Error(), false}}
	}
	answer := s.call(ctx, j, in, "states", "DescribeExecution", request)
	if answer.err != nil {
		return answer
	}
	text := childText(value.JSON(answer.output), j.task.Pattern == asl.Sync2)
	if child.Status != asl.Succeeded {
		return outcome{err: &taskError{"States.TaskFailed", text, false}}
	}
	return outcome{output: text}
}

// childText describes a child as its parent sees it: member names begin with capital letters, dates
// are milliseconds and, in the second form of the pattern, input and output are JSON instead of
// strings.
func childText(answer value.JSON, parsed bool) string {
	var members []value.Member
	for _, name := range [...]string{
		"cause", "error", "executionArn", "input", "inputDetails", "name", "output", "outputDetails", "startDate",
		"stateMachineArn", "status", "stopDate",
	} {
		v, ok := answer.Member(name)
		if !ok {
			continue
		}
		switch name {
		case "input", "output":
			if parsed {
				v = value.JSON(v.Text())
			}
		case "inputDetails", "outputDetails":
			included, _ := v.Member("included")
			v = value.OfMembers([]value.Member{{Key: "Included", Value: included}})
		case "startDate", "stopDate":
			var date Millis
			if date.UnmarshalJSON([]byte(v)) == nil {
				v = value.OfInt(int64(date))
			}
		}
		members = append(members, value.Member{Key: capital(name), Value: v})
	}
	return string(value.OfMembers(members))
}

// deliver takes the child's end into the parent, and deletes the link in the same batch.
func (s *Service) deliver(l link, out outcome) error {
	r, err := s.acquire(l.parent)
	if err != nil {
		return err
	}
	defer r.release()
	var in asl.Input = asl.TaskSucceeded{Task: l.task, Output: out.output}
	if out.err != nil {
		in = asl.TaskFailed{Task: l.task, Error: &out.err.name, Cause: &out.err.cause}
	}
	err = r.take(in, func(b *store.Batch) { b.Delete(l.key()) })
	if errors.Is(err, asl.ErrUnknownTask) || errors.Is(err, asl.ErrEnded) {
		s.children.push(l) // the parent has given up the task in the meantime
		return nil
	}
	if err == nil {
		s.children.remove(l)
	}
	return err
}

// abandon stops a child, as its parent, and deletes the link.
func (s *Service) abandon(ctx context.Context, l link, p parent) error {
	child, err := inside(s, l.child, s.record)
	if err != nil {
		return err
	}
	if child.Status == asl.Running {
		request, err := json.Marshal(StopExecutionInput{ExecutionARN: s.arns.execution(child.Machine, child.Name)})
		if err != nil {
			return err
		}
		j := job{run: &run{s: s, role: p.role}}
		if out := s.call(ctx, j, integrations["states:startExecution"], "states", "StopExecution",
			request); out.err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			// the child continues, as on AWS
			s.log.Warn("stop child execution", "execution", child.Name, "error", out.err.cause)
		}
	}
	_, err = inside(s, l, func(l link) (struct{}, error) {
		b := s.store.NewBatch()
		b.Delete(l.key())
		return struct{}{}, b.Commit()
	})
	if err == nil {
		s.children.remove(l)
	}
	return err
}

// write writes a link together with the batch that creates it.
func (l link) write(b *store.Batch) { b.Set(l.key(), binary.AppendUvarint(nil, l.child)) }
