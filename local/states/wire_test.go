package states

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// client serves the service on a loopback port and returns an SDK client for it.
func (h *harness) client() *sfn.Client {
	h.t.Helper()
	router := &awsapi.Router{}
	router.Register("states", h.Service)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	server := &http.Server{Handler: router, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // ErrServerClosed
	h.t.Cleanup(func() { _ = server.Close() })
	return sfn.New(sfn.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + l.Addr().String()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("operator", "secret", ""),
	})
}

func TestService_SDKClient(t *testing.T) {
	t.Parallel()
	h, tokens := shipping(t)
	c, ctx := h.client(), t.Context()
	created, err := c.CreateStateMachine(ctx,
		&sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: aws.String(role), Definition: aws.String(callback)})
	if err != nil {
		t.Fatal(err)
	}
	if !created.CreationDate.Equal(testStart) {
		t.Errorf("created at %s", created.CreationDate)
	}
	machine := created.StateMachineArn
	started, err := c.StartExecution(ctx,
		&sfn.StartExecutionInput{StateMachineArn: machine, Name: aws.String("x"), Input: aws.String(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.StartExecution(ctx,
		&sfn.StartExecutionInput{StateMachineArn: machine, Name: aws.String("x"), Input: aws.String(`{"other":1}`)})
	if _, ok := errors.AsType[*types.ExecutionAlreadyExists](err); !ok {
		t.Errorf("second start: %v, want ExecutionAlreadyExists", err)
	}
	if out, err := c.ListStateMachineVersions(ctx,
		&sfn.ListStateMachineVersionsInput{StateMachineArn: machine}); err != nil || len(out.StateMachineVersions) != 0 {
		t.Errorf("versions %v, %v", out, err)
	}
	if out, err := c.ListMapRuns(ctx,
		&sfn.ListMapRunsInput{ExecutionArn: started.ExecutionArn}); err != nil || len(out.MapRuns) != 0 {
		t.Errorf("map runs %v, %v", out, err)
	}
	token := <-tokens
	if _, err := c.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: &token}); err != nil {
		t.Error(err)
	}
	if _, err := c.SendTaskFailure(ctx,
		&sfn.SendTaskFailureInput{TaskToken: &token, Error: aws.String("Lost"),
			Cause: aws.String("at sea")}); err != nil {
		t.Error(err)
	}
	h.ended(*started.ExecutionArn)
	_, err = c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String(`{}`)})
	if _, ok := errors.AsType[*types.TaskTimedOut](err); !ok {
		t.Errorf("closed token: %v, want TaskTimedOut", err)
	}
	redriveAndRead(t, c, h, machine, started.ExecutionArn, tokens)
	if _, err := c.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("a")}); err == nil {
		t.Error("CreateActivity succeeded")
	}
}

// redriveAndRead redrives the failed execution, and reads all its data.
func redriveAndRead(t *testing.T, c *sfn.Client, h *harness, machine, execution *string, tokens chan string) {
	ctx := t.Context()
	before, err := c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: execution})
	if err != nil || before.Status != types.ExecutionStatusFailed || *before.Error != "Lost" ||
		before.RedriveStatus != types.ExecutionRedriveStatusRedrivable {
		t.Fatalf("described %+v, %v", before, err)
	}
	redriven, err := c.RedriveExecution(ctx,
		&sfn.RedriveExecutionInput{ExecutionArn: execution, ClientToken: aws.String("c1")})
	if err != nil || !redriven.RedriveDate.Equal(testStart) {
		t.Fatalf("redriven %+v, %v", redriven, err)
	}
	if _, err := c.SendTaskSuccess(ctx,
		&sfn.SendTaskSuccessInput{TaskToken: aws.String(<-tokens), Output: aws.String(`{"ok":true}`)}); err != nil {
		t.Error(err)
	}
	h.ended(*execution)
	list, err := c.ListExecutions(ctx,
		&sfn.ListExecutionsInput{StateMachineArn: machine, StatusFilter: types.ExecutionStatusSucceeded,
			RedriveFilter: types.ExecutionRedriveFilterRedriven})
	if err != nil || len(list.Executions) != 1 || *list.Executions[0].RedriveCount != 1 ||
		!list.Executions[0].StopDate.Equal(testStart) {
		t.Errorf("listed %+v, %v", list, err)
	}
	var kinds []types.HistoryEventType
	for p := sfn.NewGetExecutionHistoryPaginator(c,
		&sfn.GetExecutionHistoryInput{ExecutionArn: execution, MaxResults: 3}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			kinds = append(kinds, e.Type)
			if e.Type == types.HistoryEventTypeExecutionSucceeded &&
				*e.ExecutionSucceededEventDetails.Output != `{"ok":true}` {
				t.Errorf("output %s", *e.ExecutionSucceededEventDetails.Output)
			}
		}
	}
	if n := len(kinds); n < 10 || kinds[n-1] != types.HistoryEventTypeExecutionSucceeded {
		t.Errorf("history %v", kinds)
	}
	_, err = c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: execution})
	if _, ok := errors.AsType[*types.ExecutionNotRedrivable](err); !ok {
		t.Errorf("redrive of a success: %v, want ExecutionNotRedrivable", err)
	}
}

func TestService_Grants(t *testing.T) {
	t.Parallel()
	h, tokens := shipping(t)
	machine := h.machine("m", callback)
	execution := h.begin(machine, "x", `{}`)
	token := <-tokens
	for _, tt := range []struct{ op, input, resource string }{
		{"StartExecution", `{"stateMachineArn":"` + machine + `"}`, machine},
		{"ListExecutions", `{"stateMachineArn":"` + machine + `"}`, machine},
		{"DescribeExecution", `{"executionArn":"` + execution + `"}`, execution},
		{"GetExecutionHistory", `{"executionArn":"` + execution + `"}`, execution},
		{"RedriveExecution", `{"executionArn":"` + execution + `"}`, execution},
		{"StopExecution", `{"executionArn":"` + execution + `"}`, execution},
		{"SendTaskSuccess", `{"taskToken":"` + token + `"}`, machine},
		{"SendTaskFailure", `{"taskToken":"` + token + `"}`, machine},
		{"ListStateMachines", `{}`, "*"},
	} {
		got := h.Grants(tt.op, []byte(tt.input))
		if len(got) != 1 || got[0] != (awsapi.Grant{Action: "states:" + tt.op, Resource: tt.resource}) {
			t.Errorf("%s needs %v, want %s", tt.op, got, tt.resource)
		}
	}
	if got := h.Grants("CreateStateMachine",
		[]byte(`{"name":"n","roleArn":"`+role+`"}`)); len(got) != 2 ||
		got[1] != (awsapi.Grant{Action: "iam:PassRole", Resource: role}) {
		t.Errorf("CreateStateMachine needs %v", got)
	}
	if got := h.Grants("StartExecution", []byte(`{`)); got != nil {
		t.Errorf("malformed input needs %v", got)
	}
}

// The grants of every operation can be read from its input.
func TestService_Grants_all(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for op := range api.Operations {
		for _, g := range h.Grants(op, []byte("{}")) {
			if g.Action == "" {
				t.Errorf("%s needs %v", op, g)
			}
		}
	}
}
