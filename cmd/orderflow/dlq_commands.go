package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type dlqListCommand struct {
	awsConnection
	JSON bool `help:"Print JSON."`
}

func (*dlqListCommand) Help() string {
	return "Examples:\n  orderflow dlq list\n  orderflow dlq list --stack orderflow-prod"
}

func (c *dlqListCommand) Run(e *env) error {
	d, err := c.deadLetters(e.ctx)
	if err != nil {
		return err
	}
	list, err := d.list(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printValue(e.stdout, list)
	}
	var rows [][]string
	for _, q := range list {
		from := strings.Join(q.Sources, ", ")
		if from == "" {
			from = "(no queue: rules, streams or functions)"
		}
		rows = append(rows, []string{q.Name, fmt.Sprint(q.Messages), fmt.Sprint(q.InFlight), from})
	}
	columns := []screen.Column{{Title: "QUEUE"}, {Title: "MESSAGES", Right: true}, {Title: "IN FLIGHT", Right: true}, {Title: "FROM", Wraps: true}}
	return screen.New(e.stdout).Table(columns, rows)
}

type dlqShowCommand struct {
	awsConnection
	Name string `arg:"" help:"The queue's name, with or without the stack's."`
	Max  int    `help:"How many messages at most." default:"20"`
	JSON bool   `help:"Print JSON."`
}

func (*dlqShowCommand) Help() string {
	return "The messages are received and given back at once: their receive count grows, nothing else.\n\nExample:\n  orderflow dlq show start-dead-letters"
}

// deadLetter is one message.
type deadLetter struct {
	ID         string            `json:"id"`
	SentAt     time.Time         `json:"sentAt"`
	Received   int               `json:"received"`             // how often, this time included
	Source     string            `json:"source,omitempty"`     // the ARN of the queue that gave it up
	Attributes map[string]string `json:"attributes,omitempty"` // what a rule says of its failure, say
	Body       string            `json:"body"`
}

func (c *dlqShowCommand) Run(e *env) error {
	if c.Max < 1 {
		return errors.New("--max must be at least 1")
	}
	d, err := c.deadLetters(e.ctx)
	if err != nil {
		return err
	}
	q, err := d.find(e.ctx, c.Name)
	if err != nil {
		return err
	}
	list, err := d.peek(e.ctx, q.URL, c.Max)
	if err != nil {
		return err
	}
	if c.JSON {
		return printValue(e.stdout, list)
	}
	for _, m := range list {
		fmt.Fprintf(e.stdout, "%s  sent %s  received %d times\n", m.ID, m.SentAt.Local().Format(time.DateTime), m.Received)
		for _, k := range slices.Sorted(maps.Keys(m.Attributes)) {
			fmt.Fprintf(e.stdout, "    %s: %s\n", k, m.Attributes[k])
		}
		fmt.Fprintf(e.stdout, "    %s\n", m.Body)
	}
	fmt.Fprintf(e.stdout, "%d of about %d messages\n", len(list), q.Messages+q.InFlight)
	return nil
}

// peekFor is for how long, in seconds, messages that are looked at stay hidden from others if they are not given back.
const peekFor = 30

// peek receives up to n messages and gives them back.
func (d *deadLetters) peek(ctx context.Context, url string, n int) ([]deadLetter, error) {
	list := []deadLetter{}
	err := d.receive(ctx, url, n, func(m types.Message) (bool, error) {
		letter, err := newDeadLetter(m)
		list = append(list, letter)
		return true, err
	})
	return list, err
}

