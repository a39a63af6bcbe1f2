package main

import (
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

type tokenCommand struct {
	apiOption
	Sub   string   `help:"The subject of the token: the id of the customer or operator." default:"ada" env:"ORDERFLOW_AS" placeholder:"NAME"`
	Scope []string `help:"Scopes." default:"orders:read,orders:write"`
	Group []string `help:"Groups, e.g. operators."`
	TTL   int      `name:"ttl" help:"Seconds until the token expires, at most a day." default:"3600"`
}

func (*tokenCommand) Help() string {
	return "Examples:\n  TOKEN=$(orderflow token --sub ada)\n  OPS=$(orderflow token --sub olga --group operators)"
}

// Validate refuses values that a token cannot hold.
func (c *tokenCommand) Validate() error {
	if c.Sub == "" {
		return errors.New("--sub is empty: it must be the id of a customer or operator")
	}
	if c.TTL < 1 || c.TTL > client.MaxTTL {
		return fmt.Errorf("--ttl %d is not a number of seconds from 1 to %d", c.TTL, client.MaxTTL)
	}
	return c.apiOption.Validate()
}

func (c *tokenCommand) Run(e *env) error {
	token, err := client.New(c.API, "").Mint(e.ctx, client.TokenRequest{Subject: c.Sub, Scopes: c.Scope,
		Groups: c.Group, ExpiresIn: &c.TTL})
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, token)
	return nil
}
