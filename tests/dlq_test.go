package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow"
)

// TestDLQ deletes the state machine, finds the messages in the dead-letter queue, restores the
// state machine and redrives.
func TestDLQ(t *testing.T) { inEachMode(t, testDLQ) }

func testDLQ(t *testing.T, args ...string) {
	s := up(t, append(args, "--in-memory")...)
	ctx := t.Context()
	queues, machines := sqs.NewFromConfig(s.config()), sfn.NewFromConfig(s.config())
	start := aws.String("http://sqs.us-east-1.localhost/000000000000/orderflow-start")
	// A message becomes a dead letter after one second instead of seven minutes.
	if _, err := queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: start, Attributes: map[string]string{
		"VisibilityTimeout": "1",
		"RedrivePolicy": `{"maxReceiveCount":1,
			"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:orderflow-start-dead-letters"}`,
	}}); err != nil {
		t.Fatal(err)
	}
	machine, err := machines.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{
		StateMachineArn: aws.String("arn:aws:states:us-east-1:000000000000:stateMachine:orderflow-fulfil-order"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = machines.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: machine.StateMachineArn})
	if err != nil {
		t.Fatal(err)
	}
	ada := s.as("ada")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	if _, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: start, MessageBody: aws.String("poison")}); err != nil {
		t.Fatal(err)
	}

	type queue struct {
		Name    string
		Waiting int
		Sources []string
	}
	list := func() (all []queue, dead queue) {
		s.orderflow(&all, "dlq", "list", "--json")
		i := slices.IndexFunc(all, func(q queue) bool { return q.Name == "orderflow-start-dead-letters" })
		if i < 0 {
			t.Fatalf("the start queue's dead letters are not among %+v", all)
		}
		return all, all[i]
	}
	eventually(t, "two messages are given up", func() bool { _, dead := list(); return dead.Waiting == 2 })
	s.ok(t, []string{"ops", "queues"}, `orderflow-start-dead-letters +2 +0 +0\n`)
	all, dead := list()
	if len(all) < 5 || !slices.Equal(dead.Sources, []string{"orderflow-start"}) {
		t.Errorf("list: %+v", all)
	}

	var letters struct {
		Messages []struct {
			MessageID, Body, Source, Error string
			Received                       int
		}
	}
	for range 2 { // show removes no message
		s.orderflow(&letters, "dlq", "show", "start-dead-letters", "--json")
		bodies := ""
		for _, l := range letters.Messages {
			bodies += l.Body + "\n"
			if l.Source != "orderflow-start" || l.Received < 1 || l.Body == "poison" != strings.Contains(l.Error, "read event") ||
				l.Body != "poison" && !strings.Contains(l.Error, "State Machine Does Not Exist") {
				t.Errorf("letter: %+v", l)
			}
		}
		if len(letters.Messages) != 2 || !strings.Contains(bodies, "poison") || !strings.Contains(bodies, id) {
			t.Fatalf("show: %+v", letters)
		}
	}
	out := s.orderflow(nil, "dlq", "show", "orderflow-start-dead-letters", "--max", "1")
	if !strings.Contains(out, "1 messages") || !strings.Contains(out, "    failed ") {
		t.Errorf("show: %s", out)
	}

	if _, err := machines.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: machine.Name, Definition: machine.Definition, RoleArn: machine.RoleArn,
	}); err != nil {
		t.Fatal(err)
	}
	var moved struct {
		Moved int
		To    []string
	}
	s.orderflow(&moved, "dlq", "redrive", "start-dead-letters", "--reason", "a test", "--json")
	if moved.Moved != 2 || !slices.Equal(moved.To, []string{"orderflow-start"}) {
		t.Errorf("redrive: %+v", moved)
	}
	if v := ada.ended(id); v.Status != orderflow.Fulfilled {
		t.Errorf("the order ended %s", v.Status)
	}
	eventually(t, "the poison is given up again", func() bool { _, dead := list(); return dead.Waiting == 1 })

	for _, refused := range []struct{ name, want string }{
		{"event-dead-letters", "cannot move them back"},
		{"start", "no dead-letter queue"},
	} {
		out, err := exec.CommandContext(ctx, binary(t), "dlq", "redrive", refused.name, "--reason", "a test", "--api", s.API).CombinedOutput()
		if err == nil || !strings.Contains(string(out), refused.want) {
			t.Errorf("redrive %s: %v %s", refused.name, err, out)
		}
	}
}

// TestDLQ_Redrive: a redrive that moves nothing fails and gives the reason.
func TestDLQ_Redrive(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	ctx, queues := t.Context(), sqs.NewFromConfig(s.config())
	dead := aws.String("http://sqs.us-east-1.localhost/000000000000/orderflow-wake-dead-letters")
	sent, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: dead, MessageBody: aws.String("by hand")})
	if err != nil {
		t.Fatal(err)
	}
	fails := func(want string, args ...string) {
		t.Helper()
		out, err := exec.CommandContext(ctx, binary(t), append(append([]string{"dlq"}, args...), "--reason", "a test", "--api", s.API)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("dlq %v: %v, %s", args, err, out)
		}
	}
	fails("delete "+*sent.MessageId+", then redrive again", "redrive", "wake-dead-letters")
	received, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: dead, VisibilityTimeout: 300})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("received %+v, %v", received, err)
	}
	fails("0 moved, 1 in flight: try again in ", "redrive", "wake-dead-letters")
	fails("that are visible has the id", "delete", "wake-dead-letters", *sent.MessageId)
	if _, err := queues.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: dead, ReceiptHandle: received.Messages[0].ReceiptHandle,
	}); err != nil {
		t.Fatal(err)
	}
	if out := s.orderflow(nil, "dlq", "delete", "wake-dead-letters", *sent.MessageId, "--reason", "a test"); !strings.Contains(out, "deleted") {
		t.Errorf("delete: %s", out)
	}
	if out := s.orderflow(nil, "dlq", "redrive", "wake-dead-letters", "--reason", "a test"); !strings.Contains(out, "0 messages moved to orderflow-wake") {
		t.Errorf("redrive of an empty queue: %s", out)
	}
}

// TestIAM_Command runs `orderflow iam`.
func TestIAM_Command(t *testing.T) { inEachMode(t, testIAMCommand) }

func testIAMCommand(t *testing.T, args ...string) {
	s := up(t, append(args, "--in-memory")...)
	(&caller{s: s}).get("/products").expect(http.StatusOK)
	out := s.orderflow(nil, "iam")
	for _, want := range []string{"Used: ", "orderflow-ApiOrdersRole", "dynamodb:Scan", "Never used: ", "Denied: 0 calls"} {
		if !strings.Contains(out, want) {
			t.Errorf("iam does not print %q:\n%s", want, out)
		}
	}
	var r iamReport
	s.orderflow(&r, "iam", "--json")
	if len(r.Used) == 0 || len(r.Unused) == 0 || len(r.Denied) != 0 {
		t.Errorf("iam --json: %+v", r)
	}
}

// orderflow runs the command line against the system. It decodes the JSON output into v, unless v
// is nil.
func (s *system) orderflow(v any, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), binary(s.t), args...)
	cmd.Env = append(cmd.Environ(), "ORDERFLOW_API="+s.API, "ORDERFLOW_AWS="+s.AWS)
	out, err := cmd.Output()
	if failed, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	if err == nil && v != nil {
		err = json.Unmarshal(out, v)
	}
	if err != nil {
		s.t.Fatalf("orderflow %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
