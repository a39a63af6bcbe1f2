package states

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

const chargeMachine = `{"StartAt":"Reserve","States":{
	"Reserve":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:reserve","Next":"Charge"},
	"Charge":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:charge","End":true,
		"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":10,"MaxAttempts":1}]}}}`

// charging returns a service whose function charge fails until it is repaired.
func charging(t *testing.T) (h *harness, repaired *atomic.Bool) {
	repaired = &atomic.Bool{}
	h = start(t, map[string]func(string) (string, error){
		"reserve": func(string) (string, error) { return `{"reserved":true}`, nil },
		"charge": func(string) (string, error) {
			if !repaired.Load() {
				return "", functionFailure(`{"errorType":"Busy","errorMessage":"later"}`)
			}
			return `{"charged":true}`, nil
		},
	})
	return h, repaired
}

func (h *harness) failedOrder(machine string) string {
	h.t.Helper()
	arn := h.begin(machine, "x", `{}`)
	h.advance(10 * time.Second)
	if got := h.ended(arn); got.Status != asl.Failed || *got.Error != "Busy" || got.RedriveStatus != "REDRIVABLE" {
		h.t.Fatalf("ended %+v", got)
	}
	return arn
}

func TestService_RedriveExecution(t *testing.T) {
	t.Parallel()
	h, repaired := charging(t)
	machine := h.machine("m", chargeMachine)
	arn := h.failedOrder(machine)
	before := h.types(arn)
	if _, err := h.UpdateStateMachine(t.Context(),
		UpdateStateMachineInput{StateMachineARN: machine, Definition: failMachine}); err != nil {
		t.Fatal(err)
	}
	repaired.Store(true)
	h.clock.Advance(time.Minute)
	out, err := h.wire("RedriveExecution", `{"executionArn":"`+arn+`","clientToken":"once"}`)
	if err != nil || out != `{"redriveDate":1795348870}` {
		t.Fatalf("redriven %s, %v", out, err)
	}
	got := h.ended(arn)
	if got.Status != asl.Succeeded || *got.Output != `{"charged":true}` || got.RedriveCount != 1 ||
		got.RedriveDate != 1795348870000 || got.Error != nil {
		t.Errorf("ended %+v", got)
	}
	if n := h.functions.called("reserve"); n != 1 {
		t.Errorf("reserve was called %d times", n)
	}
	if after := h.types(arn); !strings.HasPrefix(after, before+" ExecutionRedriven LambdaFunctionScheduled") {
		t.Errorf("history = %s\nbefore  = %s", after, before)
	}
	h.clock.Advance(14 * time.Minute)
	again, err := h.wire("RedriveExecution", `{"executionArn":"`+arn+`","clientToken":"once"}`)
	if err != nil || again != out {
		t.Errorf("same client token = %s, %v", again, err)
	}
	_, err = h.wire("RedriveExecution", `{"executionArn":"`+arn+`","clientToken":"twice"}`)
	wantError(t, err, "ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven")
	h.clock.Advance(2 * time.Minute)
	_, err = h.wire("RedriveExecution", `{"executionArn":"`+arn+`","clientToken":"once"}`)
	wantError(t, err, "ExecutionNotRedrivable", "SUCCEEDED")
}

func TestService_RedriveExecution_RetriesAgain(t *testing.T) {
	t.Parallel()
	h, _ := charging(t)
	arn := h.failedOrder(h.machine("m", chargeMachine))
	for n := 1; n <= 3; n++ {
		calls := h.functions.called("charge")
		if _, err := h.RedriveExecution(t.Context(), RedriveExecutionInput{ExecutionARN: arn}); err != nil {
			t.Fatal(err)
		}
		h.advance(10 * time.Second)
		if got := h.ended(arn); got.Status != asl.Failed || got.RedriveCount != n {
			t.Errorf("ended %+v", got)
		}
		if h.functions.called("charge") != calls+2 {
			t.Errorf("redrive %d called charge %d times, want one retry", n, h.functions.called("charge")-calls)
		}
		out, err := h.ListExecutions(t.Context(), ListExecutionsInput{StateMachineARN: h.arns.machine("m")})
		if err != nil || len(out.Executions) != 1 || out.Executions[0].RedriveCount != n ||
			out.Executions[0].Status != asl.Failed {
			t.Errorf("listed %+v, %v", out.Executions, err)
		}
	}
}

func TestService_RedriveExecution_Refused(t *testing.T) {
	t.Parallel()
	h, _ := charging(t)
	arn := h.failedOrder(h.machine("m", chargeMachine))
	running := h.begin(h.machine("hour", hourMachine), "r", `{}`)
	_, err := h.wire("RedriveExecution", `{"executionArn":"`+running+`"}`)
	wantError(t, err, "ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven")
	_, err = h.wire("RedriveExecution", `{"executionArn":"`+running+`x"}`)
	wantError(t, err, "ExecutionDoesNotExist", running)
	_, err = h.wire("RedriveExecution", `{"executionArn":"`+arn+`","clientToken":"with blank"}`)
	wantError(t, err, "ValidationException", "clientToken")
	h.clock.Advance(14*24*time.Hour + time.Second)
	_, err = h.wire("RedriveExecution", `{"executionArn":"`+arn+`"}`)
	wantError(t, err, "ExecutionNotRedrivable", "Execution redrivable period exceeded")
	if got := h.describe(arn); got.RedriveStatus != "NOT_REDRIVABLE" {
		t.Errorf("described %+v", got)
	}
}

func TestService_TimedOutMachine(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	arn := h.begin(h.machine("m",
		`{"TimeoutSeconds":60,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`), "x", `{}`)
	h.advance(61 * time.Second) // the timer is late; the execution's stop time is that of the timer all the same
	got := h.ended(arn)
	if got.Status != asl.TimedOut || got.Error != nil || got.StopDate != got.StartDate+60_000 ||
		got.RedriveStatus != "REDRIVABLE" {
		t.Errorf("ended %+v", got)
	}
	if _, err := h.RedriveExecution(t.Context(), RedriveExecutionInput{ExecutionARN: arn}); err != nil {
		t.Fatal(err)
	}
	h.advance(59 * time.Second)
	if got := h.describe(arn); got.Status != asl.Running {
		t.Errorf("the timeout did not start anew: %+v", got)
	}
	h.advance(time.Second)
	if got := h.ended(arn); got.Status != asl.TimedOut || got.RedriveCount != 1 {
		t.Errorf("ended %+v", got)
	}
}

var errUnreachable = errors.New("unreachable")
