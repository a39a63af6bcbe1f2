package system

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/orderflow-dev/orderflow/local/lambda"
)

// unreachable is a network that is down.
type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("unreachable")
}

// TestFactory_log checks that a function's log goes to the system's log and, as lines of the
// deployed program, to the function's own.
func TestFactory_log(t *testing.T) {
	t.Parallel()
	var system, own bytes.Buffer
	env := map[string]string{"ORDERS_TABLE": "orders", "PRODUCTS_TABLE": "products"}
	h, err := factory(slog.New(slog.NewTextHandler(&system, nil)), nil)(
		lambda.Function{Handler: "validate", Env: env, Log: &own},
		aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{},
			HTTPClient: &http.Client{Transport: unreachable{}},
			Retryer:    func() aws.Retryer { return aws.NopRetryer{} }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Invoke(t.Context(), []byte(`{"orderId":"ord_1"}`)); err == nil {
		t.Fatal("a call over a network that is down succeeded")
	}
	if text := own.String(); !strings.HasPrefix(text, "{") || !strings.Contains(text,
		`"msg":"invocation failed","function":"validate"`) {
		t.Errorf("the function's log: %s", text)
	}
	if text := system.String(); !strings.Contains(text, `msg="invocation failed" function=validate`) {
		t.Errorf("the system's log: %s", text)
	}
}
