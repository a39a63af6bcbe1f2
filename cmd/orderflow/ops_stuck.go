package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsStuckCommand struct {
	connection
	OlderThan time.Duration `help:"Only orders that were placed longer ago." default:"10m"`
	Limit     int           `help:"How many orders, at most 100." default:"20"`
	JSON      bool          `help:"Print the API's answer."`
}

func (*opsStuckCommand) Help() string {
	return "Orders that have not ended, oldest first, and what each waits for: also those that never failed.\n\n" +
		"Example:\n  orderflow ops stuck --older-than 1h"
}

// Validate refuses a negative age.
func (c *opsStuckCommand) Validate() error {
	if c.OlderThan < 0 {
		return errors.New("--older-than must not be negative")
	}
	return c.connection.Validate()
}

func (c *opsStuckCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	query := url.Values{"olderThan": {strconv.Itoa(int(c.OlderThan.Seconds()))}, "limit": {strconv.Itoa(c.Limit)}}
	answer, err := cl.Do(e.ctx, http.MethodGet, "/ops/stuck?"+query.Encode(), nil, nil)
	if err != nil {
		return err
	}
	type list struct {
		Orders []struct {
			OrderID, Status, WaitsFor string
			PlacedAt, Since, Until    time.Time
		}
		More bool
	}
	return printAnswer(e, answer, c.JSON, func(l list) error {
		if len(l.Orders) == 0 {
			fmt.Fprintln(e.stderr, "no open order is that old")
			return nil
		}
		var rows [][]string
		for _, o := range l.Orders {
			until := ""
			if !o.Until.IsZero() {
				until = words.Clock(o.Until)
			}
			rows = append(rows, []string{o.OrderID, words.Clock(o.PlacedAt), o.Status, strings.ToLower(o.WaitsFor), words.Clock(o.Since), until})
		}
		if err := screen.New(e.stdout).Table([]screen.Column{{Title: "ORDER"}, {Title: "PLACED"}, {Title: "STATUS"}, {Title: "WAITS FOR"},
			{Title: "SINCE"}, {Title: "UNTIL"}}, rows); err != nil {
			return err
		}
		if l.More {
			fmt.Fprintln(e.stdout, "There are more: --limit shows up to 100.")
		}
		return nil
	})
}
