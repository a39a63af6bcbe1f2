package states

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// crashMachine uses every feature that the journal records: tasks, a retry, a Parallel, a Map, a
// wait, a token.
const crashMachine = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:a","ResultPath":"$.a","Next":"Both"},
	"Both":{"Type":"Parallel","ResultPath":"$.both","Next":"Each","Branches":[
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:b","End":true,
			"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":5}]}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:c","End":true}}}]},
	"Each":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,"ResultPath":"$.each","Next":"Wait","ItemProcessor":{"StartAt":"D","States":{
		"D":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:d","End":true}}}},
	"Wait":{"Type":"Wait","Seconds":60,"Next":"Token"},
	"Token":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","ResultPath":"$.token","End":true,
		"Parameters":{"FunctionName":"submit","Payload":{"token.$":"$$.Task.Token"}}}}}`

const crashInput = `{"items":[1,2]}`

// world is what is outside of the service and survives a crash: the functions, and the holders of
// task tokens.
type world struct {
	out    store.Outlet // of the service that runs: functions are called through it
	called func()       // before a call leaves
	mu     sync.Mutex
	calls  []string
	busy   bool // the first call of b has been refused
	tokens []string
}

func (w *world) invoke(_ context.Context, function, _ string, payload []byte) (LambdaResult, error) {
	if w.called != nil {
		w.called()
	}
	if err := w.out.Wait(); err != nil {
		return LambdaResult{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	name := function[strings.LastIndex(function, ":")+1:]
	w.calls = append(w.calls, name+" "+string(payload))
	switch name {
	case "b":
		if !w.busy {
			w.busy = true
			return LambdaResult{FunctionError: "Unhandled", Payload: []byte(`{"errorType":"Busy"}`)}, nil
		}
	case "submit":
		_, token, _ := strings.Cut(string(payload), `"token":"`)
		token, _, _ = strings.Cut(token, `"`)
		w.tokens = append(w.tokens, token)
	}
	return LambdaResult{Payload: []byte(`"` + name + `"`)}, nil
}

// clone copies the world at a crash.
func (w *world) clone() *world {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &world{calls: append([]string(nil), w.calls...), busy: w.busy, tokens: append([]string(nil), w.tokens...)}
}

// drive starts the execution and acts as its surroundings (time passes, the token is answered)
// until the execution has ended.
func (w *world) drive(ctx context.Context, s *Service, clock *clockwork.FakeClock) (DescribeExecutionOutput, error) {
	var none DescribeExecutionOutput
	machine, err := s.Put(ctx, "m", role, crashMachine)
	if err != nil {
		return none, err
	}
	input := crashInput
	started, err := s.StartExecution(ctx, StartExecutionInput{StateMachineARN: machine, Name: "x", Input: &input})
	if err != nil && !strings.Contains(err.Error(), "Already Exists") { // it had ended before the crash
		return none, err
	}
	arn := s.arns.execution("m", "x")
	if err == nil && started.ExecutionARN != arn {
		return none, fmt.Errorf("started %s", started.ExecutionARN)
	}
	for again := time.NewTicker(100 * time.Microsecond); ; {
		got, err := s.DescribeExecution(ctx, DescribeExecutionInput{ExecutionARN: arn})
		if err != nil || got.Status != asl.Running {
			return got, err
		}
		if s.timers.len() > 0 {
			clock.Advance(5 * time.Second)
		}
		w.mu.Lock()
		tokens := append([]string(nil), w.tokens...)
		w.mu.Unlock()
		for _, token := range tokens { // an answer may be refused only because the task is done
			if _, err := s.SendTaskSuccess(ctx,
				SendTaskSuccessInput{token, `"shipped"`}); err != nil && !errors.Is(err, errTaskGone) {
				return none, err
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return got, ctx.Err()
		}
	}
}

// crash is the disk and the world at one moment of a run.
type crash struct {
	name  string
	fs    *vfs.MemFS
	world *world
}

func TestService_CrashAtEveryJournalWrite(t *testing.T) {
	t.Parallel()
	crashes, want := recordCrashes(t)
	// The number depends on how many commits each flush covers.
	if len(crashes) < 20 {
		t.Fatalf("only %d crashes were taken", len(crashes))
	}
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkResumed(t, c, want)
		})
	}
}

