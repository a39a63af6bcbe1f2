package asl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// generator generates random, valid state machines.
type generator struct {
	r     *rand.Rand
	n     int // number of states so far
	depth int
}

func (g *generator) machine() string {
	top := ""
	if g.r.IntN(8) == 0 {
		top = fmt.Sprintf(`"TimeoutSeconds":%d,`, 5+g.r.IntN(60))
	}
	return "{" + top + g.workflow()[1:]
}

func (g *generator) workflow() string {
	count := 1 + g.r.IntN(4)
	names := make([]string, count)
	for i := range names {
		g.n++
		names[i] = fmt.Sprintf("S%d", g.n)
	}
	var states []string
	for i, name := range names {
		next := `"End":true`
		if i+1 < count {
			next = fmt.Sprintf(`"Next":%q`, names[i+1])
		}
		states = append(states, fmt.Sprintf("%q:%s", name, g.state(i, names, next)))
	}
	return fmt.Sprintf(`{"StartAt":%q,"States":{%s}}`, names[0], strings.Join(states, ","))
}

func (g *generator) pick(options ...string) string { return options[g.r.IntN(len(options))] }

// maybe returns one of the options, or nothing.
func (g *generator) maybe(options ...string) string {
	if g.r.IntN(2) == 0 {
		return ""
	}
	return g.pick(options...)
}

// assign uses different names in each scope: an inner scope may not assign a name of an outer one.
func (g *generator) assign(name, expression string) string {
	return fmt.Sprintf(`"Assign":{"%s%d.$":%s}`, name, g.depth, expression)
}

func (g *generator) state(i int, names []string, next string) string {
	last := names[len(names)-1]
	kinds := 8
	if g.depth > 2 {
		kinds = 6
	}
	switch g.r.IntN(kinds) {
	case 0:
		return fmt.Sprintf(`{"Type":"Pass",%s%s%s%s}`,
			g.maybe(`"Parameters":{"a.$":"$","b":[1,{"c.$":"$$.State.Name"}]},`, `"Result":{"x":1.50},`,
				`"Parameters":{"u.$":"States.UUID()","r.$":"States.MathRandom(1,100)"},`),
			g.maybe(`"ResultPath":"$.p",`, `"ResultPath":null,`, `"InputPath":"$",`),
			g.maybe(g.assign("v", `"$"`)+",", `"OutputPath":"$.nowhere",`), next)
	case 1:
		if i+1 < len(names) {
			return fmt.Sprintf(`{"Type":"Choice","Choices":[{"Variable":"$.ok","BooleanEquals":true,"Next":%q},`+
				`{"Not":{"Variable":"$.p","IsPresent":true},%s,"Next":%q}],"Default":%q}`, names[i+1],
				g.assign("w", `"$$.State.Name"`), last, names[i+1])
		}
		return `{"Type":"Succeed"}`
	case 2:
		return fmt.Sprintf(`{"Type":"Wait",%s,%s}`,
			g.pick(`"Seconds":0`, `"Seconds":7`, `"SecondsPath":"$.n"`, `"Timestamp":"2026-01-01T00:00:20Z"`), next)
	case 3:
		if i+1 == len(names) {
			return g.pick(`{"Type":"Fail","Error":"Custom"}`, `{"Type":"Fail","Cause":"because"}`, `{"Type":"Succeed"}`)
		}
		fallthrough
	case 4, 5:
		return fmt.Sprintf(`{"Type":"Task",%s,%s%s%s%s}`, g.resource(), g.limits(),
			g.maybe(`"ResultPath":"$.t",`, `"ResultSelector":{"s.$":"$"},`, `"ResultPath":null,`), g.handlers(last), next)
	case 6:
		g.depth++
		defer func() { g.depth-- }()
		var branches []string
		for range 1 + g.r.IntN(3) {
			branches = append(branches, g.workflow())
		}
		return fmt.Sprintf(`{"Type":"Parallel","Branches":[%s],%s%s%s}`, strings.Join(branches, ","),
			g.maybe(`"ResultPath":"$.par",`), g.handlers(last), next)
	default:
		g.depth++
		defer func() { g.depth-- }()
		return fmt.Sprintf(`{"Type":"Map","ItemProcessor":%s,"ItemsPath":"$$.Execution.Input.items",%s%s%s%s}`,
			g.workflow(),
			g.maybe(`"MaxConcurrency":1,`, `"MaxConcurrency":2,`),
			g.maybe(`"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","n":1},`,
				`"ResultPath":"$.map",`),
			g.handlers(last), next)
	}
}

