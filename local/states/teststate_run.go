package states

import (
	"context"
	"fmt"
	"strings"
	"time"

	"orderflow/local/asl"
	"orderflow/local/asl/value"
	"orderflow/local/awsapi"
)

// stateTest is one call of TestState. The state runs in a state machine made for it: before it a Pass that sets the variables,
// after it a Succeed for each state that it may go to. So it is the engine itself that runs it.
type stateTest struct {
	s         *Service
	in        TestStateInput
	name      string
	state     value.JSON // as given, but for the context object (rewriteContext)
	variables value.JSON // an object; with the context object, if one was given
	language  value.JSON // of the state machine, if it says
	backoff   *int64     // seconds until the next attempt of a RETRIABLE state
	result    string     // of the task, if it succeeded
	noItems   bool       // a Map that has found nothing to iterate over
}

// contextVariable holds the context object that the caller gave. The engine's own cannot be replaced.
const contextVariable = "testStateContextObject"

const testVariables = "TestState variables" // the name of the Pass before the state

func newStateTest(s *Service, in TestStateInput, name string, state value.JSON) (*stateTest, error) {
	t := &stateTest{s: s, in: in, name: name, state: state}
	var members []value.Member
	if in.Variables != "" {
		v, err := objectText("variables", in.Variables)
		if err != nil {
			return nil, err
		}
		members = value.JSON(v).Members()
	}
	if in.Context != "" {
		c, err := objectText("context", in.Context)
		if err != nil {
			return nil, err
		}
		members = append(members, value.Member{Key: contextVariable, Value: value.JSON(c)})
		t.state = rewriteContext(state)
	}
	t.variables = value.OfMembers(members)
	if definition := value.JSON(strings.TrimSpace(in.Definition)); in.StateName != nil {
		t.language, _ = definition.Member("QueryLanguage")
	}
	return t, nil
}

// rewriteContext makes paths into the context object ($$.Execution.Id) paths into the variable that holds it.
func rewriteContext(v value.JSON) value.JSON {
	switch v.Kind() {
	case value.Object:
		members := v.Members()
		for i := range members {
			members[i].Value = rewriteContext(members[i].Value)
		}
		return value.OfMembers(members)
	case value.Array:
		items := v.Elements()
		for i := range items {
			items[i] = rewriteContext(items[i])
		}
		return value.OfArray(items)
	case value.String:
		if s := v.Text(); strings.HasPrefix(s, "$$") || strings.HasPrefix(s, "States.") {
			return value.OfString(strings.ReplaceAll(s, "$$", "$"+contextVariable))
		}
	}
	return v
}

// definition is the state machine in which a state is run under the tested state's name.
func (t *stateTest) definition(state value.JSON) string {
	assign := ""
	if t.variables != "{}" {
		assign = `"Assign":` + string(t.variables) + `,`
	}
	states := []value.Member{
		{Key: testVariables, Value: value.JSON(`{"Type":"Pass",` + assign + `"Next":` + string(value.OfString(t.name)) + `}`)},
		{Key: t.name, Value: state},
	}
	seen := map[string]bool{t.name: true}
	for _, next := range targets(state) {
		if !seen[next] {
			seen[next] = true
			states = append(states, value.Member{Key: next, Value: `{"Type":"Succeed"}`})
		}
	}
	machine := []value.Member{{Key: "StartAt", Value: value.OfString(testVariables)}, {Key: "States", Value: value.OfMembers(states)}}
	if t.language != "" {
		machine = append(machine, value.Member{Key: "QueryLanguage", Value: t.language})
	}
	return string(value.OfMembers(machine))
}

// targets are the states that a state may go to.
func targets(state value.JSON) (names []string) {
	if state.Kind() != value.Object {
		return nil
	}
	for _, m := range state.Members() {
		switch {
		case (m.Key == "Next" || m.Key == "Default") && m.Value.Kind() == value.String:
			names = append(names, m.Value.Text())
		case (m.Key == "Choices" || m.Key == "Catch") && m.Value.Kind() == value.Array:
			for _, e := range m.Value.Elements() {
				names = append(names, targets(e)...)
			}
		}
	}
	return names
}

// mockedGroup is a Map or Parallel whose result is mocked: to its surroundings it is a task.
func mockedGroup(state value.JSON) value.JSON {
	var members []value.Member
	for _, m := range state.Members() {
		switch m.Key {
		case "InputPath", "OutputPath", "ResultSelector", "ResultPath", "Assign", "Retry", "Catch", "Next", "End":
			members = append(members, m)
		}
	}
	return value.OfMembers(append(members, value.Member{Key: "Type", Value: `"Task"`}, value.Member{Key: "Resource", Value: `"arn:aws:lambda:us-east-1:000000000000:function:mock"`}))
}

