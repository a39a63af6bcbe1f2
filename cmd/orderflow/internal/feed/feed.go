// Package feed reads the events of a system from its bus, and publishes them again from the orders'
// rows.
package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
)

// Feed is the event bus of a stack.
type Feed struct {
	stack  string
	db     *dynamodb.Client
	bus    *eventbridge.Client
	queues *sqs.Client
}

// New returns the feed of a stack.
func New(cfg aws.Config, stack string) *Feed {
	return &Feed{
		stack: stack, db: dynamodb.NewFromConfig(cfg), bus: eventbridge.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg),
	}
}

// Order returns all events of an order, oldest first. Returns orderflow.CodeNotFound.
func (f *Feed) Order(ctx context.Context, id string) ([]orderflow.EventDetail, error) {
	o, err := (&cloud.Orders{DB: f.db, Table: f.stack + "-orders"}).Order(ctx, id)
	if err != nil {
		return nil, err
	}
	return o.EventsSince(0), nil
}

// Between calls each with the orders that changed in the time from (included) to to (excluded), and
// with their events of that time. It reads every order that was placed before to.
func (f *Feed) Between(ctx context.Context, from, to time.Time,
	each func(orderID string, events []orderflow.EventDetail) error) error {
	lists := &cloud.OrderLists{DB: f.db, Table: f.stack + "-orders"}
	for after := ""; ; {
		orders, next, err := lists.FindOrders(ctx, orderflow.OrderFilter{}, after, 99)
		if err != nil {
			return err
		}
		for _, o := range orders {
			var events []orderflow.EventDetail
			for _, e := range o.EventsSince(0) {
				if !e.At.Before(from) && e.At.Before(to) {
					events = append(events, e)
				}
			}
			if len(events) == 0 {
				continue
			}
			if err := each(o.ID, events); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// Publish publishes events on the bus again: all consumers get them.
func (f *Feed) Publish(ctx context.Context, events []orderflow.EventDetail) error {
	bus := &cloud.Bus{Client: f.bus, Name: f.stack}
	for len(events) > 0 {
		part := events[:min(len(events), 10)]
		events = events[len(part):]
		failed, err := bus.Publish(ctx, part)
		if err != nil {
			return err
		}
		if len(failed) > 0 {
			return fmt.Errorf("the bus refused event %s: try again", part[failed[0]].EventID)
		}
	}
	return nil
}

// Send sends events to one queue, in the form in which EventBridge delivers them.
func (f *Feed) Send(ctx context.Context, queueURL string, events []orderflow.EventDetail) error {
	for _, e := range events {
		body, err := json.Marshal(map[string]any{
			"version": "0", "id": "replay-" + e.EventID, "source": cloud.EventSource, "detail-type": e.Type,
			"account": "", "region": "", "resources": []string{}, "time": e.At.UTC().Format(time.RFC3339), "detail": e,
		})
		if err != nil {
			return err
		}
		if _, err := f.queues.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: &queueURL, MessageBody: aws.String(string(body)),
		}); err != nil {
			return fmt.Errorf("send event %s: %w", e.EventID, err)
		}
	}
	return nil
}

// Tail calls each with the details of new events as they come, until ctx ends, which is no error.
// ready is called when no event can be missed any more. Tail makes a queue and a rule of the given
// name, and removes both at the end.
func (f *Feed) Tail(ctx context.Context, name string, ready func(), each func(json.RawMessage) error) (err error) {
	queue, err := f.subscribe(ctx, name)
	defer func() { err = errors.Join(err, f.unsubscribe(context.WithoutCancel(ctx), name, queue)) }()
	if err != nil {
		return err
	}
	ready()
	for {
		got, err := f.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 10,
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive events: %w", err)
		}
		for _, m := range got.Messages {
			if err := f.show(ctx, queue, m, each); err != nil {
				return err
			}
		}
	}
}

func (f *Feed) show(ctx context.Context, queue string, m sqstypes.Message, each func(json.RawMessage) error) error {
	var e struct{ Detail json.RawMessage }
	if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &e); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	if err := each(e.Detail); err != nil {
		return err
	}
	_, err := f.queues.DeleteMessage(context.WithoutCancel(ctx), &sqs.DeleteMessageInput{
		QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle,
	})
	return err
}

// subscribe makes a queue that gets every event, and returns its URL.
func (f *Feed) subscribe(ctx context.Context, name string) (url string, err error) {
	rule, err := f.bus.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: &name, EventBusName: &f.stack, Description: aws.String("orderflow events tail: may be deleted"),
		EventPattern: aws.String(`{"source":["` + cloud.EventSource + `"]}`),
	})
	if err != nil {
		return "", fmt.Errorf("make a rule: %w", err)
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
		"Resource": "*", "Condition": map[string]any{"ArnEquals": map[string]string{"aws:SourceArn": aws.ToString(rule.RuleArn)}},
	}}})
	if err != nil {
		return "", err
	}
	q, err := f.queues.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"Policy": string(policy), "MessageRetentionPeriod": "3600"},
	})
	if err != nil {
		return "", fmt.Errorf("make a queue: %w", err)
	}
	url = aws.ToString(q.QueueUrl)
	attributes, err := f.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return url, fmt.Errorf("read the queue: %w", err)
	}
	put, err := f.bus.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: &name, EventBusName: &f.stack,
		Targets: []eventtypes.Target{{Id: aws.String("tail"), Arn: aws.String(attributes.Attributes["QueueArn"])}},
	})
	if err == nil && put.FailedEntryCount > 0 {
		err = errors.New(aws.ToString(put.FailedEntries[0].ErrorMessage))
	}
	if err != nil {
		return url, fmt.Errorf("make the queue a target: %w", err)
	}
	return url, nil
}

// unsubscribe removes what subscribe has made, as far as it came.
func (f *Feed) unsubscribe(ctx context.Context, name, queue string) error {
	_, targetErr := f.bus.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{
		Rule: &name, EventBusName: &f.stack, Ids: []string{"tail"},
	})
	_, ruleErr := f.bus.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name, EventBusName: &f.stack})
	if _, missing := errors.AsType[*eventtypes.ResourceNotFoundException](targetErr); missing {
		targetErr = nil
	}
	if queue == "" {
		return errors.Join(targetErr, ruleErr)
	}
	_, queueErr := f.queues.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &queue})
	return errors.Join(targetErr, ruleErr, queueErr)
}
