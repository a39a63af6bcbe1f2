package local_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/sns"
	"github.com/orderflow-dev/orderflow/local/sqs"
	"github.com/orderflow-dev/orderflow/local/store"
)

// unknown is a policy that AWS may accept and this engine cannot evaluate.
const unknown = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*",` +
	`"Condition":{"StringEquals":{"aws:Galaxy":"m31"}}}}`

// misspelt is a policy that would let everyone send if its condition were ignored.
const misspelt = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*",` +
	`"Condtion":{"Bool":{"aws:SecureTransport":"true"}}}}`

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok || e.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

// A refused policy is not stored: neither with a new queue or topic nor in place of an existing
// policy.
func TestStack_refusedPolicyIsNotStored(t *testing.T) {
	t.Parallel()
	s := open(t, options(t))
	queues, topics := awssqs.NewFromConfig(s.Config("")), awssns.NewFromConfig(s.Config(""))
	for _, policy := range []string{unknown, misspelt} {
		bad := map[string]string{"Policy": policy}
		_, err := queues.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("mine"), Attributes: bad})
		wantCode(t, err, "InvalidAttributeValue")
		_, err = topics.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("mine"), Attributes: bad})
		wantCode(t, err, "InvalidParameter")
	}
	list, err := queues.ListQueues(t.Context(), &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("mine")})
	if err != nil || len(list.QueueUrls) != 0 {
		t.Errorf("queues %v, %v", list, err)
	}

	good := strings.Replace(unknown, "aws:Galaxy", "aws:PrincipalOrgID", 1)
	queue, err := queues.CreateQueue(t.Context(),
		&awssqs.CreateQueueInput{QueueName: aws.String("mine"), Attributes: map[string]string{"Policy": good}})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{*queue.QueueUrl, "http://sqs.us-east-1.localhost/000000000000/shop-Work"} {
		for _, policy := range []string{unknown, misspelt} {
			_, err = queues.SetQueueAttributes(t.Context(),
				&awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"Policy": policy}})
			wantCode(t, err, "InvalidAttributeValue")
		}
		out, err := queues.GetQueueAttributes(t.Context(),
			&awssqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Policy"}})
		if err != nil || strings.Contains(out.Attributes["Policy"], "Galaxy") ||
			strings.Contains(out.Attributes["Policy"], "Condtion") {
			t.Errorf("%s has %v, %v", url, out, err)
		}
	}
	topic, err := topics.CreateTopic(t.Context(),
		&awssns.CreateTopicInput{Name: aws.String("mine"), Attributes: map[string]string{"Policy": good}})
	if err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{unknown, misspelt} {
		_, err = topics.SetTopicAttributes(t.Context(),
			&awssns.SetTopicAttributesInput{TopicArn: topic.TopicArn, AttributeName: aws.String("Policy"),
				AttributeValue: &policy})
		wantCode(t, err, "InvalidParameter")
	}
}

// A folder with policies that cannot be evaluated opens, logs them, and refuses everyone but the
// operator on their resources.
func TestOpen_unreadablePolicies(t *testing.T) {
	t.Parallel()
	o := options(t)
	var log bytes.Buffer
	o.InMemory, o.Dir, o.Logger = false, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil))
	storeUnreadable(t, o.Dir)
	s := open(t, o)
	for _, want := range []string{"resource=arn:aws:sqs:us-east-1:000000000000:old",
		"resource=arn:aws:sns:us-east-1:000000000000:old", "condition key aws:Galaxy"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not name %s:\n%s", want, log.String())
		}
	}
	url, body := aws.String("http://sqs.us-east-1.localhost/000000000000/old"), aws.String("x")
	role := s.Functions()[0].RoleName
	_, err := awssqs.NewFromConfig(s.Config(role)).SendMessage(t.Context(),
		&awssqs.SendMessageInput{QueueUrl: url, MessageBody: body})
	if err == nil || !strings.Contains(err.Error(), "explicit deny in a resource-based policy") {
		t.Errorf("a role's message: %v", err)
	}
	_, err = awssns.NewFromConfig(s.Config(role)).Publish(t.Context(),
		&awssns.PublishInput{TopicArn: aws.String(sns.ARN("old")), Message: body})
	if err == nil || !strings.Contains(err.Error(), "explicit deny in a resource-based policy") {
		t.Errorf("a role's publication: %v", err)
	}
	queues := awssqs.NewFromConfig(s.Config(""))
	if _, err := queues.SetQueueAttributes(t.Context(),
		&awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Policy": ""}}); err != nil {
		t.Errorf("repair: %v", err)
	}
	_, err = awssqs.NewFromConfig(s.Config(role)).SendMessage(t.Context(),
		&awssqs.SendMessageInput{QueueUrl: url, MessageBody: body})
	if err == nil || strings.Contains(err.Error(), "explicit deny") {
		t.Errorf("a role's message after the repair: %v", err)
	}
}

// storeUnreadable makes a data folder as a version with fewer checks could have left it.
func storeUnreadable(t *testing.T, dir string) {
	t.Helper()
	st, err := store.Open(filepath.Join(dir, "store"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	queues, err := sqs.New(st, clockwork.NewRealClock())
	if err != nil {
		t.Fatal(err)
	}
	topics, err := sns.New(st, clockwork.NewRealClock(), sns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		service  awsapi.Service
		op, name string
	}{{queues, "CreateQueue", "QueueName"}, {topics, "CreateTopic", "Name"}} {
		var router awsapi.Router
		router.Register("x", c.service)
		in := map[string]any{c.name: "old", "Attributes": map[string]string{"Policy": unknown}}
		if _, err := router.CallJSON(context.Background(), "x", c.op, in); err != nil {
			t.Fatal(err)
		}
	}
	if err := queues.Close(); err != nil {
		t.Fatal(err)
	}
}
