package asl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"orderflow/local/asl/value"
)

// Trial asks for a test of one state alone, as the API TestState does.
type Trial struct {
	// State names the state to test, at any depth of the definition. Empty: the
	// definition is a lone state.
	State     string
	Input     string // JSON text
	Context   string // JSON text of the context object; empty: that of an execution with Info
	Variables string // JSON text of an object: the variables on entry; may be empty
	Info      Info
	Now       time.Time
	// Mock is the outcome of a Task, Parallel or Map. Without it a Task is handed
	// back (TrialResult.Task) for the host to perform, and Parallel and Map fail.
	Mock *Mock
	// RetryCount is how often the retrier that takes an error has retried before.
	RetryCount int64
}

// Mock is an outcome: a result (JSON text), or an error.
type Mock struct {
	Result       *string
	Error, Cause *string
}

// TrialResult is what a state did.
type TrialResult struct {
	// Status is SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR.
	Status       string
	Output       string // JSON text
	NextState    string
	Error, Cause *string
	Inspection   Inspection
	// Task is what the state would have the host do; set if there is no Mock.
	Task *ScheduleTask
	// Wait is how long a Wait state would wait.
	Wait time.Duration
}

// Inspection shows the data on their way through the state, as JSON texts. Empty:
// that step did not happen.
type Inspection struct {
	Input, AfterInputPath, AfterParameters, AfterItemsPath  string
	Result, AfterResultSelector, AfterResultPath, Variables string
	MaxConcurrency                                          int
	RetryIndex, CatchIndex                                  *int
	RetryBackoffSeconds                                     float64 // with RetryIndex, if it retries
}

// Statuses of a TrialResult.
const (
	TrialSucceeded = "SUCCEEDED"
	TrialFailed    = "FAILED"
	TrialRetriable = "RETRIABLE"
	TrialCaught    = "CAUGHT_ERROR"
)

// loneState is the name of a state that is tested without a machine.
const loneState = "StateName"

// ErrNoState tells that a definition has no state of the name.
var ErrNoState = errors.New("state not found in definition")

// Test runs one state. Diagnostics tell what is wrong with the state's definition;
// the error is ErrNoState, ErrInvalidJSON or none.
func Test(definition []byte, t Trial) (*TrialResult, Diagnostics, error) {
	v, err := value.Parse(string(definition))
	if err != nil {
		_, diags := Parse(definition, Options{})
		return nil, diags, nil
	}
	name := loneState
	if t.State != "" {
		if v, name = findState(v, t.State), t.State; v == "" {
			return nil, nil, ErrNoState
		}
	}
	s, diags := parseAlone(name, v, Options{AnyIntegration: true, Mocked: t.Mock != nil})
	if diags.Err() != nil {
		return nil, diags, nil
	}
	r, err := t.run(s)
	return r, diags, err
}

// findState looks for a state's definition, and adds the query language around it.
func findState(v value.JSON, name string) value.JSON {
	states, _ := v.Member("States")
	lang, hasLang := v.Member("QueryLanguage")
	for _, m := range states.Members() {
		s := m.Value
		if _, own := s.Member("QueryLanguage"); hasLang && !own && s.Kind() == value.Object {
			s, _ = value.Set(s, []value.Step{{Key: "QueryLanguage"}}, lang)
		}
		if m.Key == name {
			return s
		}
		for _, f := range innerWorkflows(s) {
			if found := findState(f, name); found != "" {
				return found
			}
		}
	}
	return ""
}

// CheckState judges one state, without the machine around it: the states that it goes on to need not exist.
func CheckState(name string, definition value.JSON, opt Options) Diagnostics {
	_, diags := parseAlone(name, definition, opt)
	return diags
}

func parseAlone(name string, v value.JSON, opt Options) (*state, Diagnostics) {
	p := &parser{opt: opt, names: make(map[string]bool)}
	s := &state{name: name}
	w := &workflow{states: map[string]*state{name: s}, open: true}
	if v.Kind() != value.Object {
		p.fail("/", "Expected value of type Object")
		return s, p.diags
	}
	p.state(w, s, p.node("/States/"+name, v), map[string]bool{})
	return s, p.diags
}

