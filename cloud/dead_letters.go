package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/orderflow-dev/orderflow"
)

// find returns the URL of a dead-letter queue, whose name may leave out the stack's. Returns
// orderflow.CodeNotFound.
func (q *Queues) find(name string) (url string, err error) {
	for _, url := range q.URLs {
		if own := nameOf(url); strings.HasSuffix(name, deadLetters) && (own == name || strings.HasSuffix(own, "-"+name)) {
			return url, nil
		}
	}
	return "", orderflow.Errorf(orderflow.CodeNotFound, "there is no dead-letter queue %s", name)
}

func nameOf(url string) string { return url[strings.LastIndexByte(url, '/')+1:] }

// peekSeconds is how long a dead letter stays hidden if it is not given back.
const peekSeconds = 30

// Letters returns up to limit messages of a dead-letter queue, with their last errors, and leaves them
// there. Messages in flight are not found. Returns orderflow.CodeNotFound for any other queue.
func (q *Queues) Letters(ctx context.Context, name string, limit int) ([]orderflow.DeadLetter, error) {
	url, err := q.find(name)
	if err != nil {
		return nil, err
	}
	var letters []orderflow.DeadLetter
	err = q.receive(ctx, url, limit, func(m types.Message) (giveBack bool, err error) {
		l, err := newLetter(m)
		if err == nil {
			l.Error, err = q.Errors.LastError(ctx, l.ID)
		}
		letters = append(letters, l)
		return true, err
	})
	return letters, err
}

func newLetter(m types.Message) (orderflow.DeadLetter, error) {
	source := m.Attributes["DeadLetterQueueSourceArn"]
	l := orderflow.DeadLetter{
		ID: *m.MessageId, Body: *m.Body, Source: source[strings.LastIndexByte(source, ':')+1:], Attributes: map[string]string{},
	}
	sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
	if err == nil {
		l.SentAt = time.UnixMilli(sent).UTC()
		l.Received, err = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	}
	if err != nil {
		return l, fmt.Errorf("read message %s: %w", l.ID, err)
	}
	for k, v := range m.MessageAttributes {
		if v.StringValue != nil {
			l.Attributes[k] = *v.StringValue
		}
	}
	return l, nil
}

// DeleteLetter deletes a message of a dead-letter queue. Returns orderflow.CodeNotFound if no message
// that is visible has the id.
func (q *Queues) DeleteLetter(ctx context.Context, name, id string) error {
	url, err := q.find(name)
	if err != nil {
		return err
	}
	found := false
	err = q.receive(ctx, url, messagesSeen, func(m types.Message) (giveBack bool, err error) {
		if *m.MessageId != id {
			return true, nil
		}
		found = true
		if _, err := q.Client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			return false, wrap("delete message", err)
		}
		return false, errEnough
	})
	if err == nil && !found {
		err = orderflow.Errorf(orderflow.CodeNotFound, "none of the messages of %s that are visible has the id %s", nameOf(url), id)
	}
	return err
}

// errEnough makes receive stop without an error.
var errEnough = errors.New("no more messages are needed")

// receive calls f for up to n messages. At the end it gives back those for which f returns true; until
// then they are not received again.
func (q *Queues) receive(ctx context.Context, url string, n int, f func(types.Message) (giveBack bool, err error)) (err error) {
	var back []types.ChangeMessageVisibilityBatchRequestEntry
	defer func() { err = errors.Join(err, q.giveBack(context.WithoutCancel(ctx), url, back)) }()
	for seen := 0; seen < n; {
		out, err := q.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: int32(min(receiveAtOnce, n-seen)), VisibilityTimeout: peekSeconds, WaitTimeSeconds: 1,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
			MessageAttributeNames:       []string{"All"},
		})
		if err != nil {
			return wrap("receive messages", err)
		}
		if len(out.Messages) == 0 {
			return nil
		}
		var failed error
		for _, m := range out.Messages {
			seen++
			giveBack, err := f(m)
			failed = errors.Join(failed, err)
			if giveBack {
				back = append(back, types.ChangeMessageVisibilityBatchRequestEntry{
					Id: aws.String(strconv.Itoa(seen)), ReceiptHandle: m.ReceiptHandle,
				})
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

func (q *Queues) giveBack(ctx context.Context, url string, all []types.ChangeMessageVisibilityBatchRequestEntry) error {
	for part := range slices.Chunk(all, receiveAtOnce) {
		out, err := q.Client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url, Entries: part})
		if err != nil {
			return wrap("give messages back", err)
		}
		for _, f := range out.Failed {
			return fmt.Errorf("give messages back: %s; the message is visible again in %d s", *f.Code, peekSeconds)
		}
	}
	return nil
}

