package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// lambdaEnv returns an environment as Lambda sets it, with changes.
func lambdaEnv(changes map[string]string) func(string) string {
	env := map[string]string{
		"_HANDLER": "start", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "ASIA1", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_SESSION_TOKEN": "t",
		"STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:1:stateMachine:m", "MESSAGE_ERRORS_TABLE": "message-errors",
	}
	return func(name string) string {
		if v, ok := changes[name]; ok {
			return v
		}
		return env[name]
	}
}

func TestNewHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes map[string]string
		want    string // part of the error
	}{
		{"as Lambda gives it", nil, ""},
		{"no region", map[string]string{"AWS_REGION": ""}, "AWS_REGION"},
		{"unknown handler", map[string]string{"_HANDLER": "fly"}, `"fly"`},
		{"no variable", map[string]string{"STATE_MACHINE_ARN": ""}, "STATE_MACHINE_ARN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, err := newHandler(lambdaEnv(tt.changes), slog.New(slog.NewJSONHandler(io.Discard, nil)))
			if tt.want == "" && (err != nil || h == nil) || tt.want != "" &&
				(err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The deployed program has Stripe's client.
func TestNewHandler_stripe(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"_HANDLER": "charge", "PAYMENT_GATEWAY": "stripe", "STRIPE_SECRET_KEY": "sk_test_1", "CAPTURE_AT": "dispatch",
		"REVIEW_ABOVE": "none", "OUTAGE_SECONDS": "3600", "DECLINED_PAYMENT": "reject", "REVIEW_RISK": "0", "REVIEW_COUNTRIES": "any",
	}
	for _, table := range []string{"ORDERS", "STEPS", "PAYMENTS"} {
		env[table+"_TABLE"] = table
	}
	if h, err := newHandler(lambdaEnv(env), slog.New(slog.NewJSONHandler(io.Discard, nil))); err != nil || h == nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	cfg, err := config(lambdaEnv(map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}))
	if err != nil || cfg.Region != "eu-central-1" || *cfg.BaseEndpoint != "http://127.0.0.1:4566" {
		t.Errorf("config %+v, %v", cfg, err)
	}
	if c, ok := cfg.HTTPClient.(*awshttp.BuildableClient); !ok || c.GetTimeout() != callTimeout {
		t.Errorf("a call without a reply never times out: %T", cfg.HTTPClient)
	}
	c, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || c.AccessKeyID != "ASIA1" || c.SecretAccessKey != "s" || c.SessionToken != "t" {
		t.Errorf("credentials %+v, %v", c, err)
	}
	cfg, err = config(lambdaEnv(map[string]string{"AWS_ACCESS_KEY_ID": ""}))
	if err != nil || cfg.BaseEndpoint != nil {
		t.Errorf("config %+v, %v", cfg, err)
	}
	if _, err := cfg.Credentials.Retrieve(t.Context()); err == nil {
		t.Error("credentials without environment variables")
	}
}
