package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"orderflow/cmd/orderflow/internal/ambient"
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
	}, stackName, nil
}