func (g *generator) resource() string {
	return g.pick(`"Resource":"arn:aws:lambda:us-east-1:123456789012:function:F"`,
		`"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"F",`+
			`"Payload.$":"States.ArrayGetItem($$.Execution.Input.items, 9)"}`,
		`"Resource":"arn:aws:states:::lambda:invoke",`+g.assign("x", `"States.MathAdd($.task, 2147483647)"`),
		`"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"F","Payload.$":"$"}`,
		`"Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"F",`+
			`"Payload":{"t.$":"$$.Task.Token","n.$":"$$.State.RetryCount"}}`)
}

func (g *generator) limits() string {
	return g.maybe(`"TimeoutSeconds":5,`, `"TimeoutSeconds":20,"HeartbeatSeconds":3,`, `"HeartbeatSeconds":2,`)
}

func (g *generator) handlers(next string) string {
	out := g.maybe(`"Retry":[{"ErrorEquals":["E1","States.Timeout"],"MaxAttempts":2,"IntervalSeconds":2},`+
		`{"ErrorEquals":["States.ALL"],"MaxAttempts":1,"JitterStrategy":"FULL"}],`,
		`"Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":2,"BackoffRate":3.5,"MaxDelaySeconds":4}],`)
	if g.r.IntN(3) == 0 {
		// A catcher may lead back: the number of events limits the run.
		out += fmt.Sprintf(`"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":%s,"Next":%q}],`,
			g.pick(`"$.err"`, `"$"`, `null`), next)
	}
	return out
}

// sim is a host in simulated time whose decisions depend only on the journal.
type sim struct {
	seed    uint64
	x       *Execution
	now     time.Time
	journal []Event
	timers  map[TimerID]time.Time
	tasks   map[TaskID]*simTask
	ended   bool
}

type simTask struct {
	command ScheduleTask
	start   time.Time
	beats   int
}

var simStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func simInfo(seed uint64) Info {
	return Info{ExecutionARN: "arn:x", Name: "x", RoleARN: "role", StateMachineARN: "arn:sm",
		StateMachineName: "sm", Region: "r", StartTime: simStart, Seed: seed}
}

const simInput = `{"ok":true,"n":3,"items":[1,"two",{"three":3.0}]}`

func newSim(m *Machine, seed uint64) *sim {
	return &sim{seed: seed, x: New(m, simInfo(seed)), now: simStart, timers: map[TimerID]time.Time{},
		tasks: map[TaskID]*simTask{}}
}

func (s *sim) chance(id TaskID, salt uint64) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed^salt, uint64(id)))
}

func (s *sim) perform(commands []Command) {
	for _, c := range commands {
		switch c := c.(type) {
		case ScheduleTask:
			start := s.now
			for i := range s.journal {
				if s.journal[i].ID == int64(c.Task) {
					start = s.journal[i].Time
				}
			}
			t := &simTask{command: c, start: start}
			for i := range s.journal {
				if s.journal[i].Task == c.Task {
					t.beats++
				}
			}
			s.tasks[c.Task] = t
		case SetTimer:
			s.timers[c.Timer] = c.At
		case CancelTimer:
			delete(s.timers, c.Timer)
		case AbortTask:
			delete(s.tasks, c.Task)
		case End:
			s.ended = true
			clear(s.timers)
			clear(s.tasks)
		}
	}
}

// next chooses the next input and its time.
func (s *sim) next(maxRedrives int) (time.Time, Input) {
	if s.ended {
		if ok, _ := s.x.Redrivable(); ok && s.x.RedriveCount() < maxRedrives {
			return s.now.Add(time.Second), Redrive{}
		}
		return time.Time{}, nil
	}
	if s.x.EventCount() > 120 {
		name := "Stopped"
		return s.now, Stop{Error: &name}
	}
	var at time.Time
	var in Input
	var key int64
	offer := func(t time.Time, k int64, i Input) {
		if in == nil || t.Before(at) || t.Equal(at) && k < key {
			at, in, key = t, i, k
		}
	}
	for id, t := range s.tasks {
		if when, i := s.task(id, t); i != nil {
			offer(when, int64(id), i)
		}
	}
	for id, t := range s.timers {
		offer(t, 1<<40+int64(id), TimerFired{id})
	}
	if at.Before(s.now) {
		at = s.now
	}
	return at, in
}