// moveTime is how long a redrive is waited for; a longer one goes on by itself.
const (
	moveTime  = 5 * time.Second
	movePause = 200 * time.Millisecond
)

// Redrive moves the messages of a dead-letter queue back to the queues that they come from. Returns
// orderflow.CodeNotFound for any other queue; CodeInvalidState if its messages come from no queue, if a
// redrive is in progress, or if a message was put there by hand, which ends the redrive.
func (q *Queues) Redrive(ctx context.Context, name string) (orderflow.LetterMove, error) {
	url, err := q.find(name)
	if err != nil {
		return orderflow.LetterMove{}, err
	}
	all, err := q.all(ctx)
	if err != nil {
		return orderflow.LetterMove{}, err
	}
	i := slices.IndexFunc(all, func(s queueState) bool { return s.Name == nameOf(url) })
	if len(all[i].Sources) == 0 {
		return orderflow.LetterMove{}, orderflow.Errorf(orderflow.CodeInvalidState,
			"the messages of %s come from rules, streams or functions, and SQS cannot move them back", all[i].Name)
	}
	_, err = q.Client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &all[i].arn})
	if refused, ok := errors.AsType[smithy.APIError](err); ok && strings.Contains(refused.ErrorCode(), "UnsupportedOperation") {
		return orderflow.LetterMove{}, orderflow.Errorf(orderflow.CodeInvalidState, "%s", refused.ErrorMessage())
	}
	if err != nil {
		return orderflow.LetterMove{}, wrap("redrive "+all[i].Name, err)
	}
	move, err := q.awaitMove(ctx, all[i])
	if err != nil {
		return orderflow.LetterMove{}, err
	}
	now, err := q.state(ctx, url)
	move.InFlight = now.InFlight
	return move, err
}

// awaitMove waits for the end of the newest redrive of a queue, but not longer than moveTime.
func (q *Queues) awaitMove(ctx context.Context, of queueState) (orderflow.LetterMove, error) {
	for waited := time.Duration(0); ; waited += movePause {
		out, err := q.Client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &of.arn})
		if err != nil {
			return orderflow.LetterMove{}, wrap("watch the redrive of "+of.Name, err)
		}
		move := orderflow.LetterMove{To: of.Sources}
		if len(out.Results) > 0 {
			task := out.Results[0]
			move.Moved, move.Done = task.ApproximateNumberOfMessagesMoved, *task.Status == "COMPLETED"
			if *task.Status == "FAILED" {
				return move, q.whyFailed(ctx, of, task)
			}
		}
		if move.Done || waited >= moveTime {
			return move, nil
		}
		select {
		case <-ctx.Done():
			return move, ctx.Err()
		case <-time.After(movePause):
		}
	}
}

// whyFailed returns the error of a redrive that has failed. SQS ends one at the first message of which
// it does not know where it belongs.
func (q *Queues) whyFailed(ctx context.Context, of queueState, task types.ListMessageMoveTasksResultEntry) error {
	letters, err := q.Letters(ctx, of.Name, messagesSeen)
	if err != nil {
		return err
	}
	var strange []string
	for _, l := range letters {
		if l.Source == "" {
			strange = append(strange, l.ID)
		}
	}
	why := fmt.Sprintf("the redrive ended after %d messages: %s", task.ApproximateNumberOfMessagesMoved, aws.ToString(task.FailureReason))
	if len(strange) > 0 {
		why += fmt.Sprintf("; sent to %s by hand or by a rule, without a queue to go back to: delete %s, then redrive again",
			of.Name, strings.Join(strange, ", "))
	}
	return orderflow.Errorf(orderflow.CodeInvalidState, "%s", why)
}
