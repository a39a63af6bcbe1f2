package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/ambient"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local/guard"
)

// stackOption is the part of the command line that names a stack on AWS.
type stackOption struct {
	Stack string `help:"A stack on AWS, by its name: addresses are read from its outputs. Credentials and region are those the environment's (AWS_ACCESS_KEY_ID, AWS_REGION), or else the aws command line's (aws configure export-credentials)." env:"ORDERFLOW_STACK" placeholder:"NAME"`
}

// awsConnection is the part of the command line that says which AWS is meant: a local system's endpoint, or the real one.
type awsConnection struct {
	stackOption
	AWS string `name:"aws" help:"URL of the local system's AWS endpoint." env:"ORDERFLOW_AWS" default:"http://127.0.0.1:4566" placeholder:"URL"`
}

// Validate refuses what is no URL, unless the stack names one.
func (c awsConnection) Validate() error {
	if c.Stack != "" {
		return nil
	}
	return checkURL("--aws", c.AWS)
}

// config returns how to reach AWS, and the stack's name, with which its resources' names begin.
func (c awsConnection) config(ctx context.Context) (cfg aws.Config, stack string, err error) {
	if c.Stack != "" {
		cfg, err = ambient.Config(ctx)
		return cfg, c.Stack, err
	}
	if u, err := url.Parse(c.AWS); err != nil || u.Host == "" {
		return cfg, "", fmt.Errorf("--aws %s is no URL", c.AWS)
	}
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &c.AWS, Credentials: credentials.NewStaticCredentialsProvider("operator", "local", ""),
	}, system.StackName, nil
}

// apiOption is the part of the command line that names an API.
type apiOption struct {
	API string `help:"URL of the API." env:"ORDERFLOW_API" default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// Validate refuses what is no URL.
func (o apiOption) Validate() error { return checkURL("--api", o.API) }

// checkURL refuses a value of an option that is no http URL, and says what was meant if only the scheme is missing.
func checkURL(option, value string) error {
	u, err := url.Parse(value)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return nil
	case value != "" && !strings.Contains(value, "/"):
		return fmt.Errorf("%s %s is no URL: write http://%s", option, value, value)
	}
	return fmt.Errorf("%s %q is no URL such as http://127.0.0.1:8080", option, value)
}

// connection is the part of the command line that says which API is meant and who asks.
type connection struct {
	stackOption
	apiOption
	Token string `help:"Access token. Without one, a local system is asked for one." env:"ORDERFLOW_TOKEN" placeholder:"JWT"`
	As    string `help:"Who to be, where a local system gives the token (default: ada; an operator is olga)." env:"ORDERFLOW_AS" placeholder:"NAME"`
}

// Validate refuses what is no URL, unless the stack names one.
func (c connection) Validate() error {
	if c.Stack != "" {
		return nil
	}
	return c.apiOption.Validate()
}

// customer and operator are who the commands are at a local system unless they are told: the same throughout, so that each sees what the others did.
const customer, operator = "ada", "olga"

// client returns a client that speaks as the connection says; group, if not empty, is asked for in a local token.
func (c connection) client(ctx context.Context, groups ...string) (*client.Client, error) {
	if c.Stack != "" {
		var err error
		if c.API, err = ambient.Output(ctx, c.Stack, "ApiUrl"); err != nil {
			return nil, err
		}
	}
	cl := client.New(c.API, c.Token)
	if c.Token != "" {
		return cl, nil
	}
	u, err := url.Parse(c.API)
	if err != nil {
		return nil, fmt.Errorf("--api %s: %w", c.API, err)
	}
	if !guard.IsLoopback(u.Hostname()) {
		return nil, fmt.Errorf("%s needs an access token: --token or ORDERFLOW_TOKEN", c.API)
	}
	subject := c.As
	if subject == "" {
		subject = customer
		if slices.Contains(groups, client.Operators) {
			subject = operator
		}
	}
	token, err := cl.Mint(ctx, client.TokenRequest{Subject: subject, Scopes: client.AllScopes, Groups: groups})
	return cl.As(token), err
}
