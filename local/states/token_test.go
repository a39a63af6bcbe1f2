package states

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

const callback = `{"StartAt":"Ship","States":{"Ship":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",
	"HeartbeatSeconds":600,"TimeoutSeconds":3600,"Parameters":{"FunctionName":"submit","Payload":{"token.$":"$$.Task.Token"}},
	"Catch":[{"ErrorEquals":["CarrierGaveUp"],"Next":"Undo"}],"End":true},"Undo":{"Type":"Pass","Result":"undone","End":true}}}`

// shipping returns a service whose function submit hands out its token.
func shipping(t *testing.T) (h *harness, tokens chan string) {
	tokens = make(chan string, 10)
	h = start(t, map[string]func(string) (string, error){"submit": func(p string) (string, error) {
		var in struct{ Token string }
		if err := json.Unmarshal([]byte(p), &in); err != nil {
			return "", err
		}
		tokens <- in.Token
		return `{}`, nil
	}})
	return h, tokens
}

// submitted waits until the request has returned: then the execution is no longer in memory.
func (h *harness) submitted(arn string) {
	h.t.Helper()
	until(h.t, "the task is submitted",
		func() bool { return strings.HasSuffix(h.types(arn), "TaskSubmitted") && h.runs.len() == 0 })
}

func TestService_SendTaskSuccess(t *testing.T) {
	t.Parallel()
	h, tokens := shipping(t)
	arn := h.begin(h.machine("m", callback), "x", `{}`)
	token := <-tokens
	h.submitted(arn)
	_, err := h.wire("SendTaskSuccess", `{"taskToken":"`+token+`","output":"{"}`)
	wantError(t, err, "InvalidOutput", "")
	if _, err := h.wire("SendTaskHeartbeat", `{"taskToken":"`+token+`"}`); err != nil {
		t.Error(err)
	}
	if _, err := h.wire("SendTaskSuccess", `{"taskToken":"`+token+`","output":"{\"tracking\":7}"}`); err != nil {
		t.Error(err)
	}
	if got := h.ended(arn); got.Status != asl.Succeeded || *got.Output != `{"tracking":7}` {
		t.Errorf("ended %+v", got)
	}
	for _, op := range []string{"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"} {
		_, err := h.wire(op, `{"taskToken":"`+token+`","output":"{}"}`)
		wantError(t, err, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
		_, err = h.wire(op, `{"taskToken":"nonsense","output":"{}"}`)
		wantError(t, err, "InvalidToken", "Invalid Token: 'Invalid token'")
	}
	if strings.Contains(h.types(arn), "Heartbeat") {
		t.Errorf("history shows the heartbeat: %s", h.types(arn))
	}
}

func TestService_SendTaskFailure(t *testing.T) {
	t.Parallel()
	h, tokens := shipping(t)
	machine := h.machine("m", callback)
	caught, uncaught := h.begin(machine, "caught", `{}`), ""
	if _, err := h.wire("SendTaskFailure",
		`{"taskToken":"`+<-tokens+`","error":"CarrierGaveUp","cause":"strike"}`); err != nil {
		t.Error(err)
	}
	if got := h.ended(caught); got.Status != asl.Succeeded || *got.Output != `"undone"` {
		t.Errorf("caught: %+v", got)
	}
	uncaught = h.begin(machine, "uncaught", `{}`)
	if _, err := h.wire("SendTaskFailure", `{"taskToken":"`+<-tokens+`"}`); err != nil {
		t.Error(err)
	}
	if got := h.ended(uncaught); got.Status != asl.Failed || got.Error != nil || got.Cause != nil {
		t.Errorf("uncaught, without error and cause: %+v", got)
	}
}

func TestService_Heartbeats(t *testing.T) {
	t.Parallel()
	h, tokens := shipping(t)
	arn := h.begin(h.machine("m", callback), "x", `{}`)
	token := <-tokens
	h.submitted(arn)
	for range 3 {
		h.advance(9 * time.Minute)
		if _, err := h.SendTaskHeartbeat(t.Context(), SendTaskHeartbeatInput{token}); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.describe(arn); got.Status != asl.Running {
		t.Fatalf("ended in spite of heartbeats: %+v", got)
	}
	h.advance(11 * time.Minute)
	if got := h.ended(arn); got.Status != asl.Failed || *got.Error != "States.Timeout" {
		t.Errorf("ended %+v, history %s", got, h.types(arn))
	}
	_, err := h.wire("SendTaskSuccess", `{"taskToken":"`+token+`","output":"{}"}`)
	wantError(t, err, "TaskTimedOut", "anymore")
}

func TestService_TokenBeforeSubmission(t *testing.T) {
	t.Parallel()
	var h *harness
	h = start(t, map[string]func(string) (string, error){"submit": func(p string) (string, error) {
		var in struct{ Token string }
		if err := json.Unmarshal([]byte(p), &in); err != nil {
			return "", err
		}
		_, err := h.SendTaskSuccess(t.Context(), SendTaskSuccessInput{in.Token, `"early"`})
		return `{}`, err
	}})
	if got := h.ended(h.begin(h.machine("m", callback), "x", `{}`)); got.Status != asl.Succeeded ||
		*got.Output != `"early"` {
		t.Errorf("ended %+v", got)
	}
}

func TestService_SubmissionFails(t *testing.T) {
	t.Parallel()
	h := start(t,
		map[string]func(string) (string,
			error){"submit": func(string) (string, error) { return "", errors.New("connection refused") }})
	arn := h.begin(h.machine("m", callback), "x", `{}`)
	if got := h.ended(arn); got.Status != asl.Failed || *got.Error != "Lambda.SdkClientException" ||
		!strings.Contains(h.types(arn), "TaskSubmitFailed") {
		t.Errorf("ended %+v, history %s", got, h.types(arn))
	}
}
