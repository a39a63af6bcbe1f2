// Package ambient finds the AWS configuration that the aws command line uses, and reads the outputs
// of a stack.
package ambient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns the region and the credentials of the environment. For what is missing there, it
// runs the aws command line, which knows profiles, SSO and roles: the SDK's clients for these would
// be a large part of this program.
func Config(ctx context.Context) (aws.Config, error) {
	cfg := aws.Config{Region: cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))}
	if cfg.Region == "" {
		out, err := commandLine(ctx, "configure", "get", "region")
		if cfg.Region = strings.TrimSpace(string(out)); cfg.Region == "" {
			return cfg, errors.Join(errors.New("no AWS region: set AWS_REGION, or a region in the profile"), err)
		}
	}
	keys, err := readCredentials(ctx)
	if err != nil {
		return cfg, fmt.Errorf("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with the aws command line: %w", err)
	}
	cfg.Credentials = credentials.StaticCredentialsProvider{Value: keys}
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		cfg.BaseEndpoint = &url
	}
	return cfg, nil
}

func readCredentials(ctx context.Context) (aws.Credentials, error) {
	keys := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	if keys.HasKeys() {
		return keys, nil
	}
	out, err := commandLine(ctx, "configure", "export-credentials", "--format", "process")
	if err != nil {
		return keys, err
	}
	var exported struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal(out, &exported); err != nil {
		return keys, fmt.Errorf("read the answer of aws configure export-credentials: %w", err)
	}
	keys = aws.Credentials{AccessKeyID: exported.AccessKeyId, SecretAccessKey: exported.SecretAccessKey,
		SessionToken: exported.SessionToken}
	if !keys.HasKeys() {
		return keys, errors.New("aws configure export-credentials gave no keys: sign in again")
	}
	return keys, nil
}

// commandLine runs the aws command line and returns its output.
func commandLine(ctx context.Context, args ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, "aws", args...).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("the aws command line, version 2, is not installed")
	}
	if failed, ok := errors.AsType[*exec.ExitError](err); ok && len(failed.Stderr) > 0 {
		err = errors.New(string(bytes.TrimSpace(failed.Stderr)))
	}
	if err != nil {
		return nil, fmt.Errorf("aws %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}
