package asl

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// machine parses a valid definition.
func machine(t testing.TB, text string) *Machine {
	t.Helper()
	m, diags := Parse([]byte(text), Options{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

func mustStep(t *testing.T, x *Execution, after time.Duration, in Input) ([]Event, []Command) {
	t.Helper()
	events, commands, err := x.Step(simStart.Add(after), in)
	if err != nil {
		t.Fatalf("step %#v: %v", in, err)
	}
	return append([]Event(nil), events...), append([]Command(nil), commands...)
}

func types(events []Event) string {
	var out []string
	for _, e := range events {
		out = append(out, e.Type.String())
	}
	return strings.Join(out, " ")
}

func find[C Command](t *testing.T, commands []Command) C {
	t.Helper()
	for _, c := range commands {
		if found, ok := c.(C); ok {
			return found
		}
	}
	var none C
	t.Fatalf("no %T among %v", none, commands)
	return none
}

const tokenMachine = `{"TimeoutSeconds":100,"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
	"Parameters":{"FunctionName":"F","Payload":{"token.$":"$$.Task.Token"}},"TimeoutSeconds":50,"HeartbeatSeconds":10,"End":true}}}`

func TestStep_batches(t *testing.T) {
	t.Parallel()
	x := New(machine(t, tokenMachine), simInfo(7))
	events, commands := mustStep(t, x, 0, Start{`{"a": 1}`})
	if got, want := types(events), "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	task := find[ScheduleTask](t, commands)
	if task.Task != 3 || task.Action != "invoke" || task.Pattern != WaitForTaskToken || task.TimeoutSeconds != 50 ||
		task.HeartbeatSeconds != 10 {
		t.Errorf("task %+v", task)
	}
	if want := `{"FunctionName":"F","Payload":{"token":"` + task.Token + `"}}`; task.Parameters != want ||
		task.Token == "" {
		t.Errorf("parameters %s, want %s", task.Parameters, want)
	}
	timers := map[TimerID]time.Time{}
	for _, c := range commands {
		if s, ok := c.(SetTimer); ok {
			timers[s.Timer] = s.At
		}
	}
	if len(timers) != 2 { // the machine's and the task's; the heartbeat's is set by the submission
		t.Errorf("timers %v", timers)
	}
	_, commands = mustStep(t, x, 2*time.Second, TaskSubmitted{3, `{}`})
	if beat := find[SetTimer](t, commands); !beat.At.Equal(simStart.Add(12 * time.Second)) {
		t.Errorf("heartbeat at %v", beat.At)
	}
	events, commands = mustStep(t, x, 9*time.Second, Heartbeat{3})
	if !events[0].JournalOnly() || events[0].ID != 0 {
		t.Errorf("heartbeat returns %+v", events)
	}
	if beat := find[SetTimer](t, commands); !beat.At.Equal(simStart.Add(19 * time.Second)) {
		t.Errorf("heartbeat at %v", beat.At)
	}
	events, commands = mustStep(t, x, 15*time.Second, TaskSucceeded{3, `{"b":2}`})
	if got, want := types(events), "TaskSucceeded TaskStateExited ExecutionSucceeded"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if end := find[End](t, commands); end.Status != Succeeded || end.Output != `{"b":2}` {
		t.Errorf("end %+v", end)
	}
	if x.Status() != Succeeded || x.EventCount() != 8 || x.Result().Output != `{"b":2}` {
		t.Errorf("status %s after %d events", x.Status(), x.EventCount())
	}
}

func TestStep_refuses(t *testing.T) {
	t.Parallel()
	fresh := func() *Execution { return New(machine(t, tokenMachine), simInfo(1)) }
	started := func() *Execution {
		x := fresh()
		mustStep(t, x, 0, Start{`{}`})
		return x
	}
	submitted := func() *Execution {
		x := started()
		mustStep(t, x, 0, TaskSubmitted{3, `{}`})
		return x
	}
	ended := func() *Execution {
		x := started()
		mustStep(t, x, 0, TaskSucceeded{3, `1`})
		return x
	}
	tests := []struct {
		name string
		x    *Execution
		in   Input
		want error
	}{
		{"not started", fresh(), TaskSucceeded{3, `1`}, ErrNotStarted},
		{"started twice", started(), Start{`{}`}, ErrStarted},
		{"invalid JSON as input", fresh(), Start{`{`}, ErrInvalidJSON},
		{"invalid UTF-8 as input", fresh(), Start{"\"\xff\""}, ErrInvalidJSON},
		{"unknown task", started(), TaskSucceeded{4, `1`}, ErrUnknownTask},
		{"invalid JSON as output", started(), TaskSucceeded{3, `nope`}, ErrInvalidJSON},
		{"unknown timer", started(), TimerFired{12345}, ErrUnknownTimer},
		{"heartbeat timer before the submission", started(), TimerFired{timerID(timerHeartbeat, 3)}, ErrUnknownTimer},
		{"submitted twice", submitted(), TaskSubmitted{3, `{}`}, ErrUnknownTask},
		{"redrive while running", started(), Redrive{}, ErrNotRedrivable},
		{"late result", ended(), TaskSucceeded{3, `1`}, ErrEnded},
		{"late heartbeat", ended(), Heartbeat{3}, ErrEnded},
		{"late timer", ended(), TimerFired{timerID(timerTimeout, 3)}, ErrEnded},
		{"late stop", ended(), Stop{}, ErrEnded},
		{"redrive after success", ended(), Redrive{}, ErrNotRedrivable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, count := tt.x.Status(), tt.x.EventCount()
			events, commands, err := tt.x.Step(simStart, tt.in)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if len(events)+len(commands) > 0 || tt.x.Status() != status || tt.x.EventCount() != count {
				t.Errorf("the refused input changes something: %v %v", events, commands)
			}
		})
	}
}

func TestStep_textPassesThrough(t *testing.T) {
	t.Parallel()
	m := machine(t,
		`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Task",`+
			`"Resource":"arn:aws:lambda:r:1:function:F","ResultPath":"$.t","End":true}}}`)
	x := New(m, simInfo(1))
	const input = `{"z":1.10, "a":12345678901234567890,"e":1E+3,"z":[-0]}`
	mustStep(t, x, 0, Start{input})
	_, commands := mustStep(t, x, 0, TaskSucceeded{5, ` {"big": 98765432109876543210} `})
	want := `{"z":1.10, "a":12345678901234567890,"e":1E+3,"z":[-0],"t":{"big": 98765432109876543210}}`
	if end := find[End](t, commands); end.Output != want {
		t.Errorf("output\n%s, want\n%s", end.Output, want)
	}
}

func TestStep_dataLimits(t *testing.T) {
	t.Parallel()
	big := `"` + strings.Repeat("x", 200_000) + `"`
	handlers := `"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Succeed"}}}`
	tests := []struct{ name, definition, input, output, want string }{
		{"result of a function",
			`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F",` + handlers, `{}`,
			`"` + strings.Repeat("é", 131_072) + `"`,
			`{"Error":"States.DataLimitExceeded",` +
				`"Cause":"The state/task 'arn:aws:lambda:r:1:function:F' returned a result with a size exceeding the maximum number of bytes service limit."}`},
		{"output of a state",
			`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F",` +
				`"ResultPath":"$.r",` + handlers, `{"x":` + big + `}`, big, ""},
		{"parameters",
			`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
				`"Parameters":{"FunctionName":"F","Payload":{"a.$":"$","b.$":"$"}},` + handlers, big, "", ""},
		{"variables",
			`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F",` +
				`"Assign":{"a.$":"$","b.$":"$"},` + handlers, `{}`, big, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := New(machine(t, tt.definition), simInfo(1))
			_, commands := mustStep(t, x, 0, Start{tt.input})
			if tt.output != "" {
				_, commands = mustStep(t, x, 0, TaskSucceeded{3, tt.output})
			}
			end := find[End](t, commands)
			if tt.want == "" && (end.Status != Failed || *end.Error != "States.DataLimitExceeded") {
				t.Errorf("end %s", end.Status)
			}
			if tt.want != "" && end.Output != tt.want {
				t.Errorf("output %.300s", end.Output)
			}
		})
	}
}

func TestStep_historyLimit(t *testing.T) {
	t.Parallel()
	m := machine(t,
		`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F","Next":"A",`+
			`"Catch":[{"ErrorEquals":["Done"],"Next":"B"}]},"B":{"Type":"Succeed"}}}`)
	x := New(m, simInfo(1))
	events, commands := mustStep(t, x, 0, Start{`{}`})
	journal := events
	for x.Status() == Running {
		events, commands = mustStep(t, x, 0, TaskSucceeded{find[ScheduleTask](t, commands).Task, `{}`})
		journal = append(journal, events...)
	}
	last := journal[len(journal)-1]
	if last.ID != MaxHistory || last.Type != EventExecutionFailed || *last.Error != "States.Runtime" ||
		*last.Cause != historyFull {
		t.Errorf("the last event is %+v", last)
	}
	if len(commands) != 1 {
		t.Errorf("commands beyond the end: %v", commands)
	}
	if ok, reason := x.Redrivable(); ok || reason != "Execution history event limit exceeded" {
		t.Errorf("redrivable %t, %q", ok, reason)
	}
	back, missing, _, err := Restore(m, simInfo(1), journal)
	if err != nil || len(missing) > 0 || back.Status() != Failed {
		t.Errorf("restore: %v, %d events missing", err, len(missing))
	}
}

func TestRedrivable_reasons(t *testing.T) {
	t.Parallel()
	x := New(machine(t, tokenMachine), simInfo(1))
	mustStep(t, x, 0, Start{`{}`})
	if ok, reason := x.Redrivable(); ok || reason != "Execution is RUNNING and cannot be redriven" {
		t.Errorf("running: %t, %q", ok, reason)
	}
	if got := x.root.state.name; got != "A" {
		t.Errorf("current state %s", got)
	}
	name := "Broken"
	events, commands := mustStep(t, x, 0, TaskFailed{3, &name, nil})
	if end := find[End](t, commands); end.Status != Failed || *end.Error != name || end.Cause != nil {
		t.Errorf("end %+v", end)
	}
	if e := events[0]; e.Type != EventTaskFailed || *e.Error != name || e.ID != 5 {
		t.Errorf("failure %+v", e)
	}
	if ok, reason := x.Redrivable(); !ok || reason != "" {
		t.Errorf("failed: %t, %q", ok, reason)
	}
	_, commands = mustStep(t, x, time.Minute, Redrive{})
	if task := find[ScheduleTask](t, commands); task.Task != 8 || x.RedriveCount() != 1 || x.Status() != Running {
		t.Errorf("redriven: task %+v, status %s", task, x.Status())
	}
	mustStep(t, x, time.Minute, TaskSucceeded{8, `1`})
	if ok, reason := x.Redrivable(); ok || reason != "Execution is SUCCEEDED and cannot be redriven" {
		t.Errorf("succeeded: %t, %q", ok, reason)
	}
}

func TestRestore_outstanding(t *testing.T) {
	t.Parallel()
	m := machine(t, tokenMachine)
	x := New(m, simInfo(5))
	journal, commands := mustStep(t, x, 0, Start{`{}`})
	token := find[ScheduleTask](t, commands).Token
	more, _ := mustStep(t, x, time.Second, TaskSubmitted{3, `{}`})
	journal = append(journal, more...)
	more, _ = mustStep(t, x, 5*time.Second, Heartbeat{3})
	journal = append(journal, more...)
	journal, err := DecodeEvents(nil, AppendEvents(nil, journal))
	if err != nil {
		t.Fatal(err)
	}
	_, missing, commands, err := Restore(m, simInfo(5), journal)
	if err != nil || len(missing) > 0 {
		t.Fatal(err, missing)
	}
	task := find[ScheduleTask](t, commands)
	if task.Token != token || !task.Submitted {
		t.Errorf("task %+v, want the token %s, submitted", task, token)
	}
	want := map[time.Duration]bool{100 * time.Second: true, 50 * time.Second: true, 15 * time.Second: true}
	for _, c := range commands {
		if s, ok := c.(SetTimer); ok {
			if !want[s.At.Sub(simStart)] {
				t.Errorf("timer at %v", s.At.Sub(simStart))
			}
			delete(want, s.At.Sub(simStart))
		}
	}
	if len(want) > 0 {
		t.Errorf("missing timers: %v", want)
	}
	if _, _, _, err := Restore(machine(t, `{"StartAt":"X","States":{"X":{"Type":"Succeed"}}}`), simInfo(5),
		journal); err == nil {
		t.Error("the journal of another definition is accepted")
	}
	if _, _, _, err := Restore(m, simInfo(6), journal); err == nil {
		t.Error("another seed is accepted although the token differs")
	}
}

func TestRetry_delay(t *testing.T) {
	t.Parallel()
	r := retrier{interval: 3, backoff: 2, maxDelay: 20}
	for n, want := range []time.Duration{3, 6, 12, 20, 20} {
		if got := r.delay(int64(n), 1, 1); got != want*time.Second {
			t.Errorf("delay %d is %v, want %v s", n, got, want)
		}
	}
	if got := (&retrier{interval: 99_999_999, backoff: 1e300}).delay(50, 1, 1); got <= 0 {
		t.Errorf("a huge delay is %v", got)
	}
	r.fullJitter = true
	low, high := time.Hour, time.Duration(0)
	for event := range int64(1000) {
		d := r.delay(1, 42, event)
		if d != r.delay(1, 42, event) {
			t.Fatal("the same event draws differently")
		}
		low, high = min(low, d), max(high, d)
	}
	if low < 0 || low > time.Second || high > 6*time.Second || high < 5*time.Second {
		t.Errorf("jitter from %v to %v, want 0 to 6 s", low, high)
	}
}

// A token that begins with "-" would be an option to command lines.
func TestExecution_token(t *testing.T) {
	t.Parallel()
	x := &Execution{info: Info{ExecutionARN: "arn:aws:states:us-east-1:000000000000:execution:m:1", Seed: 7}}
	seen := map[string]bool{}
	for event := range int64(1000) {
		token := x.token(event)
		if token[0] == '-' || len(token) != 43 || seen[token] {
			t.Fatalf("event %d: token %s", event, token)
		}
		seen[token] = true
	}
}
