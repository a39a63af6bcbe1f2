package main

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type opsMailCommands struct {
	List opsMailListCommand `cmd:"" help:"See what became of the mails to an order's customer."`
	Send opsMailSendCommand `cmd:"" help:"Send a mail again that did not arrive."`
}

type opsMailListCommand struct {
	connection
	ID   string `arg:"" help:"The order's id."`
	JSON bool   `help:"Print the API's answer."`
}

func (*opsMailListCommand) Help() string {
	return "SENT: the mail provider has accepted it. BOUNCED: the address does not exist. COMPLAINED: reported as spam. SUPPRESSED: not sent, because of an earlier one of these. OUTDATED: no longer true.\n\n" +
		"Example:\n  orderflow ops mail list ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *opsMailListCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	answer, err := cl.Do(e.ctx, http.MethodGet, "/ops/orders/"+url.PathEscape(c.ID)+"/mails", nil, nil)
	if err != nil {
		return err
	}
	type list struct {
		Mails []struct {
			Name, Failure string
			Status        orderflow.MailStatus
			At            time.Time
			Attempts      int
		}
	}
	return printAnswer(e, answer, c.JSON, func(l list) error {
		if len(l.Mails) == 0 {
			fmt.Fprintf(e.stdout, "No mail was sent about order %s.\n", c.ID)
			return nil
		}
		var rows [][]string
		for _, m := range l.Mails {
			rows = append(rows, []string{m.Name, string(m.Status), m.At.Local().Format("2006-01-02 15:04:05 -0700"),
				fmt.Sprint(m.Attempts), m.Failure})
		}
		return screen.New(e.stdout).Table([]screen.Column{{Title: "MAIL"}, {Title: "STATUS"}, {Title: "AT"},
			{Title: "ATTEMPTS", Right: true}, {Title: "WHY"}}, rows)
	})
}

type opsMailSendCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Mail   string `arg:"" help:"The mail's name, such as confirmed."`
	Reason string `required:"" help:"The reason, for the audit log. No personal data."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsMailSendCommand) Help() string {
	return "It goes to the order's address as it is now (orderflow ops correct); if mails to that address were stopped, they no longer are. A mail that arrived is not sent again.\n\n" +
		"Example:\n  orderflow ops mail send ord_06cb4j3k7v1s0n9t8q2r5w4xyz confirmed --reason 'the customer corrected the address'"
}

func (c *opsMailSendCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	path := "/ops/orders/" + url.PathEscape(c.ID) + "/mails/" + url.PathEscape(c.Mail) + "/send"
	answer, err := cl.Do(e.ctx, http.MethodPost, path, nil, map[string]string{"reason": c.Reason})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, answer)
	}
	fmt.Fprintf(e.stdout, "The mail %s of order %s is in the queue.\n", c.Mail, c.ID)
	return nil
}
