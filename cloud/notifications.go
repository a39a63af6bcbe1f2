package cloud

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/orderflow-dev/orderflow"
)

// Topic publishes messages on an SNS topic.
type Topic struct {
	Client *sns.Client
	ARN    string
}

// Notify publishes a customer notification: JSON, with the attribute kind to filter by.
func (t *Topic) Notify(ctx context.Context, n orderflow.Notification) error {
	if err := t.publish(ctx, n.Subject, string(n.Kind), n); err != nil {
		return fmt.Errorf("publish notification: %w", err)
	}
	return nil
}

// Alert publishes an alert for operators: JSON, with the attribute kind "attention".
func (t *Topic) Alert(ctx context.Context, a orderflow.Alert) error {
	if err := t.publish(ctx, "An order needs attention: "+a.Code, "attention", a); err != nil {
		return fmt.Errorf("publish alert: %w", err)
	}
	return nil
}

// maxSubject is the longest subject (SNS, Publish: ASCII, fewer than 100 characters).
const maxSubject = 99

func (t *Topic) publish(ctx context.Context, subject, kind string, message any) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("marshal message: %w", err)
	}
	_, err = t.Client.Publish(ctx, &sns.PublishInput{
		TopicArn: &t.ARN, Subject: aws.String(subject[:min(len(subject), maxSubject)]), Message: aws.String(string(raw)),
		MessageAttributes: map[string]types.MessageAttributeValue{"kind": {
			DataType: aws.String("String"), StringValue: &kind,
		}},
	})
	if err != nil {
		return wrap("publish", err)
	}
	return nil
}
