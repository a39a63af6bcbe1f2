package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type notificationsCommand struct {
	apiOption
	Topic string `help:"Only this topic: notifications (to customers) or alerts (to operators)." enum:",notifications,alerts" default:""`
	JSON  bool   `help:"Print JSON."`
}

func (*notificationsCommand) Help() string {
	return "Prints what a local system published to its SNS topics.\n\nExample:\n  orderflow notifications --topic alerts"
}

func (c *notificationsCommand) Run(e *env) error {
	cl := client.New(c.API, "")
	path := "/_local/notifications?" + url.Values{"topic": {c.Topic}}.Encode()
	body, err := cl.Do(e.ctx, http.MethodGet, path, http.Header{client.LocalHeader: {"1"}}, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(list []client.Notification) error {
		out := screen.New(e.stdout)
		for _, n := range list {
			fmt.Fprintln(out, out.Text(n.At.Local().Format("15:04:05.000")+"  "+noticeHeader(n)))
			fmt.Fprintln(out, out.Indented(noticeText(n)))
		}
		return nil
	})
}

// read returns a message as a customer's notification and as an operators' alert: one of them is empty.
func read(n client.Notification) (note orderflow.Notification, alert orderflow.Alert) {
	_ = json.Unmarshal(n.Message, &note) // a message may hold anything: noticeText prints what is neither
	_ = json.Unmarshal(n.Message, &alert)
	return note, alert
}

// noticeHeader returns the recipient and the subject.
func noticeHeader(n client.Notification) string {
	to := "to operators"
	if note, _ := read(n); note.CustomerID != "" {
		to = "to customer " + note.CustomerID
	}
	return to + ": " + n.Subject
}

// noticeText returns the message in words, or unchanged if it has another format.
func noticeText(n client.Notification) string {
	switch note, alert := read(n); {
	case note.Text != "":
		return note.Text
	case alert.Code != "":
		return fmt.Sprintf("Order %s needs attention%s since %s, because %s", alert.OrderID, words.AtStep(alert.Attention),
			words.Clock(alert.Since), words.Explain(alert.Attention))
	}
	return string(n.Message)
}

type sandboxCommands struct {
	Outage  sandboxOutageCommand  `cmd:"" help:"Start (raise) or end (lift) an outage of the payment provider."`
	Confirm sandboxConfirmCommand `cmd:"" help:"Confirm a payment as its customer does on the provider's page."`
}

type sandboxConfirmCommand struct {
	connection
	ID   string `arg:"" help:"The order's id."`
	Fail bool   `help:"Fail to confirm it."`
}

func (*sandboxConfirmCommand) Help() string {
	return "An order with the payment method pm_card_authenticationRequired waits for it.\n\n" +
		"Example:\n  orderflow sandbox confirm ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *sandboxConfirmCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	var o client.Order
	if err := cl.Get(e.ctx, "/orders/"+url.PathEscape(c.ID), &o); err != nil {
		return err
	}
	if o.MethodRequest == nil || o.MethodRequest.ClientSecret == "" {
		return fmt.Errorf("order %s waits for no confirmation of its payment", c.ID)
	}
	if err := cl.Confirm(e.ctx, o.MethodRequest.ClientSecret, !c.Fail); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "The payment of order %s is %s.\n", c.ID, map[bool]string{false: "confirmed", true: "not confirmed"}[c.Fail])
	return nil
}

type sandboxOutageCommand struct {
	apiOption
	State string `arg:"" enum:"raise,lift" help:"raise or lift."`
}

func (*sandboxOutageCommand) Help() string {
	return "During an outage, charges of the payment method pm_sandbox_outage fail.\n\nExample:\n  orderflow sandbox outage lift"
}

func (c *sandboxOutageCommand) Run(e *env) error {
	return client.New(c.API, "").SetOutage(e.ctx, c.State == "lift")
}
