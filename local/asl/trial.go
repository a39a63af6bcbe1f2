package asl

import (
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Trial describes a test of one state alone, as the API TestState runs it. The states that it
// continues with need not exist.
type Trial struct {
	Name       string     // of the state
	Definition value.JSON // of the state
	Input      value.JSON
	Context    value.JSON // the context object; empty: that of an execution with Info
	Variables  value.JSON // an object of the variables on entry; may be empty
	Info       Info
	Now        time.Time
	// Mock is the outcome of a Task, Parallel or Map. Parallel and Map need one. A Task without a
	// mock is returned in TrialResult.Task for the host to perform; a second Test with the outcome
	// as its mock then completes the trial.
	Mock *Mock
	// RetryCount is how often the retrier that matches an error has retried before.
	RetryCount int64
	// FailedIterations is the number of failed iterations of a mocked Map.
	FailedIterations int
}

// Mock is an outcome: a result, or without one an error.
type Mock struct {
	Result       value.JSON
	Error, Cause *string
}

// Statuses of a TrialResult.
const (
	TrialSucceeded = "SUCCEEDED"
	TrialFailed    = "FAILED"
	TrialRetriable = "RETRIABLE"
	TrialCaught    = "CAUGHT_ERROR"
)

// TrialResult is the result of testing a state.
type TrialResult struct {
	Status       string
	Output       string // JSON text; empty if the state was not left
	NextState    string
	Error, Cause *string
	Inspection   Inspection
	// Task is the task that the host must perform; set if there is no Mock.
	Task *ScheduleTask
}

// Inspection shows the data at each step through the state, as JSON texts. A step that is empty or
// nil did not happen.
type Inspection struct {
	AfterInputPath, AfterParameters, AfterItemsPath string
	Result, AfterResultSelector, AfterResultPath    string
	MaxConcurrency, ToleratedFailureCount           *int64
	ToleratedFailurePercentage                      *float64
	RetryIndex, CatchIndex                          *int          // of the entry that matched the error
	RetryBackoff                                    time.Duration // if the state is retried
}

// FindState returns the named state of a state machine's definition, at any depth. The state gets
// the query language of the machine, unless it has its own.
func FindState(machine value.JSON, name string) (state value.JSON, ok bool) {
	state, ok = stateIn(machine, name)
	language, set := machine.Member("QueryLanguage")
	if _, own := state.Member("QueryLanguage"); !set || own || state.Kind() != value.Object {
		return state, ok
	}
	return value.OfMembers(append(state.Members(), value.Member{Key: "QueryLanguage", Value: language})), ok
}

func stateIn(workflow value.JSON, name string) (value.JSON, bool) {
	states, _ := workflow.Member("States")
	if s, ok := states.Member(name); ok {
		return s, true
	}
	for _, m := range states.Members() {
		for _, inner := range innerWorkflows(m.Value) {
			if s, ok := stateIn(inner, name); ok {
				return s, true
			}
		}
	}
	return "", false
}

// Test runs one state. The diagnostics are those of its definition; if one of them is an error, the
// result is nil.
func Test(t Trial) (*TrialResult, Diagnostics) {
	s, diags := t.parse()
	if diags.Err() != nil {
		return nil, diags
	}
	return t.run(s), diags
}

func (t *Trial) parse() (*state, Diagnostics) {
	p := &parser{mocked: t.Mock != nil, names: make(map[string]bool)}
	s := &state{name: t.Name}
	w := &workflow{states: map[string]*state{t.Name: s}, open: true}
	if t.Definition.Kind() != value.Object {
		p.fail("/", "Expected value of type Object")
		return s, p.diags
	}
	n := p.node("/States/"+t.Name, t.Definition)
	p.state(w, s, n, map[string]bool{})
	if s.kind == parallelKind || s.kind == mapKind {
		p.unperformed(n.loc, "a state of type %s is tested with a mock", stateTypes[s.kind].name)
	}
	return s, p.diags
}

func (t *Trial) run(s *state) *TrialResult {
	x := New(&Machine{}, t.Info)
	x.status, x.now, x.input = Running, t.Now.UTC().Truncate(time.Millisecond), t.Input
	x.startTime = x.now
	x.trial = &trial{context: t.Context}
	b := x.root
	b.vars = b.vars.with(variablesOf(t.Variables))
	x.enter(b, s, t.Input)
	if t.RetryCount > 0 {
		b.attempts = slices.Repeat([]int64{t.RetryCount}, len(s.retry))
		b.retryCount = int(t.RetryCount)
	}
	x.turn(b)
	switch {
	case b.wait == waitTimer:
		x.release(b, 0)
		x.check(b, s.body.(*waitState).leave(x, b))
	case t.Mock == nil || x.status != Running:
	case b.wait == waitTask:
		x.mockTask(b, t.Mock)
	case b.group != nil:
		x.mockGroup(b, t)
	}
	return x.trialResult(b, s)
}

// mockTask ends a task with the mocked outcome.
func (x *Execution) mockTask(b *branch, mock *Mock) {
	task := b.state.body.(*taskState)
	if mock.Result != "" {
		x.succeedTask(b, task, mock.Result, string(mock.Result))
		return
	}
	x.release(b, 0)
	x.failTask(b, task, EventTaskFailed, EventLambdaFunctionFailed, &fault{name: mock.Error, cause: mock.Cause})
}

// mockGroup ends a Parallel or a Map with the mocked outcome. Nothing inside of it has run.
func (x *Execution) mockGroup(b *branch, t *Trial) {
	b.group = nil
	switch mock := t.Mock; {
	case mock.Result == "":
		x.fail(b, &fault{name: mock.Error, cause: mock.Cause})
	case !x.trial.seen.tolerates(t.FailedIterations, mock.Result.Len()):
		name, cause := errExceedTolerated, "The specified tolerated failure threshold was exceeded"
		x.fail(b, &fault{name: &name, cause: &cause})
	default:
		x.check(b, x.leave(b, mock.Result))
	}
}

// tolerates reports whether a Map tolerates this number of failed iterations. A Map without such a
// setting tolerates all.
func (i *Inspection) tolerates(failed, all int) bool {
	if n := i.ToleratedFailureCount; n != nil && int64(failed) > *n {
		return false
	}
	p := i.ToleratedFailurePercentage
	return p == nil || float64(failed) <= *p/100*float64(all)
}

// trialResult collects what the state did.
func (x *Execution) trialResult(b *branch, s *state) *TrialResult {
	r := &TrialResult{Status: TrialSucceeded, Inspection: x.trial.seen}
	left := slices.IndexFunc(x.events, func(e Event) bool { return e.Type == stateTypes[s.kind].exited })
	if left >= 0 {
		r.Output = x.events[left].Output
		if b.state != nil {
			r.NextState = b.state.name
		}
	} else if b.wait == waitTask {
		r.Task = &b.task.command
	}
	f := x.trial.failure
	if f == nil {
		return r
	}
	r.Error, r.Cause = f.name, f.cause
	switch {
	case left >= 0:
		r.Status = TrialCaught
	case b.wait == waitRetry:
		r.Status = TrialRetriable
	default:
		r.Status = TrialFailed
	}
	return r
}

// trial observes a state that is tested alone.
type trial struct {
	context value.JSON
	seen    Inspection
	failure *fault // the last one
}

// see shows a test the data. In executions it is a no-op.
func (x *Execution) see(look func(i *Inspection)) {
	if x.trial != nil {
		look(&x.trial.seen)
	}
}