// run runs the state once (with retrierRetryCount: that many failures, and once more).
func (t *stateTest) run(ctx context.Context) (out TestStateOutput, err error) {
	state := t.state
	if kind := kindOf(state); kind == "Map" || kind == "Parallel" {
		if _, err := parseState(t.definition(state), t.in.mocked()); err != nil {
			return out, err
		}
		if failed := t.itemsFailure(); failed != nil {
			t.noItems = true
			return *failed, nil
		}
		state = mockedGroup(state)
	}
	m, err := parseState(t.definition(state), t.in.mocked())
	if err != nil {
		return out, err
	}
	x, now := asl.New(m, t.info()), t.s.clock.Now()
	r := &observed{name: t.name}
	events, commands, err := x.Step(now, asl.Start{Input: t.in.Input})
	failures := t.in.Configuration.RetrierRetryCount
	for err == nil && x.Status() == asl.Running {
		r.see(events)
		in, at, rerr := t.reaction(ctx, commands, now)
		if rerr != nil {
			return out, rerr
		}
		if _, timer := in.(asl.TimerFired); timer && r.failed != nil { // the delay of a retry
			if failures == 0 {
				delay := int64(at.Sub(now.Truncate(time.Millisecond)) / time.Second) // timers are set in whole milliseconds
				t.backoff = &delay
				return TestStateOutput{Status: "RETRIABLE", Error: r.failed.Error, Cause: r.failed.Cause}, nil
			}
			failures--
		}
		now = at
		events, commands, err = x.Step(now, in)
	}
	if err != nil {
		return out, fmt.Errorf("test state: %w", err)
	}
	r.see(events)
	return r.output(x.Result()), nil
}

// reaction is what happens next: a task's outcome, or else the first timer.
func (t *stateTest) reaction(ctx context.Context, commands []asl.Command, now time.Time) (asl.Input, time.Time, error) {
	var timer *asl.SetTimer
	for _, c := range commands {
		switch c := c.(type) {
		case asl.ScheduleTask:
			in, err := t.task(ctx, c)
			return in, now, err
		case asl.SetTimer:
			if timer == nil || c.At.Before(timer.At) {
				timer = &c
			}
		}
	}
	if timer == nil {
		return nil, now, fmt.Errorf("test state: the state waits for nothing")
	}
	if timer.At.After(now) {
		now = timer.At
	}
	return asl.TimerFired{Timer: timer.Timer}, now, nil
}

// task is the outcome of the state's task: the mock's, or the service's.
func (t *stateTest) task(ctx context.Context, c asl.ScheduleTask) (asl.Input, error) {
	if m := t.in.Mock; m != nil && m.ErrorOutput != nil {
		return asl.TaskFailed{Task: c.Task, Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}, nil
	} else if t.failsThreshold() {
		name, cause := "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
		return asl.TaskFailed{Task: c.Task, Error: &name, Cause: &cause}, nil
	} else if m != nil && m.Result != nil {
		t.result = *m.Result
		return asl.TaskSucceeded{Task: c.Task, Output: *m.Result}, nil
	}
	if c.Pattern != asl.RequestResponse {
		return nil, awsapi.Errorf("ValidationException", "A state that waits for a task token or a job is tested with a mock")
	}
	j := job{task: c, run: &run{s: t.s, role: t.in.RoleARN, rec: execution{Machine: "TestState", Name: "TestState", Seed: t.s.opt.Seed()}}}
	out := t.s.integrate(ctx, j)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	t.result = out.output
	return taskInput(c, out), nil
}

func (t *stateTest) info() asl.Info {
	return asl.Info{
		ExecutionARN: t.s.arns.prefix + "express:TestState:TestState", Name: "TestState", RoleARN: t.in.RoleARN,
		StateMachineARN: t.s.arns.machine("TestState"), StateMachineName: "TestState", Region: t.s.opt.Region, StartTime: t.s.clock.Now(), Seed: t.s.opt.Seed(),
	}
}

// observed collects from the events what became of the state.
type observed struct {
	name   string
	left   bool
	exit   string
	next   string
	failed *asl.Event // the last failure of the task
}

func (r *observed) see(events []asl.Event) {
	for _, e := range events {
		switch e.Type {
		case asl.EventTaskFailed, asl.EventTaskTimedOut, asl.EventLambdaFunctionFailed, asl.EventLambdaFunctionTimedOut:
			r.failed = &e
		case asl.EventTaskSucceeded, asl.EventLambdaFunctionSucceeded:
			r.failed = nil
		}
		kind := e.Type.String()
		switch {
		case strings.HasSuffix(kind, "StateExited") && e.Name == r.name:
			r.left, r.exit = true, e.Output
		case strings.HasSuffix(kind, "StateEntered") && r.left && r.next == "" && e.Name != r.name:
			r.next = e.Name
		}
	}
}

func (r *observed) output(end asl.End) TestStateOutput {
	if !r.left {
		return TestStateOutput{Status: "FAILED", Error: end.Error, Cause: end.Cause}
	}
	out := TestStateOutput{Status: "SUCCEEDED", Output: &r.exit, NextState: r.next}
	if r.failed != nil { // the last attempt failed, and yet the state was left
		out.Status, out.Error, out.Cause = "CAUGHT_ERROR", r.failed.Error, r.failed.Cause
	}
	return out
}