// recordCrashes runs the workload once, and keeps copies of the disk as a crash would leave it
// before, during and after every write to the log.
func recordCrashes(t *testing.T) (crashes []crash, want string) {
	t.Helper()
	mem, w := vfs.NewCrashableMem(), &world{}
	rng := rand.New(rand.NewPCG(3, 7))
	var mu sync.Mutex
	n := 0
	take := func(moment string, percent int) {
		crashes = append(crashes,
			crash{fmt.Sprintf("%03d %s", n, moment),
				mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng}), w.clone()})
	}
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if !strings.HasSuffix(op.Path, ".log") {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		switch op.Kind {
		case errorfs.OpFileWrite: // nothing of the record is on disk
			n++
			take("before", 0)
		// The record is written, but not flushed: all of it, parts of it, or nothing survives.
		case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
			take("torn", 50)
			take("after", 100)
		}
		return nil
	}))
	w.called = func() {
		mu.Lock()
		defer mu.Unlock()
		n++
		take("committed, killed", 100)
		take("committed, power failure", 0)
	}
	got := runOnce(t, fs, w)
	if got.Status != asl.Succeeded {
		t.Fatalf("without a crash it ended %+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	take("at the end", 0)
	return crashes, *got.Output
}

func runOnce(t *testing.T, fs vfs.FS, w *world) DescribeExecutionOutput {
	t.Helper()
	st, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	w.out = st.Outlet()
	clock := clockwork.NewFakeClockAt(testStart)
	h := startOn(t, st, clock, Options{InvokeLambda: w.invoke, Seed: func() uint64 { return 42 }}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), settle)
	defer cancel()
	got, err := w.drive(ctx, h.Service, clock)
	if err != nil {
		t.Errorf("drive: %v", err)
	}
	if got.Status == asl.Succeeded {
		checkJournal(t, h, got.ExecutionARN)
	}
	h.stop()
	if err := st.Close(); err != nil {
		t.Error(err)
	}
	return got
}

// checkResumed opens the crashed disk, and compares the rest of the run with the run without a
// crash.
func checkResumed(t *testing.T, c crash, want string) {
	recorded := recordedResults(t, c.fs)
	before := len(c.world.calls)
	got := runOnce(t, c.fs, c.world)
	if got.Status != asl.Succeeded || *got.Output != want {
		t.Fatalf("ended %+v", got)
	}
	for _, call := range c.world.calls[before:] {
		name, _, _ := strings.Cut(call, " ")
		if n := strings.Count(strings.Join(c.world.calls, "\n")+"\n",
			call+"\n"); recorded[name] > 0 && name != "d" && name != "b" {
			t.Errorf("%s was invoked again (%d times) though its result was recorded", call, n)
		}
	}
	d := 0
	for _, call := range c.world.calls[before:] {
		if strings.HasPrefix(call, "d ") {
			d++
		}
	}
	if d > 2-recorded["d"] {
		t.Errorf("d was invoked %d times after the crash, %d of 2 results were recorded", d, recorded["d"])
	}
}

// recordedResults counts, for each function, the successes in the journal of a crashed disk.
func recordedResults(t *testing.T, fs *vfs.MemFS) map[string]int {
	t.Helper()
	n := map[string]int{}
	st, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	resource := map[int64]string{}
	for p, err := range st.Scan(historyKeys, historyKeys.End()) {
		if err != nil {
			t.Fatal(err)
		}
		events, err := asl.DecodeEvents(nil, p.Value)
		if err != nil {
			t.Fatalf("a torn journal was not cut by the store: %v", err)
		}
		for _, e := range events {
			switch e.Type {
			case asl.EventLambdaFunctionScheduled:
				resource[e.ID] = e.Resource[strings.LastIndex(e.Resource, ":")+1:]
			case asl.EventLambdaFunctionStarted:
				resource[e.ID] = resource[e.PreviousID]
			case asl.EventLambdaFunctionSucceeded:
				n[resource[e.PreviousID]]++
			case asl.EventTaskSubmitted:
				n["submit"]++
			}
		}
	}
	return n
}

// checkJournal checks that ids have no gap, that causes precede their effects, that there is one
// end, and that the indexes are empty after it.
func checkJournal(t *testing.T, h *harness, arn string) {
	t.Helper()
	e, err := h.execution(arn)
	if err != nil {
		t.Fatal(err)
	}
	id, last := int64(0), ""
	for at, err := range h.events(e.ID, nil, false) {
		if err != nil {
			t.Fatal(err)
		}
		id++
		if at.event.ID != id || at.event.PreviousID >= id {
			t.Errorf("event %d after %d, previous %d", at.event.ID, id-1, at.event.PreviousID)
		}
		if strings.HasPrefix(last, "Execution") && last != "ExecutionStarted" {
			t.Errorf("%s after %s", at.event.Type, last)
		}
		last = at.event.Type.String()
	}
	if last != "ExecutionSucceeded" {
		t.Errorf("the journal ends with %s", last)
	}
	for p, err := range h.store.Scan(runningKeys, runningKeys.End()) {
		t.Errorf("the execution is still marked as running: %x, %v", p.Key, err)
	}
	until(t, "nothing is left in memory",
		func() bool { return h.timers.len() == 0 && h.runs.len() == 0 && h.running.count("m") == 0 })
}
