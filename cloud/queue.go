package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow"
)

// Queue is an SQS queue.
type Queue struct {
	Client *sqs.Client
	URL    string
}

// QueueMessage is a received message.
type QueueMessage struct{ ID, Body, Receipt string }

const (
	messagesSeen  = 200 // the most messages inspected in one pass
	secondsHidden = 20  // how long an inspected message is hidden from other readers
	receiveAtOnce = 10  // the SQS limit of one reply
)

// Messages yields the messages of the queue and leaves them in the queue. Each is yielded once,
// unless the pass takes longer than messages are hidden.
func (q *Queue) Messages(ctx context.Context) iter.Seq2[QueueMessage, error] {
	return func(yield func(QueueMessage, error) bool) {
		for seen := 0; seen < messagesSeen; {
			out, err := q.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
				QueueUrl: &q.URL, MaxNumberOfMessages: receiveAtOnce, VisibilityTimeout: secondsHidden,
			})
			if err != nil {
				yield(QueueMessage{}, wrap("receive messages", err))
				return
			}
			for _, m := range out.Messages {
				if !yield(QueueMessage{
					aws.ToString(m.MessageId), aws.ToString(m.Body), aws.ToString(m.ReceiptHandle),
				}, nil) {
					return
				}
			}
			if len(out.Messages) == 0 {
				return
			}
			seen += len(out.Messages)
		}
	}
}

// SendNotification puts a notification into the queue, as a topic delivers it.
func (q *Queue) SendNotification(ctx context.Context, n orderflow.Notification) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("marshal notification: %w", err)
	}
	_, err = q.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.URL, MessageBody: aws.String(string(body))})
	if err != nil {
		return wrap("send message", err)
	}
	return nil
}

// Delete removes a received message.
func (q *Queue) Delete(ctx context.Context, receipt string) error {
	if _, err := q.Client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL,
		ReceiptHandle: &receipt}); err != nil {
		return fmt.Errorf("delete message: %w", wrap("sqs", err))
	}
	return nil
}