func (s *sim) task(id TaskID, t *simTask) (time.Time, Input) {
	r := s.chance(id, 0)
	after := t.start.Add(time.Duration(r.IntN(6000)) * time.Millisecond)
	if t.command.Pattern == WaitForTaskToken && !t.command.Submitted {
		return t.start.Add(10 * time.Millisecond), TaskSubmitted{id, `{"sent":true}`}
	}
	if t.command.HeartbeatSeconds > 0 && t.beats < r.IntN(3) {
		return t.start.Add(time.Duration(t.beats+1) * time.Second), Heartbeat{id}
	}
	e1, e2, cause := "E1", "E2", "why"
	switch r.IntN(8) {
	case 0:
		return after, TaskFailed{id, &e1, &cause}
	case 1:
		return after, TaskFailed{id, &e2, nil}
	case 2:
		return time.Time{}, nil // no answer: only a timeout ends the task
	case 3:
		return after, TaskStartFailed{id, &e1, nil}
	}
	return after, TaskSucceeded{id, fmt.Sprintf(`{"task":%d, "big":12345678901234567890}`, id)}
}

// run continues until no input is left.
func (s *sim) run(t testing.TB, maxRedrives int) {
	for range 3000 {
		at, in := s.next(maxRedrives)
		if in == nil {
			return
		}
		if at.After(s.now) {
			s.now = at
		}
		if _, ok := in.(Redrive); ok {
			s.ended = false
		}
		s.step(t, in)
	}
	t.Fatal("the simulation does not end")
}

func (s *sim) step(t testing.TB, in Input) {
	events, commands, err := s.x.Step(s.now, in)
	if err != nil {
		t.Fatalf("step %#v: %v", in, err)
	}
	if len(events) == 0 {
		t.Fatalf("step %#v: no event", in)
	}
	s.journal = append(s.journal, events...)
	switch in := in.(type) {
	case TaskSubmitted:
		s.tasks[in.Task].command.Submitted = true
	case Heartbeat:
		s.tasks[in.Task].beats++
	case TaskSucceeded:
		delete(s.tasks, in.Task)
	case TaskFailed:
		delete(s.tasks, in.Task)
	case TaskStartFailed:
		delete(s.tasks, in.Task)
	case TimerFired:
		delete(s.timers, in.Timer)
	}
	s.perform(commands)
}

// restored returns the simulation after a crash.
func restored(t testing.TB, m *Machine, seed uint64, journal []Event) *sim {
	x, missing, commands, err := Restore(m, simInfo(seed), journal)
	if err != nil {
		t.Fatalf("restore %d events: %v", len(journal), err)
	}
	s := newSim(m, seed)
	s.x, s.journal = x, append(append([]Event(nil), journal...), missing...)
	if n := len(s.journal); n > 0 {
		s.now = s.journal[n-1].Time
	}
	s.perform(commands)
	switch x.Status() {
	case Pending:
		s.step(t, Start{simInput})
	case Running:
	default:
		s.ended = true
	}
	return s
}

func randomMachine(t testing.TB, seed uint64) *Machine {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1))}
	text := g.machine()
	m, diags := Parse([]byte(text), Options{})
	// Choice and catchers may make states unreachable: that is a correct finding.
	for _, d := range diags.Invalid() {
		if d.Code != CodeMissingTarget {
			t.Fatalf("%v in %s", d, text)
		}
	}
	return m
}

// checkRestore runs a random machine, then crashes it after every event and restores it: the
// history must be the same.
func checkRestore(t testing.TB, seed uint64, every int) {
	m := randomMachine(t, seed)
	if m == nil {
		return
	}
	whole := newSim(m, seed)
	whole.step(t, Start{simInput})
	whole.run(t, 2)
	if len(whole.journal) > 600 {
		every = len(whole.journal)/2 + 1 // a loop that ran into the limit of the history
	}
	for n := 0; n <= len(whole.journal); n += every {
		s := restored(t, m, seed, whole.journal[:n])
		s.run(t, 2)
		if len(s.journal) != len(whole.journal) {
			t.Fatalf("seed %d: restored after %d events: %d events instead of %d", seed, n, len(s.journal),
				len(whole.journal))
		}
		for i := range s.journal {
			if !s.journal[i].equal(&whole.journal[i]) {
				t.Fatalf("seed %d: restored after %d events: event %d is %+v instead of %+v", seed, n, i,
					s.journal[i], whole.journal[i])
			}
		}
	}
	data := AppendEvents(nil, whole.journal)
	back, err := DecodeEvents(nil, data)
	if err != nil {
		t.Fatalf("seed %d: decode: %v", seed, err)
	}
	for i := range back {
		if !back[i].equal(&whole.journal[i]) {
			t.Fatalf("seed %d: event %d is decoded as %+v instead of %+v", seed, i, back[i], whole.journal[i])
		}
	}
}

func TestRestore_everyPrefix(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		checkRestore(t, seed, 1+int(seed%11))
	}
}

func FuzzStep(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkRestore(t, seed, 5) })
}
