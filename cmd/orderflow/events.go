package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/feed"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type eventsCommands struct {
	Tail   eventsTailCommand   `cmd:"" help:"Print events as they are published."`
	Show   eventsShowCommand   `cmd:"" help:"Print all events of an order."`
	Replay eventsReplayCommand `cmd:"" help:"Publish the events of an order, or of a time, again."`
}

func (c awsConnection) feed(ctx context.Context) (*feed.Feed, string, error) {
	cfg, stack, err := c.config(ctx)
	if err != nil {
		return nil, "", err
	}
	return feed.New(cfg, stack), stack, nil
}

type eventsTailCommand struct {
	awsConnection
	Order string `help:"Only the events of this order." placeholder:"ID"`
	JSON  bool   `help:"Print each event's detail as JSON, one a line."`
}

func (*eventsTailCommand) Help() string {
	return "Makes a queue and a rule on the event bus, and removes them at the end (Ctrl-C). Events may come twice and in any order: docs/events.md.\n\nExample:\n  orderflow events tail --json"
}

func (c *eventsTailCommand) Run(e *env) error {
	f, stack, err := c.feed(e.ctx)
	if err != nil {
		return err
	}
	name := stack + "-tail-" + strings.ToLower(rand.Text()[:8])
	ready := func() { fmt.Fprintln(e.stderr, "waiting for events; Ctrl-C ends") }
	return f.Tail(e.ctx, name, ready, func(raw json.RawMessage) error {
		var d orderflow.EventDetail
		if err := json.Unmarshal(raw, &d); err != nil {
			return fmt.Errorf("read event: %w", err)
		}
		if c.Order != "" && d.OrderID != c.Order {
			return nil
		}
		if c.JSON {
			fmt.Fprintf(e.stdout, "%s\n", raw)
			return nil
		}
		fmt.Fprintln(e.stdout, strings.TrimRight(strings.Join(eventRow(d), "  "), " "))
		return nil
	})
}

// eventRow returns an event as the cells of a row.
func eventRow(d orderflow.EventDetail) []string {
	return []string{d.At.Local().Format("15:04:05.000"), d.OrderID, fmt.Sprint(d.Sequence), string(d.Type), string(d.Status), d.Actor, d.Reason}
}

type eventsShowCommand struct {
	awsConnection
	ID   string `arg:"" help:"The order's id."`
	JSON bool   `help:"Print each event's detail as JSON, one a line."`
}

func (*eventsShowCommand) Help() string {
	return "The order's row holds all its events.\n\nExample:\n  orderflow events show ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *eventsShowCommand) Run(e *env) error {
	f, _, err := c.feed(e.ctx)
	if err != nil {
		return err
	}
	events, err := f.Order(e.ctx, c.ID)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, d := range events {
		if !c.JSON {
			rows = append(rows, eventRow(d))
		} else if err := json.NewEncoder(e.stdout).Encode(d); err != nil {
			return err
		}
	}
	if c.JSON {
		return nil
	}
	return screen.New(e.stdout).Table([]screen.Column{{Title: "TIME"}, {Title: "ORDER"}, {Title: "SEQUENCE", Right: true},
		{Title: "TYPE"}, {Title: "STATUS"}, {Title: "ACTOR"}, {Title: "REASON", Wraps: true}}, rows)
}

type eventsReplayCommand struct {
	awsConnection
	ID    string    `arg:"" optional:"" help:"The order's id."`
	After int64     `help:"Only the order's events after this sequence." placeholder:"N"`
	From  time.Time `help:"Instead of an order: the events from this time (RFC 3339), of all orders." placeholder:"TIME"`
	To    time.Time `help:"Until before this time. The default is now." placeholder:"TIME"`
	Queue string    `help:"Send them to this queue (a URL)." placeholder:"URL" xor:"target" required:""`
	Bus   bool      `help:"Publish them on the bus: all consumers get them." xor:"target" required:""`
}

func (*eventsReplayCommand) Help() string {
	return "The events have the same eventId as before. With --from every order is read.\n\n" +
		"Examples:\n  orderflow events replay ord_06cb4j3k7v1s0n9t8q2r5w4xyz --bus\n  orderflow events replay --from 2026-01-15T02:00:00Z --to 2026-01-15T03:00:00Z --queue http://127.0.0.1:4566/000000000000/mine"
}

// Validate refuses an order together with a time, and neither.
func (c *eventsReplayCommand) Validate() error {
	switch {
	case c.ID == "" && c.From.IsZero():
		return errors.New("name an order, or a time with --from")
	case c.ID != "" && (!c.From.IsZero() || !c.To.IsZero()):
		return errors.New("--from and --to are for all orders: name no order")
	case c.ID == "" && c.After != 0:
		return errors.New("--after needs an order")
	case !c.To.IsZero() && !c.From.Before(c.To):
		return errors.New("--to must be after --from")
	}
	return c.awsConnection.Validate()
}

func (c *eventsReplayCommand) Run(e *env) error {
	f, _, err := c.feed(e.ctx)
	if err != nil {
		return err
	}
	orders, sent := 0, 0
	deliver := func(_ string, events []orderflow.EventDetail) error {
		orders, sent = orders+1, sent+len(events)
		if c.Bus {
			return f.Publish(e.ctx, events)
		}
		return f.Send(e.ctx, c.Queue, events)
	}
	if c.ID != "" {
		events, err := f.Order(e.ctx, c.ID)
		if err != nil {
			return err
		}
		err = deliver(c.ID, events[min(int(max(c.After, 0)), len(events)):])
		if err != nil {
			return err
		}
	} else {
		to := c.To
		if to.IsZero() {
			to = time.Now()
		}
		if err := f.Between(e.ctx, c.From, to, deliver); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stdout, "%s of %s\n", counted(sent, "event"), counted(orders, "order"))
	return nil
}
