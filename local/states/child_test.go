package states

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// family is a service whose state machines call it. It can be stopped and opened again.
type family struct {
	*harness
	router *awsapi.Router
	opt    Options
}

// newFamily returns a family; calls, if given, intercepts the calls from the state machines to the
// service.
func newFamily(t *testing.T,
	calls func(ctx context.Context, op string, next func() (json.RawMessage, error)) (json.RawMessage, error)) *family {
	t.Helper()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	f := &family{router: &awsapi.Router{}}
	f.opt.Caller = func(ctx context.Context, service, op string, in json.RawMessage) (json.RawMessage, error) {
		next := func() (json.RawMessage, error) { return f.router.CallJSON(ctx, service, op, in) }
		if calls == nil {
			return next()
		}
		return calls(ctx, op, next)
	}
	f.open(t, st, clockwork.NewFakeClockAt(testStart))
	t.Cleanup(func() {
		f.stop()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *family) open(t *testing.T, st *store.Store, clock *clockwork.FakeClock) {
	f.harness = startOn(t, st, clock, f.opt, newFunctions(nil))
	f.router.Register("states", f.Service)
}

func (f *family) restart(t *testing.T) {
	t.Helper()
	f.stop()
	f.open(t, f.store, f.clock)
}

// parent creates a state machine that runs a child and waits for it; more holds additional fields
// of its task.
func (f *family) parent(name, pattern, child, more string) string {
	f.t.Helper()
	return f.machine(name, `{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.`+pattern+`",
		"Parameters":{"StateMachineArn":"`+child+`","Name":"kid","Input.$":"$"},"End":true`+more+`}}}`)
}

// settled waits until no task waits for a child any more.
func (f *family) settled() {
	f.t.Helper()
	until(f.t, "all links are gone", func() bool {
		f.children.mu.Lock()
		defer f.children.mu.Unlock()
		return len(f.children.byParent) == 0 && len(f.children.byChild) == 0
	})
	for p, err := range f.store.Scan(childKeys, childKeys.End()) {
		f.t.Errorf("the link %x is left: %v", p.Key, err)
	}
}

const caught = `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}]},"Caught":{"Type":"Pass","End":true`

func TestService_Child(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:states:us-east-1:000000000000:"
	describe := func(stop int, input, more, status string) string {
		return fmt.Sprintf(`%s"ExecutionArn":"%sexecution:child:kid","Input":%s,`+
			`"InputDetails":{"Included":true},"Name":"kid",`, more, arn, input) +
			fmt.Sprintf(`%%s"StartDate":1795348800000,"StateMachineArn":"%sstateMachine:child","Status":"%s",`+
				`"StopDate":%d`, arn, status, 1795348800000+stop)
	}
	text := func(format, output string) string { return "{" + fmt.Sprintf(format, output) + "}" }
	const succeeds = `{"StartAt":"P","States":{"P":{"Type":"Pass","Result":{"r":[1]},"End":true}}}`
	const times = `{"TimeoutSeconds":5,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}`
	for _, tt := range []struct {
		name, pattern, child string
		after                time.Duration
		output, cause        string
	}{
		{"succeeds", "sync", succeeds, 0,
			text(describe(0, `"{\"n\":1}"`, ``, "SUCCEEDED"),
				`"Output":"{\"r\":[1]}","OutputDetails":{"Included":true},`), ""},
		{"succeeds with JSON", "sync:2", succeeds, 0,
			text(describe(0, `{"n":1}`, ``, "SUCCEEDED"), `"Output":{"r":[1]},"OutputDetails":{"Included":true},`), ""},
		{"waits", "sync:2", hourMachine, time.Hour,
			text(describe(3600_000, `{"n":1}`, ``, "SUCCEEDED"),
				`"Output":{"n":1},"OutputDetails":{"Included":true},`), ""},
		{"fails", "sync", failMachine, 0, "",
			text(describe(0, `"{\"n\":1}"`, `"Cause":"by design","Error":"Broken",`, "FAILED"), ``)},
		{"times out", "sync:2", times, 5 * time.Second, "", text(describe(5000, `{"n":1}`, ``, "TIMED_OUT"), ``)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFamily(t, nil)
			x := f.begin(f.parent("parent", tt.pattern, f.machine("child", tt.child), ""), "x", `{"n":1}`)
			if tt.after > 0 {
				until(t, "the parent waits", func() bool { return strings.HasSuffix(f.types(x), "TaskSubmitted") })
				f.advance(tt.after)
			}
			got := f.ended(x)
			const began = "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted "
			if tt.cause == "" {
				if got.Status != asl.Succeeded || *got.Output != tt.output ||
					f.types(x) != began+"TaskSucceeded TaskStateExited ExecutionSucceeded" {
					t.Errorf("ended %s %s\n%s\nwant %s", got.Status, f.types(x), deref(got.Output), tt.output)
				}
			} else if got.Status != asl.Failed || *got.Error != "States.TaskFailed" || *got.Cause != tt.cause ||
				f.types(x) != began+"TaskFailed ExecutionFailed" {
				t.Errorf("ended %s %s\n%s %s\nwant %s", got.Status, f.types(x), deref(got.Error), deref(got.Cause),
					tt.cause)
			}
			f.settled()
		})
	}
}

func deref(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// TestService_Child_givenUp: a child whose parent does not wait for it any more is stopped, and so
// are its children.
func TestService_Child_givenUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, more string
		giveUp     func(f *family, parent string)
		status     asl.Status
	}{
		{"stopped", "", func(f *family, parent string) {
			if _, err := f.StopExecution(f.t.Context(), StopExecutionInput{ExecutionARN: parent}); err != nil {
				f.t.Fatal(err)
			}
		}, asl.Aborted},
		{"timed out", `,"TimeoutSeconds":60` + caught, func(f *family, _ string) { f.advance(time.Minute) },
			asl.Succeeded},
	} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s restart %t", tt.name, restart), func(t *testing.T) {
				t.Parallel()
				f := newFamily(t, nil)
				grandchild := f.machine("grandchild", hourMachine)
				child := f.parent("child", "sync", grandchild, "")
				parent := f.begin(f.parent("parent", "sync", child, tt.more), "x", `{}`)
				kid, kidsKid := f.arns.execution("child", "kid"), f.arns.execution("grandchild", "kid")
				for _, arn := range []string{parent, kid} {
					until(t, "it waits", func() bool { return strings.HasSuffix(f.history(arn), "TaskSubmitted") })
				}
				if restart {
					f.restart(t)
				}
				tt.giveUp(f, parent)
				if got := f.ended(parent); got.Status != tt.status {
					t.Errorf("the parent ended %s", got.Status)
				}
				for _, arn := range []string{kid, kidsKid} {
					if got := f.ended(arn); got.Status != asl.Aborted {
						t.Errorf("%s ended %s", arn, got.Status)
					}
				}
				f.settled()
			})
		}
	}
}

