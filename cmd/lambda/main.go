// Command lambda is the only deployed program: the bootstrap of every function. The environment
// variable _HANDLER selects the function.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/orderflow-dev/orderflow/functions"
	"github.com/orderflow-dev/orderflow/payment/stripe"
	"github.com/orderflow-dev/orderflow/tasks"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := newHandler(os.Getenv, log)
	if err != nil {
		log.Error("start failed", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}

func newHandler(getenv func(string) string, log *slog.Logger) (lambda.Handler, error) {
	cfg, err := config(getenv)
	if err != nil {
		return nil, err
	}
	name := getenv("_HANDLER")
	return functions.New(name, cfg, getenv, functions.Options{Logger: log.With("function", name), Stripe: stripeGateway})
}

func stripeGateway(key string, client *http.Client, now func() time.Time) tasks.Gateway {
	return stripe.New(stripe.Options{Key: key, HTTPClient: client, Now: now})
}

// callTimeout limits one attempt of a call. AWS answers in milliseconds, so a call that takes
// longer is lost, and the SDK's next attempt uses another connection. Three attempts fit into the
// timeout of every function.
const callTimeout = 3 * time.Second

// config returns the configuration from the Lambda environment: region, the role's credentials, and
// an endpoint other than AWS's. The SDK's config package is not used: it also reads files, the
// instance metadata service, SSO and STS, and adds megabytes.
func config(getenv func(string) string) (aws.Config, error) {
	cfg := aws.Config{
		Region: getenv("AWS_REGION"), Credentials: environmentCredentials(getenv),
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(callTimeout),
	}
	if cfg.Region == "" {
		return cfg, errors.New("environment variable AWS_REGION is not set")
	}
	if url := getenv("AWS_ENDPOINT_URL"); url != "" {
		cfg.BaseEndpoint = &url
	}
	return cfg, nil
}

// environmentCredentials returns the role's credentials, which Lambda sets for the lifetime of the
// environment.
func environmentCredentials(getenv func(string) string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := aws.Credentials{
			AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken: getenv("AWS_SESSION_TOKEN"),
			Source:       "environment",
		}
		if !c.HasKeys() {
			return c, fmt.Errorf("environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
		}
		return c, nil
	})
}
