package main

import "fmt"

type tokenCommand struct {
	API   string   `help:"URL of the local system's API." env:"ORDERFLOW_API" default:"http://127.0.0.1:8080" placeholder:"URL"`
	Sub   string   `help:"Whose token: the subject, i.e. the customer's id." default:"ada" env:"ORDERFLOW_AS" placeholder:"NAME"`
	Scope []string `help:"Scopes." default:"orders:read,orders:write"`
	Group []string `help:"Groups, e.g. operators."`
	TTL   int      `name:"ttl" help:"Seconds until it expires." default:"3600"`
}

func (*tokenCommand) Help() string {
	return "Examples:\n  TOKEN=$(orderflow token --sub ada)\n  OPS=$(orderflow token --sub olga --group operators)"
}

func (c *tokenCommand) Run(e *env) error {
	token, err := newClient(c.API, "").mint(e.ctx, tokenRequest{Subject: c.Sub, Scopes: c.Scope, Groups: c.Group, ExpiresIn: c.TTL})
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, token)
	return nil
}
