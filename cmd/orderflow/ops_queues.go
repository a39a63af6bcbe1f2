package main

import (
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type opsQueuesCommand struct {
	connection
	JSON bool `help:"Print the API's answer."`
}

func (*opsQueuesCommand) Help() string {
	return "How many messages wait, are being handled, or were given up, approximately. `orderflow dlq` shows and redrives those that were given up.\n\n" +
		"Example:\n  orderflow ops queues"
}

func (c *opsQueuesCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	answer, err := cl.Do(e.ctx, http.MethodGet, "/ops/queues", nil, nil)
	if err != nil {
		return err
	}
	type list struct {
		Queues []struct {
			Name                       string
			Waiting, InFlight, Delayed int
		}
	}
	return printAnswer(e, answer, c.JSON, func(l list) error {
		var rows [][]string
		for _, q := range l.Queues {
			rows = append(rows, []string{q.Name, fmt.Sprint(q.Waiting), fmt.Sprint(q.InFlight), fmt.Sprint(q.Delayed)})
		}
		return screen.New(e.stdout).Table([]screen.Column{{Title: "QUEUE"}, {Title: "WAITING", Right: true},
			{Title: "IN FLIGHT", Right: true}, {Title: "DELAYED", Right: true}}, rows)
	})
}
