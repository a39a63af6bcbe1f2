package cloud

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/orderflow-dev/orderflow"
)

const (
	machineARN   = "arn:aws:states:us-east-1:000000000000:stateMachine:of-fulfil-order"
	executionARN = "arn:aws:states:us-east-1:000000000000:execution:of-fulfil-order:ord_1"
)

func executionsOn(t *testing.T, answers map[string]string) (*fakeAWS, *Executions) {
	f, cfg := newFake(t, answers)
	return f, &Executions{Client: sfn.NewFromConfig(cfg), StateMachine: machineARN}
}

func TestExecutions_Start(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		want         string // part of the error
	}{
		{"started", `{"executionArn":"` + executionARN + `","startDate":1}`, ""},
		{"exists", "!ExecutionAlreadyExists: Execution Already Exists: '" + executionARN + "'", ""},
		{"throttled", "!ThrottlingException: Rate exceeded", "Throttled"},
		{"no machine", "!StateMachineDoesNotExist: State Machine Does Not Exist", "start execution"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, x := executionsOn(t, map[string]string{"StartExecution": tt.answer})
			err := x.Start(t.Context(), "ord_1")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			want := map[string]any{"stateMachineArn": machineARN, "name": "ord_1", "input": `{"orderId":"ord_1"}`}
			if !reflect.DeepEqual(f.asked[0].in, want) {
				t.Errorf("asked %v", f.asked[0].in)
			}
		})
	}
}

func TestExecutions_Execution(t *testing.T) {
	t.Parallel()
	f, x := executionsOn(t, map[string]string{"DescribeExecution": `{"executionArn":"` + executionARN + `","stateMachineArn":"` + machineARN + `","status":"FAILED",
		"startDate":1700000000.5,"stopDate":1700000010,"error":"PaymentUnavailable","cause":"c","redriveCount":1,"redriveDate":1700000005,"redriveStatus":"REDRIVABLE"}`})
	got, err := x.Execution(t.Context(), "ord_1")
	if err != nil {
		t.Fatal(err)
	}
	want := orderflow.Execution{
		ARN: executionARN, Status: "FAILED", StartedAt: time.Unix(1700000000, 5e8).UTC(),
		StoppedAt: time.Unix(1700000010, 0).UTC(), Error: "PaymentUnavailable",
		Cause: "c", RedriveCount: 1, RedrivenAt: time.Unix(1700000005, 0).UTC(), Redrivable: true,
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if f.asked[0].in["executionArn"] != executionARN {
		t.Errorf("asked %v", f.asked[0].in)
	}
}

func TestExecutions_Execution_notFound(t *testing.T) {
	t.Parallel()
	_, x := executionsOn(t, map[string]string{"DescribeExecution": "!ExecutionDoesNotExist: Execution Does Not Exist"})
	_, err := x.Execution(t.Context(), "ord_1")
	wantCode(t, err, orderflow.CodeNotFound)
}

func TestExecutions_Redrive(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		want         orderflow.Code
	}{
		{"redriven", `{"redriveDate":1}`, ""},
		{"running", "!ExecutionNotRedrivable: Execution is RUNNING and cannot be redriven", orderflow.CodeNotRedrivable},
		{"none", "!ExecutionDoesNotExist: Execution Does Not Exist", orderflow.CodeNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, x := executionsOn(t, map[string]string{"RedriveExecution": tt.answer})
			err := x.Redrive(t.Context(), "ord_1", "token")
			wantCode(t, err, tt.want)
			if tt.want == orderflow.CodeNotRedrivable && !strings.Contains(err.Error(), "Execution is RUNNING") {
				t.Errorf("does not say why: %v", err)
			}
			if want := map[string]any{"executionArn": executionARN,
				"clientToken": "token"}; !reflect.DeepEqual(f.asked[0].in, want) {
				t.Errorf("asked %v", f.asked[0].in)
			}
		})
	}
}

func TestExecutions_answers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		fails        bool
		code         orderflow.Code
	}{
		{"taken", "{}", false, ""},
		{
			"timed out", "!TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'", true,
			orderflow.CodeTokenGone,
		},
		{"gone", "!TaskDoesNotExist: gone", true, orderflow.CodeTokenGone},
		{"invalid", "!InvalidToken: Invalid Token: 'Invalid token'", true, orderflow.CodeTokenGone},
		{"throttled", "!ThrottlingException: Rate exceeded", true, orderflow.CodeThrottled},
		{"forbidden", "!AccessDeniedException: no", true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, x := executionsOn(t, map[string]string{"SendTaskSuccess": tt.answer, "SendTaskFailure": tt.answer})
			if err := x.Succeed(t.Context(), "token", map[string]string{"shipmentId": "shp_1"}); (err != nil) != tt.fails || orderflow.CodeOf(err) != tt.code {
				t.Errorf("succeed: %v", err)
			}
			if err := x.Fail(t.Context(), "token", orderflow.CodeOrderCancelled, "why"); (err != nil) != tt.fails ||
				orderflow.CodeOf(err) != tt.code {
				t.Errorf("fail: %v", err)
			}
			want := []call{
				{"SendTaskSuccess", map[string]any{"taskToken": "token", "output": `{"shipmentId":"shp_1"}`}},
				{"SendTaskFailure", map[string]any{"taskToken": "token", "error": "OrderCancelled", "cause": "why"}},
			}
			if !reflect.DeepEqual(f.asked, want) {
				t.Errorf("asked %v", f.asked)
			}
		})
	}
}

func TestExecutions_Failed(t *testing.T) {
	t.Parallel()
	listed := func(name string, start, stop int) string {
		return fmt.Sprintf(`{"executionArn":"arn of %[1]s","stateMachineArn":"m","name":%[1]q,"status":"FAILED","startDate":%[2]d,"stopDate":%[3]d,"redriveCount":2}`, name, start, stop)
	}
	now := int(time.Unix(1_800_000_000, 0).Unix())
	f, x := executionsOn(t, map[string]string{"ListExecutions": `{"executions":[` + strings.Join([]string{
		listed("ord_new", now-100, now-10), listed("ord_old", now-2000, now-1000),
		listed("ord_waited", now-1_000_000, now-20),
		listed("ord_ancient", now-10_000_000, now-20)}, ",") + `]}`})
	var got []string
	for e, err := range x.Failed(t.Context(), time.Unix(int64(now-500), 0)) {
		wantCode(t, err, "")
		got = append(got, e.OrderID)
		if e.ARN != "arn of "+e.OrderID || e.RedriveCount != 2 {
			t.Errorf("got %+v", e)
		}
	}
	want := []string{"ord_new", "ord_waited"}
	if want = slices.Concat(want, want, want); !slices.Equal(got, want) { // one for each status
		t.Errorf("got %v", got)
	}
	for i, status := range []string{"FAILED", "TIMED_OUT", "ABORTED"} {
		if in := f.asked[i].in; in["statusFilter"] != status || in["stateMachineArn"] != machineARN {
			t.Errorf("asked %v", in)
		}
	}
	for e := range x.Failed(t.Context(), time.Unix(0, 0)) {
		if e.OrderID != "ord_new" {
			t.Errorf("got %s after a break", e.OrderID)
		}
		break
	}
}
