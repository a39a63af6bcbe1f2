package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"orderflow/local/lambda"
)

// unreachable is a network that is down.
type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("unreachable")
}

// Stripe's client is not part of this program: a key for it must not be charged by the sandbox.
func TestUp_refusesStripe(t *testing.T) {
	t.Parallel()
	code, out, errs := command(t, "up", "--in-memory", "--addr", anyPort, "--aws-addr", anyPort, "--param", "StripeSecretName=shop/stripe")
	if code != 1 || out != "" || !strings.Contains(errs, "STRIPE_SECRET_KEY is set") || !strings.Contains(errs, "--isolated") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// What a function logs goes to the system's log and, in the lines of the deployed program, to the function's own.
func TestFactory_log(t *testing.T) {
	t.Parallel()
	var system, own bytes.Buffer
	env := map[string]string{"ORDERS_TABLE": "orders", "PRODUCTS_TABLE": "products"}
	h, err := factory(slog.New(slog.NewTextHandler(&system, nil)), nil)(
		lambda.Function{Handler: "validate", Env: env, Log: &own},
		aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: &http.Client{Transport: unreachable{}},
			Retryer: func() aws.Retryer { return aws.NopRetryer{} }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Invoke(t.Context(), []byte(`{"orderId":"ord_1"}`)); err == nil {
		t.Fatal("a call over a network that is down succeeded")
	}
	if text := own.String(); !strings.HasPrefix(text, "{") || !strings.Contains(text, `"msg":"invocation failed","function":"validate"`) {
		t.Errorf("the function's log: %s", text)
	}
	if text := system.String(); !strings.Contains(text, `msg="invocation failed" function=validate`) {
		t.Errorf("the system's log: %s", text)
	}
}
