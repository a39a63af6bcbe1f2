package main

import (
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type mailCommands struct {
	List mailListCommand `cmd:"" help:"List the mails to customers."`
	Show mailShowCommand `cmd:"" help:"Print a mail."`
	Open mailOpenCommand `cmd:"" help:"Print the address of the mailbox, which shows the mails as mail programs do."`
}

type mailListCommand struct {
	apiOption
	Order string `help:"Only the mails about this order." placeholder:"ID"`
	JSON  bool   `help:"Print JSON."`
}

func (*mailListCommand) Help() string {
	return "A local system sends its mails to a mailbox on this machine, which keeps the last 10,000.\n\nExample:\n  orderflow mail list"
}

func (c *mailListCommand) Run(e *env) error {
	mails, err := client.New(c.API, "").Mails(e.ctx, c.Order)
	if err != nil {
		return err
	}
	if c.JSON {
		return printValue(e.stdout, mails)
	}
	rows := make([][]string, len(mails))
	for i, m := range mails {
		rows[i] = []string{fmt.Sprint(m.Sequence), m.At.Local().Format("15:04:05"), m.To, m.Subject, m.OrderID}
	}
	return screen.New(e.stdout).Table([]screen.Column{{Title: "NUMBER", Right: true}, {Title: "SENT"}, {Title: "TO"},
		{Title: "SUBJECT"}, {Title: "ORDER"}}, rows)
}

type mailShowCommand struct {
	apiOption
	Number uint64 `arg:"" help:"The number that mail list shows."`
}

func (*mailShowCommand) Help() string { return "Example:\n  orderflow mail show 1" }

func (c *mailShowCommand) Run(e *env) error {
	mails, err := client.New(c.API, "").Mails(e.ctx, "")
	if err != nil {
		return err
	}
	for _, m := range mails {
		if m.Sequence == c.Number {
			fmt.Fprintf(e.stdout, "From: %s\nTo: %s\nDate: %s\nSubject: %s\n\n%s", m.From, m.To,
				m.At.Local().Format("2 Jan 2006 15:04:05 -0700"), m.Subject, m.Text)
			return nil
		}
	}
	return fmt.Errorf("there is no mail %d", c.Number)
}

type mailOpenCommand struct{ apiOption }

func (*mailOpenCommand) Help() string { return "Example:\n  orderflow mail open" }

func (c *mailOpenCommand) Run(e *env) error {
	fmt.Fprintln(e.stdout, strings.TrimSuffix(c.API, "/")+client.MailboxPath)
	return nil
}
