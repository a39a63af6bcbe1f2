package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// stackOption is the part of the command line that names a stack on AWS. It is found with the credentials and the region that the aws command
// line would use: environment, profile, SSO, instance role.
type stackOption struct {
	Stack string `help:"A stack on AWS, by its name: addresses are read from its outputs, with the credentials and region of the aws command line." env:"ORDERFLOW_STACK" placeholder:"NAME"`
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
		cfg, err = ambientConfig(ctx)
		return cfg, c.Stack, err
	}
	if u, err := url.Parse(c.AWS); err != nil || u.Host == "" {
		return cfg, "", fmt.Errorf("--aws %s is no URL", c.AWS)
	}
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &c.AWS, Credentials: credentials.NewStaticCredentialsProvider("operator", "local", ""),
	}, stackName, nil
}

func ambientConfig(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return cfg, fmt.Errorf("read AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region: set AWS_REGION, or one in the profile")
	}
	return cfg, nil
}

// output reads one output of the stack.
func (o stackOption) output(ctx context.Context, name string) (string, error) {
	cfg, err := ambientConfig(ctx)
	if err != nil {
		return "", err
	}
	found, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &o.Stack})
	if err != nil {
		return "", awsError("describe stack "+o.Stack+" in "+cfg.Region, err)
	}
	for _, stack := range found.Stacks {
		for _, out := range stack.Outputs {
			if aws.ToString(out.OutputKey) == name {
				return aws.ToString(out.OutputValue), nil
			}
		}
	}
	return "", fmt.Errorf("stack %s in %s has no output %s", o.Stack, cfg.Region, name)
}
