package sqs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

type receiveIn struct {
	QueueURL                    string `json:"QueueUrl"`
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	ReceiveRequestAttemptID     string `json:"ReceiveRequestAttemptId"`
}

// systemNames are the system attributes that a message can have, on queues of any type.
var systemNames = []string{"All", "SenderId", "SentTimestamp", "ApproximateReceiveCount",
	"ApproximateFirstReceiveTimestamp", "SequenceNumber",
	"MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn"}

// wireMessage is Message of the API reference.
type wireMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	Attributes             map[string]string    `json:",omitempty"`
	MessageAttributes      map[string]Attribute `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
}

func (s *Service) receiveMessage(ctx context.Context, in receiveIn) (any, error) {
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	limit, wait, visibility, err := in.check(q.settings())
	if err != nil {
		return nil, err
	}
	messages, err := s.receive(ctx, in.QueueURL, limit, wait, receiver{visibility: visibility})
	if err != nil || len(messages) == 0 {
		return map[string]any{}, err
	}
	out := make([]wireMessage, len(messages))
	for i, m := range messages {
		attrs := m.selected(in.MessageAttributeNames)
		out[i] = wireMessage{
			MessageID: m.ID, ReceiptHandle: m.ReceiptHandle, Body: m.Body, MD5OfBody: m.MD5OfBody,
			Attributes:        m.system(append(in.AttributeNames, in.MessageSystemAttributeNames...)),
			MessageAttributes: attrs, MD5OfMessageAttributes: attributesMD5(attrs),
		}
	}
	return map[string]any{"Messages": out}, nil
}

// check reads how many messages to receive, how long to wait, and how long to hide them. It refuses
// attribute names that no message has.
func (in *receiveIn) check(cfg settings) (limit int, wait time.Duration, visibility *time.Duration, err error) {
	limit, wait = 1, cfg.wait
	if n := in.MaxNumberOfMessages; n != nil {
		if limit = *n; limit < 1 || limit > maxBatch {
			return 0, 0, nil, invalidParameter("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must "+
				"be between 1 and 10, if provided.", limit)
		}
	}
	if n := in.WaitTimeSeconds; n != nil {
		if wait = time.Duration(*n) * time.Second; *n < 0 || wait > maxWait {
			return 0, 0, nil, invalidParameter(
				"Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", *n)
		}
	}
	if n := in.VisibilityTimeout; n != nil {
		d, err := visibilityTimeout(*n)
		if err != nil {
			return 0, 0, nil, err
		}
		visibility = &d
	}
	if in.ReceiveRequestAttemptID != "" {
		return 0, 0, nil,
			invalidParameter("The request include parameter ReceiveRequestAttemptId which is not valid for this queue type")
	}
	for _, name := range slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames) {
		if !slices.Contains(systemNames, name) {
			return 0, 0, nil, awsapi.Errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return limit, wait, visibility, nil
}

func (m *Message) system(names []string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if n == "All" {
			return m.Attributes
		}
		if v, ok := m.Attributes[n]; ok {
			out[n] = v
		}
	}
	return out
}

// selected are the message attributes asked for: by name, "All", ".*", or a prefix "name.*".
func (m *Message) selected(names []string) map[string]Attribute {
	out := map[string]Attribute{}
	for _, n := range names {
		if n == "All" || n == ".*" {
			return m.MessageAttributes
		}
		prefix, wild := strings.CutSuffix(n, ".*")
		for name, a := range m.MessageAttributes {
			if name == n || wild && strings.HasPrefix(name, prefix) {
				out[name] = a
			}
		}
	}
	return out
}