// receive calls f for up to n messages, and gives back those for which it says so, at the end: until then they are not received again.
func (d *deadLetters) receive(ctx context.Context, url string, n int, f func(types.Message) (giveBack bool, err error)) (err error) {
	var back []types.ChangeMessageVisibilityBatchRequestEntry
	defer func() { err = errors.Join(err, d.giveBack(context.WithoutCancel(ctx), url, back)) }()
	for seen := 0; seen < n; {
		out, err := d.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: int32(min(10, n-seen)), VisibilityTimeout: peekFor, WaitTimeSeconds: 1,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return awsError("receive from "+url, err)
		}
		if len(out.Messages) == 0 {
			return nil
		}
		seen += len(out.Messages)
		var failed error
		for i, m := range out.Messages {
			giveBack, err := f(m)
			if failed = errors.Join(failed, err); giveBack {
				id := strconv.Itoa(seen + i)
				back = append(back, types.ChangeMessageVisibilityBatchRequestEntry{Id: &id, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0})
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

// errEnough ends receive.
var errEnough = errors.New("no more messages are needed")

func newDeadLetter(m types.Message) (deadLetter, error) {
	out := deadLetter{ID: *m.MessageId, Body: *m.Body, Source: m.Attributes["DeadLetterQueueSourceArn"], Attributes: map[string]string{}}
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

func (d *deadLetters) giveBack(ctx context.Context, url string, all []types.ChangeMessageVisibilityBatchRequestEntry) error {
	for part := range slices.Chunk(all, 10) {
		out, err := d.queues.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url, Entries: part})
		if err != nil {
			return awsError("give messages back", err)
		}
		for _, f := range out.Failed {
			return fmt.Errorf("give messages back: %s: %s; it is visible again in %d s", *f.Id, *f.Code, peekFor)
		}
	}
	return nil
}

type dlqRedriveCommand struct {
	awsConnection
	Name string `arg:"" help:"The queue's name, with or without the stack's."`
	Rate int32  `help:"Messages a second at most; 0 leaves it to SQS." default:"0"`
	JSON bool   `help:"Print JSON."`
}

func (*dlqRedriveCommand) Help() string {
	return `Starts an SQS message move task, and waits for its end. What made the messages fail should be repaired before.
Messages that were received a moment ago, by a console, say, are in flight and stay: it says so, and fails.

Example:
  orderflow dlq redrive start-dead-letters`
}

// moved is the end of a message move task.
type moved struct {
	Queue    string   `json:"queue"`
	To       []string `json:"to"`
	Moved    int64    `json:"moved"`
	InFlight int      `json:"inFlight"` // received and not yet deleted: a move leaves them
	Status   string   `json:"status"`
}

func (c *dlqRedriveCommand) Run(e *env) error {
	d, err := c.deadLetters(e.ctx)
	if err != nil {
		return err
	}
	q, err := d.find(e.ctx, c.Name)
	if err != nil {
		return err
	}
	if len(q.Sources) == 0 {
		return fmt.Errorf("%s is no queue's dead-letter queue: rules, streams or functions gave its messages up, and SQS cannot move them back; `orderflow dlq show %s` says which", q.Name, c.Name)
	}
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &q.ARN}
	if c.Rate > 0 {
		in.MaxNumberOfMessagesPerSecond = &c.Rate
	}
	if _, err := d.queues.StartMessageMoveTask(e.ctx, in); err != nil {
		return awsError("redrive "+q.Name, err)
	}
	result, err := d.awaitMove(e.ctx, q)
	if err != nil {
		return errors.Join(err, d.unmovable(e.ctx, q))
	}
	now, _, err := d.describe(e.ctx, q.URL)
	if err != nil {
		return err
	}
	if result.InFlight = now.InFlight; c.JSON {
		err = printValue(e.stdout, result)
	} else if result.Moved > 0 || result.InFlight == 0 {
		fmt.Fprintf(e.stdout, "%d messages moved to %s\n", result.Moved, strings.Join(result.To, ", "))
	}
	if result.InFlight > 0 { // received, and neither deleted nor given back: a redrive does not see them
		err = errors.Join(err, fmt.Errorf("redrive %s: %d moved, %d in flight: try again in %d s", q.Name, result.Moved, result.InFlight, now.Visibility))
	}
	return err
}

// unmovable names the messages that no queue gave up, at the first of which a redrive ends: SQS does not know where they belong.
func (d *deadLetters) unmovable(ctx context.Context, q deadLetterQueue) error {
	list, err := d.peek(ctx, q.URL, max(q.Messages, 1))
	for _, m := range list {
		if m.Source == "" {
			err = errors.Join(err, fmt.Errorf("message %s was sent to %s by hand or by a rule, and has no queue to go back to: read it with `orderflow dlq show %s`, "+
				"take it out with `orderflow dlq delete %s %s`, then redrive again", m.ID, q.Name, q.Name, q.Name, m.ID))
		}
	}
	return err
}

type dlqDeleteCommand struct {
	awsConnection
	Name    string `arg:"" help:"The queue's name, with or without the stack's."`
	Message string `arg:"" help:"The id of the message, as dlq show prints it."`
}

func (*dlqDeleteCommand) Help() string {
	return "Example:\n  orderflow dlq delete start-dead-letters 5fea7756-0ea4-451a-a703-a558b933e274"
}

func (c *dlqDeleteCommand) Run(e *env) error {
	d, err := c.deadLetters(e.ctx)
	if err != nil {
		return err
	}
	q, err := d.find(e.ctx, c.Name)
	if err != nil {
		return err
	}
	found := errors.New("none of the messages that are visible has this id")
	err = d.receive(e.ctx, q.URL, math.MaxInt, func(m types.Message) (giveBack bool, err error) {
		if *m.MessageId != c.Message {
			return true, nil
		}
		_, found = d.queues.DeleteMessage(e.ctx, &sqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle})
		return false, errEnough
	})
	if found != nil {
		err = errors.Join(err, awsError(fmt.Sprintf("delete message %s from %s", c.Message, q.Name), found))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s deleted from %s\n", c.Message, q.Name)
	return nil
}

// awaitMove waits until the newest move task of a queue has ended. One that did not complete is an error.
func (d *deadLetters) awaitMove(ctx context.Context, q deadLetterQueue) (moved, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := d.queues.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &q.ARN})
		if err != nil {
			return moved{}, awsError("watch the redrive of "+q.Name, err)
		}
		if len(out.Results) > 0 && *out.Results[0].Status != "RUNNING" {
			task := out.Results[0]
			if *task.Status != "COMPLETED" {
				reason := ""
				if task.FailureReason != nil {
					reason = ": " + *task.FailureReason
				}
				return moved{}, fmt.Errorf("redrive %s: %s after %d messages%s", q.Name, *task.Status, task.ApproximateNumberOfMessagesMoved, reason)
			}
			return moved{Queue: q.Name, To: q.Sources, Moved: task.ApproximateNumberOfMessagesMoved, Status: *task.Status}, nil
		}
		select {
		case <-ctx.Done():
			return moved{}, ctx.Err()
		case <-tick.C:
		}
	}
}
