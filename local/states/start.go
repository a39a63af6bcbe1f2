package states

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/store"
)

const maxTraceHeader = 256 // characters

// StartExecutionInput is the request of StartExecution.
type StartExecutionInput struct {
	StateMachineARN string  `json:"stateMachineArn"`
	Name            string  `json:"name,omitempty"`  // default: a random one
	Input           *string `json:"input,omitempty"` // JSON text; default {}
	TraceHeader     string  `json:"traceHeader,omitempty"`
}

// StartExecutionOutput is the answer of StartExecution.
type StartExecutionOutput struct {
	ExecutionARN string `json:"executionArn"`
	StartDate    Millis `json:"startDate"`
}

// StartExecution starts an execution. When it returns, the execution is committed. The same name
// and input returns the same execution while it runs; the name of another execution is
// ExecutionAlreadyExists.
func (s *Service) StartExecution(ctx context.Context, in StartExecutionInput) (StartExecutionOutput, error) {
	parent, _ := ctx.Value(parentTask{}).(link)
	return inside(s, in,
		func(in StartExecutionInput) (StartExecutionOutput, error) { return s.startExecution(in, parent) })
}

// startExecution starts an execution; parent is the task that waits for it, if any.
func (s *Service) startExecution(in StartExecutionInput, parent link) (out StartExecutionOutput, err error) {
	input := "{}"
	if in.Input != nil {
		input = *in.Input
	}
	named := in.Name != ""
	if !named {
		in.Name = s.opt.NewID()
	} else if err := checkName(in.Name); err != nil {
		return out, err
	}
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return out, err
	}
	if m.Status == deleting {
		return out, machineDeleting(in.StateMachineARN)
	}
	if len(input) > asl.MaxPayload {
		return out,
			validation("Value at 'input' failed to satisfy constraint: "+
				"Member must have length less than or equal to %d", asl.MaxPayload)
	}
	if utf8.RuneCountInString(in.TraceHeader) > maxTraceHeader {
		return out,
			validation("Value '%s' at 'traceHeader' failed to satisfy constraint: "+
				"Member must have length less than or equal to %d", in.TraceHeader, maxTraceHeader)
	}
	if err := checkInput(input); err != nil {
		return out, err
	}
	if named {
		defer s.names.lock(m.Name + ":" + in.Name)()
		switch id, err := s.executionID(m.Name, in.Name); {
		case err == nil:
			return s.startedBefore(id, input)
		case !errors.Is(err, store.ErrNotFound):
			return out, err
		}
	}
	return s.begin(m, in, input, parent)
}

// checkInput returns InvalidExecutionInput for an input that is not JSON.
func checkInput(input string) error {
	_, err := value.Parse(input)
	if err == nil {
		return nil
	}
	if strings.TrimSpace(input) == "" {
		return invalidInput("Invalid execution input.")
	}
	what, _ := asl.SyntaxText(input, err)
	return invalidInput(what)
}

// startedBefore answers a start with a name that is taken.
func (s *Service) startedBefore(id uint64, input string) (out StartExecutionOutput, err error) {
	e, err := s.record(id)
	if err != nil {
		return out, err
	}
	arn := s.arns.execution(e.Machine, e.Name)
	first, err := s.firstEvent(id)
	if err != nil {
		return out, err
	}
	if e.Status != asl.Running || first.Input != input {
		return out, executionExists(arn)
	}
	return StartExecutionOutput{arn, e.Start}, nil
}

func (s *Service) begin(m *machineRecord, in StartExecutionInput, input string,
	parent link) (out StartExecutionOutput, err error) {
	rev, err := s.revision(m.Name, m.Revision)
	if err != nil {
		return out, err
	}
	r := &run{s: s, role: rev.RoleARN, rec: execution{
		ID: s.lastID.Add(1), Machine: m.Name, Revision: m.Revision, Name: in.Name, Status: asl.Running,
		Seed: s.opt.Seed(), Start: millis(s.clock.Now()), Trace: in.TraceHeader,
	}}
	r.x = asl.New(rev.machine, s.info(&r.rec, rev))
	r.mu.Lock()
	defer r.release()
	s.runs.insert(r)
	s.running.add(m.Name, r.rec.rank())
	parent.child = r.rec.ID
	if parent.parent != 0 {
		s.children.add(parent)
	}
	err = r.take(asl.Start{Input: input}, func(b *store.Batch) {
		b.Set(nameKey(m.Name, in.Name), binary.AppendUvarint(nil, r.rec.ID))
		b.Set(executionKey(r.rec.ID), r.rec.encode(make([]byte, 0, 256)))
		if parent.parent != 0 {
			parent.write(b)
		}
	})
	if err != nil {
		s.children.remove(parent)
		r.drop()
		s.timers.set(r.rec.ID, 0)
		s.running.remove(m.Name, rank{r.rec.since(), r.rec.ID})
		return out, err
	}
	return StartExecutionOutput{s.arns.execution(m.Name, in.Name), r.rec.Start}, nil
}
