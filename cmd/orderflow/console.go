package main

import (
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/ambient"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

// shift is how long the console's token of a local system is valid, in seconds.
const shift = 8 * 60 * 60

type consoleCommand struct {
	stackOption
	apiOption
	As string `help:"The operator at a local system." env:"ORDERFLOW_AS" default:"olga" placeholder:"NAME"`
}

func (*consoleCommand) Help() string {
	return "Prints the address of the operators' console. For a local system it holds a token, which is valid for 8 hours: open it in a browser, and show it to no one. On AWS operators sign in on the page.\n\nExample:\n  orderflow console"
}

// Validate refuses a value that is not a URL, unless a stack is named.
func (c *consoleCommand) Validate() error {
	return connection{stackOption: c.stackOption, apiOption: c.apiOption}.Validate()
}

func (c *consoleCommand) Run(e *env) error {
	if c.Stack != "" {
		api, err := ambient.Output(e.ctx, c.Stack, "ApiUrl")
		if err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, strings.TrimSuffix(api, "/")+"/console")
		return nil
	}
	ttl := shift
	token, err := client.New(c.API, "").Mint(e.ctx, client.TokenRequest{
		Subject: c.As, Scopes: client.AllScopes, Groups: []string{client.Operators}, ExpiresIn: &ttl,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s/console#token=%s\n", strings.TrimSuffix(c.API, "/"), token)
	return nil
}
