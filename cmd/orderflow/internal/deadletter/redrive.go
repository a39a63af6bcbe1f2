package deadletter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Move is the result of a redrive.
type Move struct {
	Queue    string   `json:"queue"`
	To       []string `json:"to"`
	Moved    int64    `json:"moved"`
	InFlight int      `json:"inFlight"` // received and not yet deleted: a redrive leaves them
	Status   string   `json:"status"`

	visibility int // seconds after which a message in flight is visible again
}

// Err returns an error if the redrive left messages in flight.
func (m Move) Err() error {
	if m.InFlight == 0 {
		return nil
	}
	return fmt.Errorf("redrive %s: %d moved, %d in flight: try again in %d s", m.Queue, m.Moved, m.InFlight, m.visibility)
}

// Redrive moves the messages of a queue back to the queues that they come from, and waits until SQS
// is done. rate is the most messages a second; 0 leaves it to SQS.
func (s *Queues) Redrive(ctx context.Context, q Queue, rate int32) (Move, error) {
	if len(q.Sources) == 0 {
		return Move{}, fmt.Errorf("%s is no queue's dead-letter queue: its messages come from rules, streams or functions, "+
			"and SQS cannot move them back; `orderflow dlq show %s` prints where each comes from", q.Name, q.Name)
	}
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &q.ARN}
	if rate > 0 {
		in.MaxNumberOfMessagesPerSecond = &rate
	}
	if _, err := s.client.StartMessageMoveTask(ctx, in); err != nil {
		return Move{}, awsError("redrive "+q.Name, err)
	}
	move, err := s.awaitMove(ctx, q)
	if err != nil {
		return Move{}, errors.Join(err, s.unmovable(ctx, q))
	}
	now, _, err := s.describe(ctx, q.URL)
	move.InFlight, move.visibility = now.InFlight, now.visibility
	return move, err
}

// awaitMove waits until the newest move task of a queue ends. It returns an error if the task
// fails.
func (s *Queues) awaitMove(ctx context.Context, q Queue) (Move, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := s.client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &q.ARN})
		if err != nil {
			return Move{}, awsError("watch the redrive of "+q.Name, err)
		}
		if len(out.Results) > 0 && *out.Results[0].Status != "RUNNING" {
			task := out.Results[0]
			if *task.Status != "COMPLETED" {
				reason := ""
				if task.FailureReason != nil {
					reason = ": " + *task.FailureReason
				}
				return Move{}, fmt.Errorf("redrive %s: %s after %d messages%s", q.Name, *task.Status,
					task.ApproximateNumberOfMessagesMoved, reason)
			}
			moved := task.ApproximateNumberOfMessagesMoved
			return Move{Queue: q.Name, To: q.Sources, Moved: moved, Status: *task.Status}, nil
		}
		select {
		case <-ctx.Done():
			return Move{}, ctx.Err()
		case <-tick.C:
		}
	}
}

// unmovable returns an error for each message that comes from no queue. SQS does not know where
// such a message belongs, and ends a redrive at the first one.
func (s *Queues) unmovable(ctx context.Context, q Queue) error {
	list, err := s.Peek(ctx, q, max(q.Messages, 1))
	for _, m := range list {
		if m.Source == "" {
			err = errors.Join(err, fmt.Errorf("message %[1]s was sent to %[2]s by hand or by a rule, and has no queue "+
				"to go back to: read it with `orderflow dlq show %[2]s`, delete it with "+
				"`orderflow dlq delete %[2]s %[1]s`, then redrive again", m.ID, q.Name))
		}
	}
	return err
}
