package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb"
	"github.com/orderflow-dev/orderflow/local/store"
	"github.com/orderflow-dev/orderflow/payment"
	"github.com/orderflow-dev/orderflow/payment/stripe"
	"github.com/orderflow-dev/orderflow/tasks"
)

// table returns a table with a hash key and, unless it is "", a range key, both strings.
func table(name, hash, sort string) string {
	attributes, keys := fmt.Sprintf(`{"AttributeName":%q,"AttributeType":"S"}`,
		hash), fmt.Sprintf(`{"AttributeName":%q,"KeyType":"HASH"}`, hash)
	if sort != "" {
		attributes += fmt.Sprintf(`,{"AttributeName":%q,"AttributeType":"S"}`, sort)
		keys += fmt.Sprintf(`,{"AttributeName":%q,"KeyType":"RANGE"}`, sort)
	}
	return fmt.Sprintf(`{"TableName":%q,"AttributeDefinitions":[%s],"KeySchema":[%s],"BillingMode":"PAY_PER_REQUEST"}`,
		name, attributes, keys)
}

// localConfig returns a configuration that reaches a local DynamoDB with the tables.
func localConfig(t *testing.T, tables ...string) aws.Config {
	t.Helper()
	st, err := store.Open(t.TempDir(), store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := dynamodb.New(st, clockwork.NewRealClock())
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range tables {
		if _, err := db.Do(t.Context(), "CreateTable", json.RawMessage(spec)); err != nil {
			t.Fatal(err)
		}
	}
	r := &awsapi.Router{}
	r.Register("dynamodb", db)
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: r}},
	}
}

// newStripe creates the gateway as the deployed program does.
func newStripe(key string, client *http.Client, now func() time.Time) tasks.Gateway {
	return stripe.New(stripe.Options{Key: key, HTTPClient: client, Now: now})
}

func gatewayParts(cfg aws.Config, name string) *parts {
	env := map[string]string{"PAYMENT_GATEWAY": name, "SANDBOX_TABLE": "sandbox", "STRIPE_SECRET_KEY": "sk_test_1"}
	return &parts{
		cfg: cfg, env: environment{get: func(name string) string { return env[name] }},
		opts: Options{Stripe: newStripe}.withDefaults(),
	}
}

func TestGateway_isNamed(t *testing.T) {
	t.Parallel()
	if _, ok := gatewayParts(aws.Config{}, "stripe").gateway().(*stripe.Gateway); !ok {
		t.Error("stripe is not Stripe")
	}
	if _, ok := gatewayParts(aws.Config{}, "sandbox").gateway().(payment.Sandbox); !ok {
		t.Error("sandbox is not the sandbox")
	}
	for _, name := range []string{"", "Stripe", "none"} {
		p := gatewayParts(aws.Config{}, name)
		if g := p.gateway(); g != nil || p.env.err() == nil {
			t.Errorf("%q: got %T, %v, want an error", name, g, p.env.err())
		}
	}
}

// A gateway without its own setting is an error: no key never means the sandbox.
func TestNew_gatewayWithoutSetting(t *testing.T) {
	t.Parallel()
	for name, missing := range map[string]string{"stripe": "STRIPE_SECRET_KEY", "sandbox": "SANDBOX_TABLE"} {
		getenv := func(v string) string { return map[string]string{"PAYMENT_GATEWAY": name, missing: ""}[v] }
		p := &parts{env: environment{get: getenv}, opts: Options{Stripe: newStripe}.withDefaults()}
		p.gateway()
		if err := p.env.err(); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: got %v, want an error that names %s", name, err, missing)
		}
	}
}

// A program without Stripe's client refuses Stripe instead of charging by the sandbox.
func TestNew_stripeWithoutClient(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"charge", "refund", "repay", "record", "reconcile"} {
		_, err := New(name, aws.Config{Region: "us-east-1"}, sample("stripe"), Options{})
		if !errors.Is(err, errNoStripe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The sandbox stores its records in a table, so gateways in different processes share them.
func TestGateway_sandboxRemembers(t *testing.T) {
	t.Parallel()
	cfg := localConfig(t, table("sandbox", "key", ""))
	c := orderflow.Charge{
		Key: "ord_1/charge", OrderID: "ord_1", Amount: orderflow.Money{Amount: 1250, Currency: "USD"},
		PaymentMethod: payment.Flaky,
	}
	for i, want := range []orderflow.Code{orderflow.CodePaymentUnavailable, orderflow.CodePaymentUnavailable, "", ""} {
		r, err := gatewayParts(cfg, "sandbox").gateway().Charge(t.Context(), c)
		if orderflow.CodeOf(err) != want || want == "" && (err != nil || r.Amount != c.Amount) {
			t.Errorf("call %d: %+v, %v", i+1, r, err)
		}
	}
	r, err := gatewayParts(cfg, "sandbox").gateway().Lookup(t.Context(), orderflow.Payment{OrderID: "ord_1", Step: "charge"})
	if err != nil || r.Amount != c.Amount {
		t.Errorf("lookup: %+v, %v", r, err)
	}
}