func (t *Trial) run(s *state) (*TrialResult, error) {
	input, err := value.Parse(t.Input)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInvalidJSON, err)
	}
	x := New(&Machine{}, t.Info)
	x.status, x.now, x.input = Running, t.Now.UTC().Truncate(time.Millisecond), input
	x.startTime = x.now
	x.trial = &trial{Trial: t, context: value.JSON(t.Context)}
	x.trial.seen.Input = string(input)
	b := x.root
	if t.Variables != "" {
		vars, err := value.Parse(t.Variables)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrInvalidJSON, err)
		}
		var assigned []Variable
		for _, m := range vars.Members() {
			assigned = append(assigned, Variable{m.Key, string(m.Value)})
		}
		b.vars = b.vars.with(assigned)
	}
	x.enter(b, s, input)
	if t.RetryCount > 0 {
		b.attempts = make([]int64, len(s.retry))
		for i := range b.attempts {
			b.attempts[i] = t.RetryCount
		}
		b.retryCount = int(t.RetryCount)
	}
	x.check(b, s.body.run(x, b))
	if err := x.playMock(b, s); err != nil {
		return nil, err
	}
	return x.trialResult(b, s), nil
}

// playMock ends a task, a Parallel or a Map with the mocked outcome.
func (x *Execution) playMock(b *branch, s *state) error {
	mock := x.trial.Mock
	if mock == nil || x.status != Running || b.state != s || b.wait == waitRetry {
		return nil
	}
	var result value.JSON
	if mock.Result != nil {
		v, err := value.Parse(*mock.Result)
		if err != nil {
			return fmt.Errorf("%w: %v", ErrInvalidJSON, err)
		}
		result = v
	}
	if b.wait == waitTask {
		id := b.task.id
		if mock.Result != nil {
			return x.taskSucceeded(TaskSucceeded{id, *mock.Result})
		}
		return x.taskFailed(id, EventTaskFailed, EventLambdaFunctionFailed, mock.Error, mock.Cause)
	}
	if b.group == nil {
		return nil
	}
	b.group = nil // nothing inside has run
	if mock.Result != nil {
		x.check(b, x.leave(b, result))
		return nil
	}
	x.fail(b, &fault{name: mock.Error, cause: mock.Cause})
	return nil
}

// trialResult reads off what the state did.
func (x *Execution) trialResult(b *branch, s *state) *TrialResult {
	r := &TrialResult{Status: TrialSucceeded}
	left := false
	for i := range x.events {
		e := &x.events[i]
		if e.Type == stateTypes[s.kind].exited && e.Name == s.name && !left {
			left = true
			r.Output = e.Output
			x.trial.seen.Variables = variablesObject(e.Variables)
		}
	}
	if b.state != nil && b.state != s {
		r.NextState = b.state.name
	}
	if f := x.failure; f != nil {
		r.Error, r.Cause = f.Error, x.bareCause(s, f.Cause)
		switch {
		case left:
			r.Status = TrialCaught
		case b.wait == waitRetry:
			r.Status = TrialRetriable
		default:
			r.Status = TrialFailed
		}
	}
	switch {
	case !left && b.wait == waitTask:
		r.Task = &b.task.command
	case !left && b.wait == waitTimer:
		r.Wait = b.deadline.Sub(x.now)
		x.release(b, 0)
		x.check(b, s.body.(*waitState).leave(x, b))
		waited := x.trialResult(b, s)
		waited.Wait = r.Wait
		return waited
	}
	r.Inspection = x.trial.seen
	return r
}

// bareCause takes the state off a cause: TestState shows the rest alone.
func (x *Execution) bareCause(s *state, cause *string) *string {
	if cause == nil || !strings.HasPrefix(*cause, fmt.Sprintf("An error occurred while executing the state '%s' (entered", s.name)) {
		return cause
	}
	_, bare, ok := strings.Cut(*cause, "). ")
	if !ok {
		return cause
	}
	return &bare
}

func variablesObject(vars []Variable) string {
	if vars == nil {
		return ""
	}
	members := make([]value.Member, len(vars))
	for i, v := range vars {
		members[i] = value.Member{Key: v.Name, Value: value.JSON(v.Value)}
	}
	return string(value.OfMembers(members))
}

// trial watches a state that is tested alone.
type trial struct {
	*Trial
	context value.JSON
	seen    Inspection
}

// see lets a test look at the data. It does nothing in executions.
func (x *Execution) see(look func(i *Inspection)) {
	if x.trial != nil {
		look(&x.trial.seen)
	}
}
