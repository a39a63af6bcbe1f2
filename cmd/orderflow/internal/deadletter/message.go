package deadletter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Message is a dead letter.
type Message struct {
	ID         string            `json:"id"`
	SentAt     time.Time         `json:"sentAt"`
	Received   int               `json:"received"`             // how often, this time included
	Source     string            `json:"source,omitempty"`     // the ARN of the queue that it comes from
	Attributes map[string]string `json:"attributes,omitempty"` // for example why a rule failed to deliver it
	Body       string            `json:"body"`
}

func newMessage(m types.Message) (Message, error) {
	out := Message{
		ID: *m.MessageId, Body: *m.Body, Source: m.Attributes["DeadLetterQueueSourceArn"], Attributes: map[string]string{},
	}
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err == nil {
		out.SentAt = time.UnixMilli(sent).UTC()
		out.Received, err = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	}
	if err != nil {
		return out, fmt.Errorf("read message %s: %w", out.ID, err)
	}
	for k, v := range m.MessageAttributes {
		if v.StringValue != nil {
			out.Attributes[k] = *v.StringValue
		}
	}
	return out, nil
}

// Peek receives up to n messages and makes them visible again.
func (s *Queues) Peek(ctx context.Context, q Queue, n int) ([]Message, error) {
	list := []Message{}
	err := s.receive(ctx, q.URL, n, func(m types.Message) (giveBack bool, err error) {
		message, err := newMessage(m)
		list = append(list, message)
		return true, err
	})
	return list, err
}

// Delete deletes the message with an id. Only messages that are visible are found.
func (s *Queues) Delete(ctx context.Context, q Queue, id string) error {
	deleted := errors.New("none of the messages that are visible has this id")
	err := s.receive(ctx, q.URL, math.MaxInt, func(m types.Message) (giveBack bool, err error) {
		if *m.MessageId != id {
			return true, nil
		}
		_, deleted = s.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
		return false, errEnough
	})
	if deleted != nil {
		err = errors.Join(err, awsError(fmt.Sprintf("delete message %s from %s", id, q.Name), deleted))
	}
	return err
}

// peekSeconds is how long received messages stay hidden if they are not given back.
const peekSeconds = 30

// errEnough makes receive stop without an error.
var errEnough = errors.New("no more messages are needed")

// receive calls f for up to n messages. At the end it gives back those for which f returns true;
// until then they are not received again.
func (s *Queues) receive(
	ctx context.Context, url string, n int, f func(types.Message) (giveBack bool, err error),
) (err error) {
	var back []types.ChangeMessageVisibilityBatchRequestEntry
	defer func() { err = errors.Join(err, s.giveBack(context.WithoutCancel(ctx), url, back)) }()
	for seen := 0; seen < n; {
		batch, err := s.receiveBatch(ctx, url, min(10, n-seen))
		if err != nil || len(batch) == 0 {
			return err
		}
		seen += len(batch)
		var failed error
		for i, m := range batch {
			giveBack, err := f(m)
			failed = errors.Join(failed, err)
			if giveBack {
				id := strconv.Itoa(seen + i)
				back = append(back, types.ChangeMessageVisibilityBatchRequestEntry{Id: &id, ReceiptHandle: m.ReceiptHandle})
			}
		}
		if errors.Is(failed, errEnough) {
			return nil
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

func (s *Queues) receiveBatch(ctx context.Context, url string, n int) ([]types.Message, error) {
	out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: int32(n), VisibilityTimeout: peekSeconds, WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, awsError("receive from "+url, err)
	}
	return out.Messages, nil
}

func (s *Queues) giveBack(ctx context.Context, url string, all []types.ChangeMessageVisibilityBatchRequestEntry) error {
	for part := range slices.Chunk(all, 10) {
		out, err := s.client.ChangeMessageVisibilityBatch(ctx,
			&sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url, Entries: part})
		if err != nil {
			return awsError("give messages back", err)
		}
		for _, f := range out.Failed {
			return fmt.Errorf("give messages back: %s: %s; it is visible again in %d s", *f.Id, *f.Code, peekSeconds)
		}
	}
	return nil
}
