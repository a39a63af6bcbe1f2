package local_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow/local"
)

// begin puts a message that begins a note's execution into the work queue.
func begin(s *local.Stack, id string) error {
	_, err := sqs.NewFromConfig(s.Config("")).SendMessage(context.Background(), &sqs.SendMessageInput{
		QueueUrl:    aws.String("http://sqs.us-east-1.localhost/000000000000/shop-Work"),
		MessageBody: aws.String(`{"id":"` + id + `"}`)})
	return err
}

func send(t *testing.T, s *local.Stack, id string) {
	t.Helper()
	if err := begin(s, id); err != nil {
		t.Fatal(err)
	}
}

// poller is a function whose role may not read the queue that it polls.
const poller = `Resources:
  Q: {Type: AWS::SQS::Queue}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  F:
    Type: AWS::Serverless::Function
    Properties: {Handler: f, Role: !GetAtt R.Arn, Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}}}
`

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	whole := options(t)
	replace := func(old, replacement string) local.Options {
		o := whole
		if !bytes.Contains(o.Template, []byte(old)) {
			t.Fatalf("the template does not contain %q", old)
		}
		o.Template = bytes.Replace(o.Template, []byte(old), []byte(replacement), 1)
		return o
	}
	for name, c := range map[string]struct {
		o    local.Options
		want string
	}{
		"a broken reference": {replace("!Ref Bus\n", "!Ref Bos\n"), `unresolved reference "Bos"`},
		"a missing file":     {replace("machines/note.asl.json", "machines/other.asl.json"), "read definition"},
		"no folder": {local.Options{Template: whole.Template, Definitions: whole.Definitions},
			"neither a data folder nor InMemory"},
		"a condition of IAM": {replace("ArnEquals", "ArnMatches"), "condition operator ArnMatches"},
		"a poller without permissions": {local.Options{InMemory: true, Factory: handlers, Template: []byte(poller)},
			"event source mapping FQ: AccessDeniedException: User: " +
				"arn:aws:sts::000000000000:assumed-role/orderflow-R/orderflow-F is not authorized to perform: " +
				"sqs:ReceiveMessage"},
		"a wrong definition": {replace("DefinitionUri: machines/note.asl.json",
			`DefinitionString: '{"a":["${Check}","${Finish}"]}'`), "state machine Machine"},
		"an unknown key type": {replace("AttributeType: S", "AttributeType: X"), "table Notes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := local.Open(t.Context(), c.o)
			if err == nil {
				_ = s.Close(context.Background())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOpen_folderInUse(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.InMemory, o.Dir = false, t.TempDir()
	s, err := local.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := local.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second stack on the folder: %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := local.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	if err := again.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A role without a permission gets AWS's refusal, and the report lists it.
func TestStack_denies(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Template = bytes.Replace(o.Template, []byte("Action: dynamodb:UpdateItem"), []byte("Action: dynamodb:PutItem"), 1)
	s := start(t, o)
	send(t, s, "n1")
	machines := sfn.NewFromConfig(s.Config(""))
	var failed *sfn.DescribeExecutionOutput
	until(t, "execution has failed", func() bool {
		out, err := machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{
			ExecutionArn: aws.String("arn:aws:states:us-east-1:000000000000:execution:shop-Machine:n1")})
		failed = out
		return err == nil && out.Status == sfntypes.ExecutionStatusFailed
	})
	want := "assumed-role/shop-FinishRole/shop-Finish is not authorized to perform: dynamodb:UpdateItem on resource: " +
		"arn:aws:dynamodb:us-east-1:000000000000:table/shop-notes because no identity-based policy allows"
	if !strings.Contains(aws.ToString(failed.Cause), want) {
		t.Errorf("cause: %s\nwant: %s", aws.ToString(failed.Cause), want)
	}
	report := s.IAMReport()
	if len(report.Denials) != 1 || report.Denials[0].Caller != "role/shop-FinishRole" ||
		report.Denials[0].Action != "dynamodb:UpdateItem" {
		t.Errorf("denials: %+v", report.Denials)
	}
	unused := map[string]bool{}
	for _, u := range report.Unused {
		unused[u.Role+" "+u.Action] = true
	}
	if !unused["shop-FinishRole dynamodb:PutItem"] || unused["shop-BeginRole states:StartExecution"] {
		t.Errorf("unused: %+v", report.Unused)
	}
}

// A state machine may call only the functions that its role allows.
func TestStack_deniesTask(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Template = bytes.Replace(o.Template, []byte("Resource: [!GetAtt Check.Arn, !GetAtt Finish.Arn]"),
		[]byte("Resource: !GetAtt Finish.Arn"), 1)
	s := start(t, o)
	send(t, s, "n1")
	until(t, "denial is reported", func() bool {
		for _, d := range s.IAMReport().Denials {
			if d.Caller == "role/shop-MachineRole" && d.Action == "lambda:InvokeFunction" &&
				strings.HasSuffix(d.Resource, ":shop-Check") {
				return true
			}
		}
		return false
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Template = append(o.Template, []byte(`
  Alarm: {Type: AWS::CloudWatch::Alarm}
  Second: {Type: AWS::CloudWatch::Alarm}
  Cluster: {Type: AWS::ECS::Cluster}
`)...)
	e, err := local.Explain(o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := e.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The stack shop runs 6 functions, 1 state machine, 1 table, 3 queues, 1 topic, 1 subscription, 1 event bus, 2 rules",
		"Behaves differently from AWS:\n  AWS::ECS::Cluster: the local stack does not run this type\n",
		"Has no effect on one machine:\n  AWS::CloudWatch::Alarm: nothing watches metrics on one machine\n",
		", Alarm, Second\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %q in:\n%s", want, b.String())
		}
	}
}
