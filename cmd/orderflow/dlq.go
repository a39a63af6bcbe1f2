package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type dlqCommands struct {
	List    dlqListCommand    `cmd:"" help:"List the dead-letter queues, with counts and the sources of their messages."`
	Show    dlqShowCommand    `cmd:"" help:"Show the messages of a dead-letter queue with their last errors; they stay in it."`
	Redrive dlqRedriveCommand `cmd:"" help:"Move the messages of a dead-letter queue back to the queues that they come from."`
	Delete  dlqDeleteCommand  `cmd:"" help:"Delete one message of a dead-letter queue."`
}

// namedQueue is the part of the command line that names a dead-letter queue.
type namedQueue struct {
	connection
	Name string `arg:"" help:"The queue's name, with or without the stack's name."`
}

func (c namedQueue) path() string { return "/ops/dead-letters/" + url.PathEscape(c.Name) }

type dlqListCommand struct {
	connection
	JSON bool `help:"Print JSON."`
}

func (*dlqListCommand) Help() string {
	return "Examples:\n  orderflow dlq list\n  orderflow dlq list --stack orderflow-prod"
}

// deadLetterQueue is a dead-letter queue as the API shows it.
type deadLetterQueue struct {
	Name        string   `json:"name"`
	DeadLetters bool     `json:"deadLetters"`
	Waiting     int      `json:"waiting"`
	InFlight    int      `json:"inFlight"`
	Sources     []string `json:"sources"`
}

func (c *dlqListCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	var answer struct{ Queues []deadLetterQueue }
	if err := cl.Get(e.ctx, "/ops/queues", &answer); err != nil {
		return err
	}
	list := slices.DeleteFunc(answer.Queues, func(q deadLetterQueue) bool { return !q.DeadLetters })
	if c.JSON {
		return printValue(e.stdout, list)
	}
	var rows [][]string
	for _, q := range list {
		from := strings.Join(q.Sources, ", ")
		if from == "" {
			from = "(no queue: rules, streams or functions)"
		}
		rows = append(rows, []string{q.Name, fmt.Sprint(q.Waiting), fmt.Sprint(q.InFlight), from})
	}
	columns := []screen.Column{
		{Title: "QUEUE"}, {Title: "MESSAGES", Right: true}, {Title: "IN FLIGHT", Right: true}, {Title: "FROM", Wraps: true},
	}
	return screen.New(e.stdout).Table(columns, rows)
}

type dlqShowCommand struct {
	namedQueue
	Max  int  `help:"How many messages at most, up to 100." default:"20"`
	JSON bool `help:"Print JSON."`
}

func (*dlqShowCommand) Help() string {
	return "The messages are received and made visible again at once. Only their receive count changes.\n\n" +
		"Example:\n  orderflow dlq show start-dead-letters"
}

// Validate refuses a number of messages that the API does not answer.
func (c *dlqShowCommand) Validate() error {
	if c.Max < 1 || c.Max > 100 {
		return errors.New("--max must be from 1 to 100")
	}
	return c.connection.Validate()
}

func (c *dlqShowCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	answer, err := cl.Do(e.ctx, http.MethodGet, c.path()+"?limit="+strconv.Itoa(c.Max), nil, nil)
	if err != nil {
		return err
	}
	type list struct {
		Messages []struct {
			MessageID, Source, Error, Body string
			SentAt                         time.Time
			FailedAt                       *time.Time
			Received                       int
			Attributes                     map[string]string
		}
	}
	return printAnswer(e, answer, c.JSON, func(l list) error {
		for _, m := range l.Messages {
			fmt.Fprintf(e.stdout, "%s  sent %s  received %d times\n", m.MessageID, m.SentAt.Local().Format(time.DateTime), m.Received)
			if m.Error != "" {
				fmt.Fprintf(e.stdout, "    failed %s: %s\n", m.FailedAt.Local().Format(time.DateTime), m.Error)
			}
			for _, k := range slices.Sorted(maps.Keys(m.Attributes)) {
				fmt.Fprintf(e.stdout, "    %s: %s\n", k, m.Attributes[k])
			}
			fmt.Fprintf(e.stdout, "    %s\n", m.Body)
		}
		fmt.Fprintf(e.stdout, "%d messages\n", len(l.Messages))
		return nil
	})
}

type dlqRedriveCommand struct {
	namedQueue
	Reason string `required:"" help:"The reason, for the audit log."`
	JSON   bool   `help:"Print JSON."`
}

func (*dlqRedriveCommand) Help() string {
	return `Starts an SQS message move task and waits a moment for its end. Repair first what made the messages fail.
Messages in flight, such as those that a console received a moment ago, stay in the queue: the command then fails.

Example:
  orderflow dlq redrive start-dead-letters --reason 'the state machine is back'`
}

func (c *dlqRedriveCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	answer, err := cl.Do(e.ctx, http.MethodPost, c.path()+"/redrive", nil, map[string]string{"reason": c.Reason})
	if err != nil {
		return err
	}
	var move struct {
		To       []string
		Moved    int64
		Done     bool
		InFlight int
	}
	if err := json.Unmarshal(answer, &move); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	switch {
	case c.JSON:
		err = printJSON(e.stdout, answer)
	case !move.Done:
		fmt.Fprintf(e.stdout, "%d messages moved to %s until now; it goes on by itself\n", move.Moved, strings.Join(move.To, ", "))
	case move.Moved > 0 || move.InFlight == 0:
		fmt.Fprintf(e.stdout, "%d messages moved to %s\n", move.Moved, strings.Join(move.To, ", "))
	}
	if err == nil && move.Done && move.InFlight > 0 {
		return fmt.Errorf("redrive %s: %d moved, %d in flight: try again in 30 s", c.Name, move.Moved, move.InFlight)
	}
	return err
}

type dlqDeleteCommand struct {
	namedQueue
	Message string `arg:"" help:"The id of the message, as dlq show prints it."`
	Reason  string `required:"" help:"The reason, for the audit log."`
}

func (*dlqDeleteCommand) Help() string {
	return "Example:\n  orderflow dlq delete start-dead-letters 5fea7756-0ea4-451a-a703-a558b933e274 --reason 'sent by mistake'"
}

func (c *dlqDeleteCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	path := c.path() + "/" + url.PathEscape(c.Message) + "/delete"
	if _, err := cl.Do(e.ctx, http.MethodPost, path, nil, map[string]string{"reason": c.Reason}); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s deleted from %s\n", c.Message, c.Name)
	return nil
}
