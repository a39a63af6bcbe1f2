package sqs

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

func TestQueues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	url := w.create("orders", map[string]string{"VisibilityTimeout": "90"})
	if again := w.create("orders", map[string]string{"VisibilityTimeout": "90"}); again != url {
		t.Errorf("created again as %s", again)
	}
	_, err := w.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("orders"),
		Attributes: map[string]string{"VisibilityTimeout": "91"}})
	wantCode(t, err, "QueueAlreadyExists")
	for name, attrs := range map[string]map[string]string{
		"InvalidAttributeName": {"Colour": "red"}, "InvalidAttributeValue": {"DelaySeconds": "901"},
	} {
		_, err = w.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("x"), Attributes: attrs})
		wantCode(t, err, name)
	}
	_, err = w.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:absent","maxReceiveCount":3}`}})
	wantCode(t, err, "InvalidAttributeValue")
	_, err = w.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("x.fifo")})
	wantCode(t, err, "NotImplemented")
	_, err = w.AddPermission(ctx, &awssqs.AddPermissionInput{QueueUrl: &url, Label: aws.String("l"),
		Actions: []string{"*"}, AWSAccountIds: []string{awsapi.Account}})
	wantCode(t, err, "NotImplemented")

	w.send(url, "old")
	if _, err := w.PurgeQueue(ctx, &awssqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	w.want(url)
	_, err = w.PurgeQueue(ctx, &awssqs.PurgeQueueInput{QueueUrl: &url})
	var purging *types.PurgeQueueInProgress
	if !errors.As(err, &purging) {
		t.Errorf("second purge: %v", err)
	}
	w.create("other", nil)
	list, err := w.ListQueues(ctx, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("or")})
	if err != nil || !slices.Equal(list.QueueUrls, []string{url}) {
		t.Errorf("list = %v, %v", list, err)
	}

	w.send(url, "gone with its queue")
	if _, err := w.DeleteQueue(ctx, &awssqs.DeleteQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	_, err = w.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	var absent *types.QueueDoesNotExist
	if !errors.As(err, &absent) {
		t.Errorf("deleted queue: %v", err)
	}
	w.create("orders", nil)
	w.crash()
	w.want(url)
}

func TestEnsure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	redrive := `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}` // is created later
	if err := w.svc.Ensure("q", map[string]string{"VisibilityTimeout": "1", "RedrivePolicy": redrive}); err != nil {
		t.Fatal(err)
	}
	w.send(URL("q"), "kept")
	w.clock.Advance(time.Minute)
	if err := w.svc.Ensure("q", map[string]string{"VisibilityTimeout": "2"}); err != nil {
		t.Fatal(err)
	}
	w.crash()
	a, err := w.svc.Attributes(ARN("q"))
	if err != nil || a.VisibilityTimeout != 2*time.Second || a.MaxReceiveCount != 0 || a.Visible != 1 {
		t.Errorf("attributes %+v, %v", a, err)
	}
}

func TestService_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("dlq", nil)
	w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}`})
	arn := "arn:aws:sqs:us-east-1:000000000000:"
	for _, tt := range []struct {
		op, in string
		want   []awsapi.Grant
	}{
		{"SendMessageBatch", `{"QueueUrl":"http://x/000000000000/q"}`,
			[]awsapi.Grant{{Action: "sqs:SendMessage", Resource: arn + "q"}}},
		{"ReceiveMessage", `{"QueueUrl":"http://x/000000000000/q"}`,
			[]awsapi.Grant{{Action: "sqs:ReceiveMessage", Resource: arn + "q"}}},
		{"GetQueueUrl", `{"QueueName":"q"}`, []awsapi.Grant{{Action: "sqs:GetQueueUrl", Resource: arn + "q"}}},
		{"ListQueues", `{}`, []awsapi.Grant{{Action: "sqs:ListQueues", Resource: "*"}}},
		{"SendMessage", `[`, nil},
		{"StartMessageMoveTask", `{"SourceArn":"` + arn + `dlq"}`, []awsapi.Grant{
			{Action: "sqs:StartMessageMoveTask", Resource: arn + "dlq"},
			{Action: "sqs:ReceiveMessage", Resource: arn + "dlq"},
			{Action: "sqs:DeleteMessage", Resource: arn + "dlq"}, {Action: "sqs:GetQueueAttributes", Resource: arn + "dlq"},
			{Action: "sqs:SendMessage", Resource: arn + "q"}}},
	} {
		if got := w.svc.Grants(tt.op, []byte(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.op, got, tt.want)
		}
	}
}

// The grants of every operation can be read from its input.
func TestService_Grants_all(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for op := range api.Operations {
		for _, g := range w.svc.Grants(op, []byte("{}")) {
			if g.Action == "" {
				t.Errorf("%s needs %v", op, g)
			}
		}
	}
}
