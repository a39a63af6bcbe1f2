package states

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// bus collects status changes. While it is down it refuses them.
type bus struct {
	mu     sync.Mutex
	down   bool
	tried  int
	events []StatusChange
}

func (b *bus) publish(_ context.Context, e StatusChange) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried++
	if b.down {
		return errors.New("bus is down")
	}
	b.events = append(b.events, e)
	return nil
}

func (b *bus) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events)
}

func TestService_StatusChanges(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b := &bus{}
	h := startOn(t, st, clockwork.NewFakeClockAt(testStart), Options{Publish: b.publish}, newFunctions(nil))
	defer h.stop()
	arn := h.begin(h.machine("m", failMachine), "x", `{"a":1}`)
	h.clock.Advance(time.Second)
	if _, err := h.RedriveExecution(t.Context(), RedriveExecutionInput{ExecutionARN: arn}); err != nil {
		t.Fatal(err)
	}
	until(t, "four events are published", func() bool { return b.len() == 4 })
	const head = `{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:x",` +
		`"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","name":"x","status":`
	const versions = `"stateMachineVersionArn":null,"stateMachineAliasArn":null,`
	for i, want := range []string{
		head + `"RUNNING","startDate":1795348800000,"stopDate":null,"input":"{\"a\":1}","output":null,` + versions +
			`"redriveCount":0,"redriveDate":null,` +
			`"redriveStatus":"NOT_REDRIVABLE",` +
			`"redriveStatusReason":"Execution is RUNNING and cannot be redriven",` +
			`"inputDetails":{"included":true},"outputDetails":null,"error":null,"cause":null}`,
		head + `"FAILED","startDate":1795348800000,"stopDate":1795348800000,"input":"{\"a\":1}","output":null,` +
			versions + `"redriveCount":0,"redriveDate":null,` +
			`"redriveStatus":"REDRIVABLE","redriveStatusReason":null,"inputDetails":{"included":true},` +
			`"outputDetails":null,"error":"Broken","cause":"by design"}`,
		head + `"RUNNING","startDate":1795348800000,"stopDate":null,"input":"{\"a\":1}","output":null,` + versions +
			`"redriveCount":1,"redriveDate":1795348801000,` +
			`"redriveStatus":"REDRIVE_IN_PROGRESS","redriveStatusReason":null,"inputDetails":{"included":true},` +
			`"outputDetails":null,"error":null,"cause":null}`,
		head + `"FAILED","startDate":1795348800000,"stopDate":1795348801000,"input":"{\"a\":1}","output":null,` +
			versions + `"redriveCount":1,"redriveDate":1795348801000,` +
			`"redriveStatus":"REDRIVABLE","redriveStatusReason":null,"inputDetails":{"included":true},` +
			`"outputDetails":null,"error":"Broken","cause":"by design"}`,
	} {
		e := b.events[i]
		if string(e.Detail) != want {
			t.Errorf("event %d = %s\nwant      %s", i, e.Detail, want)
		}
		if e.Source != "aws.states" || e.DetailType != "Step Functions Execution Status Change" ||
			len(e.Resources) != 1 || e.Resources[0] != arn {
			t.Errorf("event %d = %+v", i, e)
		}
	}
	until(t, "the outbox is empty", func() bool { return h.outboxLen() == 0 })
}

func (h *harness) outboxLen() (n int) {
	for range h.store.Scan(outboxKeys, outboxKeys.End()) {
		n++
	}
	return n
}

func TestService_StatusChangesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b, clock := &bus{down: true}, clockwork.NewFakeClockAt(testStart)
	h := startOn(t, st, clock, Options{Publish: b.publish}, newFunctions(nil))
	h.begin(h.machine("m", passMachine), "x", `{}`)
	until(t, "publishing was tried", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.tried > 0 })
	h.stop()
	b.mu.Lock()
	b.down = false
	b.mu.Unlock()
	h = startOn(t, st, clock, Options{Publish: b.publish}, newFunctions(nil))
	defer h.stop()
	until(t, "both events are published", func() bool { return b.len() == 2 && h.outboxLen() == 0 })
	if b.events[0].ID == b.events[1].ID {
		t.Error("both events have the same id")
	}
}
