package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsAuditCommand struct {
	connection
	Actor  string `help:"Only what this operator did." placeholder:"ID"`
	Limit  int    `help:"How many acts." default:"20"`
	Cursor string `help:"The cursor of the last page, to print the next one." placeholder:"CURSOR"`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsAuditCommand) Help() string {
	return "Every request of an operator that changes something, newest first, with its reason and outcome.\n\n" +
		"Example:\n  orderflow ops audit --actor olga"
}

func (c *opsAuditCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for name, value := range map[string]string{"actor": c.Actor, "cursor": c.Cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	answer, err := cl.Do(e.ctx, http.MethodGet, "/ops/audit?"+query.Encode(), nil, nil)
	if err != nil {
		return err
	}
	type page struct {
		Acts []struct {
			At                                      time.Time
			Actor, Operation, Path, Reason, Outcome string
		}
		Next string
	}
	return printAnswer(e, answer, c.JSON, func(p page) error {
		if len(p.Acts) == 0 {
			fmt.Fprintln(e.stderr, "no operator has changed anything")
			return nil
		}
		var rows [][]string
		for _, a := range p.Acts {
			rows = append(rows, []string{words.Clock(a.At), a.Actor, a.Operation, cmp.Or(a.Outcome, "unknown"), a.Path, a.Reason})
		}
		if err := screen.New(e.stdout).Table([]screen.Column{{Title: "AT"}, {Title: "BY"}, {Title: "OPERATION"}, {Title: "OUTCOME"},
			{Title: "WHAT", Wraps: true}, {Title: "REASON", Wraps: true}}, rows); err != nil {
			return err
		}
		if p.Next != "" {
			fmt.Fprintf(e.stdout, "More: --cursor %s\n", p.Next)
		}
		return nil
	})
}
