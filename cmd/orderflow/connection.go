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
	Stack string `help:"The name of a stack on AWS, whose outputs have the addresses. Credentials and region come from the environment (AWS_ACCESS_KEY_ID, AWS_REGION), or else from the aws command line (aws configure export-credentials)." env:"ORDERFLOW_STACK" placeholder:"NAME"`
}

// awsConnection is the part of the command line that selects AWS: the endpoint of a local system,
// or a stack on AWS.
type awsConnection struct {
	stackOption
	AWS string `name:"aws" help:"URL of the local system's AWS endpoint." env:"ORDERFLOW_AWS" default:"http://127.0.0.1:4566" placeholder:"URL"`
}

// Validate refuses a value that is not a URL, unless a stack is named.
func (c awsConnection) Validate() error {
	if c.Stack != "" {
		return nil
	}
	return checkURL("--aws", c.AWS)
}

// config returns the configuration to reach AWS, and the stack's name, which is the prefix of its
// resources' names.
func (c awsConnection) config(ctx context.Context) (cfg aws.Config, stack string, err error) {
	if c.Stack != "" {
		cfg, err = ambient.Config(ctx)
		return cfg, c.Stack, err
	}
	if u, err := url.Parse(c.AWS); err != nil || u.Host == "" {
		return cfg, "", fmt.Errorf("--aws %s is not a URL", c.AWS)
	}
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &c.AWS,
		Credentials: credentials.NewStaticCredentialsProvider("operator", "local", ""),
	}, system.StackName, nil
}

// apiOption is the part of the command line that names an API.
type apiOption struct {
	API string `help:"URL of the API." env:"ORDERFLOW_API" default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// Validate refuses a value that is not a URL.
func (o apiOption) Validate() error { return checkURL("--api", o.API) }

// checkURL refuses the value of an option that is not an http URL. If only the scheme is missing,
// the error says so.
func checkURL(option, value string) error {
	u, err := url.Parse(value)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return nil
	case value != "" && !strings.Contains(value, "/"):
		return fmt.Errorf("%s %s is not a URL: write http://%s", option, value, value)
	}
	return fmt.Errorf("%s %q is not a URL such as http://127.0.0.1:8080", option, value)
}

// connection is the part of the command line that selects an API and its caller.
type connection struct {
	stackOption
	apiOption
	Token string `help:"Access token. A local system gives one if it is missing." env:"ORDERFLOW_TOKEN" placeholder:"JWT"`
	As    string `help:"The subject of a local system's token (default: ada for customers, olga for operators)." env:"ORDERFLOW_AS" placeholder:"NAME"`
}

// Validate refuses a value that is not a URL, unless a stack is named.
func (c connection) Validate() error {
	if c.Stack != "" {
		return nil
	}
	return c.apiOption.Validate()
}

// customer and operator are the default callers at a local system. All commands share them, so that
// each sees the orders of the others.
const customer, operator = "ada", "olga"

// client returns a client of the API. A local system is asked for a token, with the groups.
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
	return cl.WithToken(token), err
}
