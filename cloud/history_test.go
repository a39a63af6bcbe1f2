package cloud

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func TestExecutions_FailedStep(t *testing.T) {
	t.Parallel()
	entered := `{"id":2,"previousEventId":0,"timestamp":1,"type":"TaskStateEntered","stateEnteredEventDetails":{"name":"ChargePayment"}}`
	for _, tt := range []struct {
		name, events, step string
		ended              bool
	}{
		{
			"failed",
			`{"id":9,"timestamp":1,"type":"ExecutionFailed"},{"id":8,"timestamp":1,"type":"TaskFailed"},` + entered,
			"ChargePayment", true,
		},
		{
			"redriven since",
			`{"id":10,"timestamp":1,"type":"ExecutionRedriven"},{"id":9,"timestamp":1,"type":"ExecutionFailed"},` + entered,
			"", false,
		},
		{
			"failed after a redrive",
			`{"id":12,"timestamp":1,"type":"ExecutionAborted"},{"id":10,"timestamp":1,"type":"ExecutionRedriven"},` + entered,
			"ChargePayment", true,
		},
		{
			"failed before any state",
			`{"id":2,"timestamp":1,"type":"ExecutionFailed"},{"id":1,"timestamp":1,"type":"ExecutionStarted"}`, "",
			true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, x := executionsOn(t, map[string]string{"GetExecutionHistory": `{"events":[` + tt.events + `]}`})
			step, ended, err := x.FailedStep(t.Context(), executionARN)
			if err != nil || step != tt.step || ended != tt.ended {
				t.Errorf("got %q, %v, %v", step, ended, err)
			}
			if f.asked[0].in["reverseOrder"] != true {
				t.Errorf("asked %v", f.asked[0].in)
			}
		})
	}
}

func TestExecutions_OpenToken(t *testing.T) {
	t.Parallel()
	scheduled := `{"id":7,"timestamp":1,"type":"TaskScheduled","taskScheduledEventDetails":{"resource":"invoke.waitForTaskToken","resourceType":"lambda","region":"r",
		"parameters":"{\"FunctionName\":\"f\",\"Payload\":{\"orderId\":\"ord_1\",\"taskToken\":\"the live one\"}}"}}`
	scheduled += `,{"id":6,"timestamp":1,"type":"TaskStateEntered","stateEnteredEventDetails":{"name":"RequestShipment"}}`
	for _, tt := range []struct{ name, events, want string }{
		{
			"waits",
			`{"id":9,"timestamp":1,"type":"TaskSubmitted"},{"id":8,"timestamp":1,"type":"TaskStarted"},` + scheduled,
			"the live one",
		},
		{"about to wait", scheduled, "the live one"},
		{
			"answered",
			`{"id":10,"timestamp":1,"type":"TaskSucceeded"},{"id":9,"timestamp":1,"type":"TaskSubmitted"},` + scheduled,
			"",
		},
		{
			"between two attempts",
			`{"id":10,"timestamp":1,"type":"TaskFailed"},{"id":9,"timestamp":1,"type":"TaskStarted"},` + scheduled,
			"",
		},
		{
			"in the next state",
			`{"id":12,"timestamp":1,"type":"TaskStateEntered"},{"id":11,"timestamp":1,"type":"TaskStateExited"},` + scheduled,
			"",
		},
		{"ended", `{"id":12,"timestamp":1,"type":"ExecutionFailed"},` + scheduled, ""},
		{
			"a task without a token",
			`{"id":8,"timestamp":1,"type":"TaskStarted"},{"id":7,"timestamp":1,"type":"TaskScheduled","taskScheduledEventDetails":{"parameters":"{\"Payload\":{\"orderId\":\"ord_1\"}}"}}`,
			"",
		},
		{
			"after a retry",
			strings.Replace(scheduled, `{"id":6`, `{"id":5,"timestamp":1,"type":"TaskFailed"},
				{"id":4,"timestamp":1,"type":"TaskScheduled","taskScheduledEventDetails":{"parameters":"{}"}},{"id":3`, 1),
			"the live one",
		},
		{"waits in another state", strings.Replace(scheduled, "RequestShipment", "AwaitReview", 1), ""},
		{"just begun", `{"id":1,"timestamp":1,"type":"ExecutionStarted"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, x := executionsOn(t, map[string]string{"GetExecutionHistory": `{"events":[` + tt.events + `]}`})
			got, err := x.OpenToken(t.Context(), "ord_1", "RequestShipment")
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v", got, err)
			}
			if in := f.asked[0].in; in["reverseOrder"] != true || in["includeExecutionData"] != true ||
				in["executionArn"] != executionARN {
				t.Errorf("asked %v", in)
			}
		})
	}
	_, x := executionsOn(t, map[string]string{"GetExecutionHistory": "!ExecutionDoesNotExist: none"})
	_, err := x.OpenToken(t.Context(), "ord_1", "RequestShipment")
	wantCode(t, err, orderflow.CodeNotFound)
}

func TestExecutions_History(t *testing.T) {
	t.Parallel()
	_, x := executionsOn(t, map[string]string{"GetExecutionHistory": `{"events":[
		{"id":5,"previousEventId":4,"timestamp":4,"type":"ExecutionFailed","executionFailedEventDetails":{"error":"E","cause":"C"}},
		{"id":4,"previousEventId":3,"timestamp":3,"type":"TaskFailed","taskFailedEventDetails":{"resource":"invoke","resourceType":"lambda","error":"E","cause":"C"}},
		{"id":3,"previousEventId":2,"timestamp":2,"type":"TaskScheduled","taskScheduledEventDetails":{"resource":"invoke.waitForTaskToken","resourceType":"lambda","region":"us-east-1","parameters":"{\"taskToken\":\"secret\"}"}},
		{"id":2,"previousEventId":0,"timestamp":1,"type":"TaskStateEntered","stateEnteredEventDetails":{"name":"RequestShipment","input":"{}"}}]}`})
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	want := []orderflow.ExecutionEvent{
		{ID: 2, At: at(1), Type: "TaskStateEntered", State: "RequestShipment", Input: "{}"},
		{ID: 3, PreviousID: 2, At: at(2), Type: "TaskScheduled", Resource: "invoke.waitForTaskToken"},
		{ID: 4, PreviousID: 3, At: at(3), Type: "TaskFailed", Resource: "invoke", Error: "E", Cause: "C"},
		{ID: 5, PreviousID: 4, At: at(4), Type: "ExecutionFailed", Error: "E", Cause: "C"},
	}
	got, older, err := x.History(t.Context(), "ord_1", 10)
	if err != nil || older || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, older %v, %v", got, older, err)
	}
	got, older, err = x.History(t.Context(), "ord_1", 2)
	if err != nil || !older || !reflect.DeepEqual(got, want[2:]) {
		t.Errorf("latest two: %+v, older %v, %v", got, older, err)
	}
}
