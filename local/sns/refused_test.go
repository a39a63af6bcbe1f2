package sns

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	topic := w.topic("ops")
	w.topic("other")
	publish := func(in awssns.PublishInput) error { _, err := w.Publish(ctx, &in); return err }
	wantCode(t, publish(awssns.PublishInput{TopicArn: aws.String(ARN("none")), Message: aws.String("m")}), "NotFound")
	wantCode(t, publish(awssns.PublishInput{TopicArn: &topic, Message: aws.String("")}), "InvalidParameter")
	wantCode(t, publish(awssns.PublishInput{TopicArn: &topic, Message: aws.String("m"), Subject: aws.String("a\nb")}),
		"InvalidParameter")
	wantCode(t, publish(awssns.PublishInput{TopicArn: &topic,
		Message: aws.String(strings.Repeat("x", maxMessageBytes+1))}), "InvalidParameter")
	wantCode(t, publish(awssns.PublishInput{PhoneNumber: aws.String("+4912345"), Message: aws.String("m")}),
		"NotImplemented")
	err := publish(awssns.PublishInput{TopicArn: aws.String(ARN("forbidden")), Message: aws.String("m")})
	var denied *types.AuthorizationErrorException
	if !errors.As(err, &denied) {
		t.Errorf("denied call: %v", err)
	}
	subscribe := func(protocol, endpoint string, attrs map[string]string) error {
		_, err := w.Subscribe(ctx, &awssns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint,
			Attributes: attrs})
		return err
	}
	wantCode(t, subscribe("sqs", "alerts", nil), "InvalidParameter")
	wantCode(t, subscribe("http", "http://x", nil), "NotImplemented")
	wantCode(t, subscribe("pigeon", "x", nil), "InvalidParameter")
	wantCode(t, subscribe("sqs", queue, map[string]string{"FilterPolicy": `{"a":1}`}), "InvalidParameter")
	_, err = w.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("x.fifo")})
	wantCode(t, err, "NotImplemented")
	_, err = w.CreatePlatformApplication(ctx,
		&awssns.CreatePlatformApplicationInput{Name: aws.String("a"), Platform: aws.String("p"),
			Attributes: map[string]string{"a": "b"}})
	wantCode(t, err, "NotImplemented")
}

func TestService_malformedARN(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	few := func(member string, n int) string {
		return fmt.Sprintf("Invalid parameter: %s Reason: An ARN must have at least 6 elements, not %d", member, n)
	}
	for _, tt := range []struct{ op, input, code, message string }{
		{"Publish", `{"TopicArn":"ops","Message":"m"}`, "InvalidParameter", few("TopicArn", 1)},
		{"Publish", `{"TargetArn":"arn:aws:sns","Message":"m"}`, "InvalidParameter", few("TargetArn", 3)},
		{"PublishBatch", `{"TopicArn":"ops"}`, "InvalidParameter", few("TopicArn", 1)},
		{"Subscribe", `{"TopicArn":"ops","Protocol":"email","Endpoint":"a@example.com"}`, "InvalidParameter",
			few("TopicArn", 1)},
		{"GetTopicAttributes", `{"TopicArn":"a:b"}`, "InvalidParameter", few("TopicArn", 2)},
		{"GetTopicAttributes", `{"TopicArn":"` + strings.Replace(topic, "sns", "sqs", 1) + `"}`, "InvalidParameter",
			"Invalid parameter: TopicArn"},
		{"GetTopicAttributes", `{"TopicArn":"` + strings.Replace(topic, awsapi.Account, "111122223333", 1) + `"}`,
			"NotFound", "Topic does not exist"},
		{"SetTopicAttributes", `{"TopicArn":"ops","AttributeName":"DisplayName"}`, "InvalidParameter", few("TopicArn", 1)},
		{"ListSubscriptionsByTopic", `{"TopicArn":"ops"}`, "InvalidParameter", few("TopicArn", 1)},
		{"DeleteTopic", `{"TopicArn":"ops"}`, "InvalidParameter", few("TopicArn", 1)},
		{"DeleteTopic", `{}`, "InvalidParameter", "Invalid parameter: TopicArn Reason: no value for required parameter"},
		{"Unsubscribe", `{"SubscriptionArn":"x"}`, "InvalidParameter", few("SubscriptionArn", 1)},
		{"GetSubscriptionAttributes", `{"SubscriptionArn":"x:y:z"}`, "InvalidParameter", few("SubscriptionArn", 3)},
		{"SetSubscriptionAttributes", `{"SubscriptionArn":"x"}`, "InvalidParameter", few("SubscriptionArn", 1)},
		{"CreateTopic", `{"Name":"new","Tags":[{"Key":"a","Value":"1"},{"Key":"a","Value":"2"}]}`, "InvalidParameter",
			"Invalid parameter: Tags Reason: Duplicate keys are not allowed."},
	} {
		_, err := w.svc.Do(t.Context(), tt.op, []byte(tt.input))
		if err == nil || err.Error() != tt.code+": "+tt.message {
			t.Errorf("%s %s: %v", tt.op, tt.input, err)
		}
	}
	for _, absent := range []string{`{"TopicArn":"` + ARN("none") + `"}`, `{"TopicArn":"` + topic + `"}`} {
		if _, err := w.svc.Do(t.Context(), "DeleteTopic", []byte(absent)); err != nil {
			t.Errorf("delete %s: %v", absent, err)
		}
	}
}

func TestService_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		op, in string
		want   []awsapi.Grant
	}{
		{"Publish", `{"TargetArn":"` + ARN("ops") + `"}`, []awsapi.Grant{{Action: "sns:Publish", Resource: ARN("ops")}}},
		{"PublishBatch", `{"TopicArn":"` + ARN("ops") + `"}`, []awsapi.Grant{{Action: "sns:Publish", Resource: ARN("ops")}}},
		{"CreateTopic", `{"Name":"ops"}`, []awsapi.Grant{{Action: "sns:CreateTopic", Resource: ARN("ops")}}},
		{"ListTopics", `{}`, []awsapi.Grant{{Action: "sns:ListTopics", Resource: "*"}}},
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
