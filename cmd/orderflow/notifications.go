package main

import (
	"fmt"
	"net/http"
	"net/url"
)

type notificationsCommand struct {
	API   string `help:"URL of the local system's API." env:"ORDERFLOW_API" default:"http://127.0.0.1:8080" placeholder:"URL"`
	Topic string `help:"Only this topic: notifications (to customers) or alerts (to operators)." enum:",notifications,alerts" default:""`
	JSON  bool   `help:"Print JSON."`
}

func (*notificationsCommand) Help() string {
	return "What a local system published to its SNS topics.\n\nExample:\n  orderflow notifications --topic alerts"
}

func (c *notificationsCommand) Run(e *env) error {
	cl := newClient(c.API, "")
	path := "/_local/notifications?" + url.Values{"topic": {c.Topic}}.Encode()
	body, err := cl.do(e.ctx, http.MethodGet, path, http.Header{localHeader: {"1"}}, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	var list []notification
	if err := decode(body, &list); err != nil {
		return err
	}
	for _, n := range list {
		fmt.Fprintf(e.stdout, "%s  %-13s %s\n    %s\n", n.At.Local().Format("15:04:05.000"), n.Topic, n.Subject, n.Message)
	}
	return nil
}

type sandboxCommands struct {
	Outage sandboxOutageCommand `cmd:"" help:"Raise or lift the payment provider's outage."`
}

type sandboxOutageCommand struct {
	API   string `help:"URL of the local system's API." env:"ORDERFLOW_API" default:"http://127.0.0.1:8080" placeholder:"URL"`
	State string `arg:"" enum:"raise,lift" help:"raise or lift."`
}

func (*sandboxOutageCommand) Help() string {
	return "While it lasts, charges of the payment method pm_sandbox_outage fail.\n\nExample:\n  orderflow sandbox outage lift"
}

func (c *sandboxOutageCommand) Run(e *env) error {
	return newClient(c.API, "").setOutage(e.ctx, c.State == "lift")
}
