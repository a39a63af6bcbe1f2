package template

import (
	"strings"
	"testing"
)

// TestTemplate_refusals: CloudFormation refuses parameters with which an order would be shipped
// without money, or money would move in a test.
func TestTemplate_refusals(t *testing.T) {
	t.Parallel()
	template := deployed(t)
	for _, tt := range []struct {
		name string
		set  map[string]string
		want string // a part of the only refusal; "" is accepted
	}{
		{"nothing set", nil, ""},
		{"production with the sandbox provider", map[string]string{"Stage": "prod", "Carrier": "external",
			"MailFrom": "orders@shop.example", "MailIdentity": "shop.example"}, "sandbox provider"},
		{"production with the sandbox carrier", map[string]string{"Stage": "prod", "PaymentGateway": "stripe",
			"StripeSecretName": "shop/stripe", "StripeWebhookSecretName": "shop/webhook", "MailFrom": "orders@shop.example",
			"MailIdentity": "shop.example"}, "sandbox carrier"},
		{"production without mails", map[string]string{"Stage": "prod", "PaymentGateway": "stripe", "StripeSecretName": "shop/stripe",
			"StripeWebhookSecretName": "shop/webhook", "Carrier": "external"}, "needs MailFrom"},
		{"mails without an identity", map[string]string{"MailFrom": "orders@shop.example"}, "MailFrom needs MailIdentity"},
		{"Stripe without a key", map[string]string{"PaymentGateway": "stripe", "StripeWebhookSecretName": "shop/webhook"}, "needs StripeSecretName"},
		{"Stripe without a webhook", map[string]string{"PaymentGateway": "stripe", "StripeSecretName": "shop/stripe"}, "needs StripeWebhookSecretName"},
		{"a key that is not used", map[string]string{"StripeSecretName": "shop/stripe"}, "StripeSecretName is set, but PaymentGateway is sandbox"},
		{"a webhook that is not used", map[string]string{"StripeWebhookSecretName": "shop/webhook"}, "StripeWebhookSecretName is set"},
		{"production", map[string]string{"Stage": "prod", "PaymentGateway": "stripe", "StripeSecretName": "shop/stripe",
			"StripeWebhookSecretName": "shop/webhook", "Carrier": "external", "MailFrom": "orders@shop.example", "MailIdentity": "shop.example"}, ""},
		{"a sender without an address", map[string]string{"UserMailIdentity": "example.com"}, "needs UserMailFrom"},
		{"Edge elsewhere", map[string]string{"Edge": "enabled", "AWS::Region": "eu-west-1"}, "us-east-1 only"},
	} {
		got := template.With(tt.set).Refusals()
		if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
			t.Errorf("%s: refused for %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestTemplate_sandbox: a stage that takes money has nothing of the sandbox.
func TestTemplate_sandbox(t *testing.T) {
	t.Parallel()
	template := deployed(t)
	production := template.With(map[string]string{"Stage": "prod", "PaymentGateway": "stripe", "Carrier": "external"})
	for _, r := range template.Resources {
		sandbox := strings.HasPrefix(r.ID, "Sandbox") || r.ID == "CarrierFunction" || r.ID == "CarrierRole"
		if sandbox && (r.Condition == "" || production.Holds(r.Condition)) {
			t.Errorf("production has %s", r.ID)
		}
	}
}
