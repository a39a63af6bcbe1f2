package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/deadletter"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type dlqCommands struct {
	List    dlqListCommand    `cmd:"" help:"List the dead-letter queues, with counts and the sources of their messages."`
	Show    dlqShowCommand    `cmd:"" help:"Show the messages of a dead-letter queue; they stay in it."`
	Redrive dlqRedriveCommand `cmd:"" help:"Move the messages of a dead-letter queue back to the queues that they come from."`
	Delete  dlqDeleteCommand  `cmd:"" help:"Delete one message of a dead-letter queue."`
}

func (c awsConnection) deadLetters(ctx context.Context) (*deadletter.Queues, error) {
	cfg, stack, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	return deadletter.New(cfg, stack), nil
}

// namedQueue is the part of the command line that names a dead-letter queue.
type namedQueue struct {
	awsConnection
	Name string `arg:"" help:"The queue's name, with or without the stack's name."`
}

// find returns the named queue, and the queues of its stack.
func (c namedQueue) find(ctx context.Context) (*deadletter.Queues, deadletter.Queue, error) {
	queues, err := c.deadLetters(ctx)
	if err != nil {
		return nil, deadletter.Queue{}, err
	}
	q, err := queues.Find(ctx, c.Name)
	return queues, q, err
}

type dlqListCommand struct {
	awsConnection
	JSON bool `help:"Print JSON."`
}

func (*dlqListCommand) Help() string {
	return "Examples:\n  orderflow dlq list\n  orderflow dlq list --stack orderflow-prod"
}

func (c *dlqListCommand) Run(e *env) error {
	queues, err := c.deadLetters(e.ctx)
	if err != nil {
		return err
	}
	list, err := queues.List(e.ctx)
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
	columns := []screen.Column{
		{Title: "QUEUE"}, {Title: "MESSAGES", Right: true}, {Title: "IN FLIGHT", Right: true}, {Title: "FROM", Wraps: true},
	}
	return screen.New(e.stdout).Table(columns, rows)
}

type dlqShowCommand struct {
	namedQueue
	Max  int  `help:"How many messages at most." default:"20"`
	JSON bool `help:"Print JSON."`
}

func (*dlqShowCommand) Help() string {
	return "The messages are received and made visible again at once. Only their receive count changes.\n\n" +
		"Example:\n  orderflow dlq show start-dead-letters"
}

func (c *dlqShowCommand) Run(e *env) error {
	if c.Max < 1 {
		return errors.New("--max must be at least 1")
	}
	queues, q, err := c.find(e.ctx)
	if err != nil {
		return err
	}
	list, err := queues.Peek(e.ctx, q, c.Max)
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

type dlqRedriveCommand struct {
	namedQueue
	Rate int32 `help:"Messages a second at most; 0 leaves it to SQS." default:"0"`
	JSON bool  `help:"Print JSON."`
}

func (*dlqRedriveCommand) Help() string {
	return `Starts an SQS message move task and waits for its end. Repair first what made the messages fail.
Messages in flight, such as those that a console received a moment ago, stay in the queue: the command then fails.

Example:
  orderflow dlq redrive start-dead-letters`
}

func (c *dlqRedriveCommand) Run(e *env) error {
	queues, q, err := c.find(e.ctx)
	if err != nil {
		return err
	}
	move, err := queues.Redrive(e.ctx, q, c.Rate)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printValue(e.stdout, move)
	} else if move.Moved > 0 || move.InFlight == 0 {
		fmt.Fprintf(e.stdout, "%d messages moved to %s\n", move.Moved, strings.Join(move.To, ", "))
	}
	return errors.Join(err, move.Err())
}

type dlqDeleteCommand struct {
	namedQueue
	Message string `arg:"" help:"The id of the message, as dlq show prints it."`
}

func (*dlqDeleteCommand) Help() string {
	return "Example:\n  orderflow dlq delete start-dead-letters 5fea7756-0ea4-451a-a703-a558b933e274"
}

func (c *dlqDeleteCommand) Run(e *env) error {
	queues, q, err := c.find(e.ctx)
	if err != nil {
		return err
	}
	if err := queues.Delete(e.ctx, q, c.Message); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s deleted from %s\n", c.Message, q.Name)
	return nil
}