// history returns the event types of an execution that may not exist yet.
func (f *family) history(arn string) string {
	if _, err := f.DescribeExecution(f.t.Context(), DescribeExecutionInput{ExecutionARN: arn}); err != nil {
		return ""
	}
	return f.types(arn)
}

// TestService_Child_survives: parent and child end as if the service had run all the time, wherever
// it was killed.
func TestService_Child_survives(t *testing.T) {
	t.Parallel()
	t.Run("while the child runs", func(t *testing.T) {
		t.Parallel()
		f := newFamily(t, nil)
		x := f.begin(f.parent("parent", "sync:2", f.machine("child", hourMachine), ""), "x", `{}`)
		until(t, "the parent waits", func() bool { return strings.HasSuffix(f.types(x), "TaskSubmitted") })
		f.restart(t)
		f.advance(time.Hour)
		if got := f.ended(x); got.Status != asl.Succeeded {
			t.Errorf("ended %+v", got)
		}
		f.settled()
	})
	for _, op := range []string{"StartExecution", "DescribeExecution", "StopExecution"} {
		t.Run("during "+op, func(t *testing.T) {
			t.Parallel()
			var once sync.Once
			lost := make(chan struct{})
			f := newFamily(t,
				func(ctx context.Context, called string, next func() (json.RawMessage, error)) (json.RawMessage, error) {
					out, err := next()
					if called == op {
						once.Do(func() { close(lost); <-ctx.Done() }) // the answer is lost
					}
					return out, err
				})
			child, status := passMachine, asl.Succeeded
			if op == "StopExecution" {
				child, status = hourMachine, asl.Aborted
			}
			x := f.begin(f.parent("parent", "sync", f.machine("child", child), ""), "x", `{}`)
			if op == "StopExecution" {
				until(t, "the parent waits", func() bool { return strings.HasSuffix(f.types(x), "TaskSubmitted") })
				if _, err := f.StopExecution(t.Context(), StopExecutionInput{ExecutionARN: x}); err != nil {
					t.Fatal(err)
				}
			}
			<-lost
			f.restart(t)
			if got := f.ended(x); got.Status != status {
				t.Errorf("ended %s: %s %s", got.Status, deref(got.Error), deref(got.Cause))
			}
			if got := f.ended(f.arns.execution("child", "kid")); got.Status != status {
				t.Errorf("the child ended %s", got.Status)
			}
			f.settled()
		})
	}
}

// TestService_Child_refused: a call that the role does not allow fails the task, as with other
// integrations.
func TestService_Child_refused(t *testing.T) {
	t.Parallel()
	for op, types := range map[string]string{
		"StartExecution":    "TaskStarted TaskSubmitFailed ExecutionFailed",
		"DescribeExecution": "TaskStarted TaskSubmitted TaskFailed ExecutionFailed",
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			var as awsapi.Identity // written before the execution ends
			f := newFamily(t,
				func(ctx context.Context, called string, next func() (json.RawMessage, error)) (json.RawMessage, error) {
					if called == op {
						as = awsapi.IdentityFrom(ctx)
						return nil, &awsapi.Error{Type: "AccessDeniedException", Message: "no " + op, Status: 400}
					}
					return next()
				})
			x := f.begin(f.parent("parent", "sync", f.machine("child", passMachine), ""), "x", `{}`)
			got := f.ended(x)
			if got.Status != asl.Failed || *got.Error != "StepFunctions.AWSStepFunctionsException" ||
				!strings.HasPrefix(*got.Cause, "no "+op) || !strings.HasSuffix(f.types(x), types) {
				t.Errorf("ended %s %s %s\n%s", got.Status, deref(got.Error), deref(got.Cause), f.types(x))
			}
			if as.AccessKey != "role/order-machine" {
				t.Errorf("called as %+v", as)
			}
			f.settled()
		})
	}
}
