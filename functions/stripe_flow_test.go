package functions

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
)

// flow is the charge and refund functions as they are deployed, over a local DynamoDB and a fake
// Stripe.
type flow struct {
	*testing.T
	orders *cloud.Orders
	clock  *clockwork.FakeClock
	stripe *stripeServer
	tasks  map[string]lambda.Handler
	late   bool // the wait for the customer is over
}

func newFlow(t *testing.T, captureAt string, script ...string) *flow {
	cfg := localConfig(t, table("orders", "id", ""), table("steps", "orderId", "name"),
		table("payments", "orderId", "step"), table("products", "sku", ""))
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	f := &flow{
		T: t, clock: clock, stripe: newStripeServer(clock.Now, script...),
		orders: &cloud.Orders{DB: dynamodb.NewFromConfig(cfg), Table: "orders", Steps: "steps", Payments: "payments", Products: "products"},
		tasks:  map[string]lambda.Handler{},
	}
	env := map[string]string{
		"ORDERS_TABLE": "orders", "STEPS_TABLE": "steps", "PAYMENTS_TABLE": "payments", "PAYMENT_GATEWAY": "stripe",
		"STRIPE_SECRET_KEY": "sk_test_1", "CAPTURE_AT": captureAt, "PRODUCTS_TABLE": "products",
		"REVIEW_ABOVE": "none", "OUTAGE_SECONDS": "3600", "DECLINED_PAYMENT": "reject", "REVIEW_RISK": "0", "REVIEW_COUNTRIES": "any",
	}
	for _, name := range []string{"charge", "refund", "record"} {
		h, err := New(name, cfg, func(v string) string { return env[v] }, Options{
			Clock: f.clock.Now, HTTPClient: &http.Client{Transport: f.stripe}, Stripe: newStripe,
		})
		if err != nil {
			t.Fatal(err)
		}
		f.tasks[name] = h
	}
	f.confirm()
	return f
}

// confirm saves a confirmed order over 12.50 USD with reserved stock.
func (f *flow) confirm() {
	f.Helper()
	o, err := orderflow.Place(orderflow.Draft{ID: "ord_1", CustomerID: "cus_1", PaymentMethod: "pm_card_visa",
		At: f.clock.Now(),
		Lines: []orderflow.Line{{
			SKU: "a", Name: "Thing", Quantity: 1, UnitPrice: orderflow.Money{Amount: 1250, Currency: "USD"},
		}}})
	if err == nil {
		err = o.Confirm(orderflow.By{At: f.clock.Now()})
	}
	if err == nil {
		err = f.orders.Commit(f.Context(), orderflow.Write{Order: o})
	}
	if err == nil {
		_, err = f.orders.DB.PutItem(f.Context(), &dynamodb.PutItemInput{
			TableName: &f.orders.Products, Item: map[string]types.AttributeValue{
				"sku": &types.AttributeValueMemberS{Value: "a"}, "reserved": &types.AttributeValueMemberN{Value: "1"},
				"shipped": &types.AttributeValueMemberN{Value: "0"},
			},
		})
	}
	if err != nil {
		f.Fatal(err)
	}
}

func (f *flow) load() *orderflow.Order {
	f.Helper()
	o, err := f.orders.Order(f.Context(), "ord_1")
	if err != nil {
		f.Fatal(err)
	}
	return o
}

// dispatch reports the goods as dispatched.
func (f *flow) dispatch() {
	f.Helper()
	o, by := f.load(), orderflow.By{At: f.clock.Now()}
	err := o.RequestShipment("shp_1", orderflow.Wait{Step: "RequestShipment", Token: "t"}, by)
	if err == nil {
		err = o.Dispatch("Post", "T1", by)
	}
	if err == nil {
		err = f.orders.Commit(f.Context(), orderflow.Write{Order: o})
	}
	if err != nil {
		f.Fatal(err)
	}
}

// do performs one step of a scenario: "wait 1h", "expire", "cancel", "dispatch", "settle STATUS", or a task.
// It returns the name of the task's error.
func (f *flow) do(step string) string {
	f.Helper()
	verb, rest, _ := strings.Cut(step, " ")
	switch verb {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			f.Fatal(err)
		}
		f.clock.Advance(d)
	case "expire":
		f.late = true
	case "settle":
		f.stripe.settle(rest)
	case "dispatch":
		f.dispatch()
	case "cancel":
		o := f.load()
		if err := o.RequestCancel(orderflow.By{At: f.clock.Now()}); err != nil {
			f.Fatal(err)
		}
		if err := f.orders.Commit(f.Context(), orderflow.Write{Order: o}); err != nil {
			f.Fatal(err)
		}
	default:
		wait := `{"seconds":3600}`
		if f.late {
			wait = `{"seconds":3600,"outcome":{"Error":"States.Timeout"}}`
		}
		_, err := f.tasks[verb].Invoke(f.Context(), []byte(`{"orderId":"ord_1","paymentMethod":`+wait+`}`))
		if coded, ok := err.(messages.InvokeResponse_Error); ok { // the runtime requires this type, unwrapped
			return coded.Type
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	return ""
}

// TestStripe_flow plays scenarios: the tasks' results while Stripe answers as scripted, and what
// was moved under which keys in the end.
func TestStripe_flow(t *testing.T) {
	t.Parallel()
	const saved500, forNow, tooSmall = "500 api_error - - -", "402 card_error card_declined try_again_later -", "400 invalid_request_error amount_too_small - amount"
	for _, tt := range []struct {
		name    string
		script  []string
		story   string // steps, each with "=ERROR" if it fails
		payment orderflow.PaymentStatus
		keys    string
	}{
		{"plain", nil, "charge, charge", orderflow.PaymentCaptured, "ord_1/charge"},
		{
			"refused for what was asked", []string{tooSmall}, "charge=PaymentDeclined, charge=PaymentDeclined",
			orderflow.PaymentDeclined, "",
		},
		{
			"a saved error, redriven", []string{saved500},
			"charge=PaymentUncertain, charge=PaymentUncertain, wait 2m, charge", orderflow.PaymentCaptured,
			"ord_1/charge/2",
		},
		{
			"two saved errors, redriven twice", []string{saved500, saved500},
			"charge=PaymentUncertain, wait 2m, charge=PaymentUncertain, wait 2m, charge", orderflow.PaymentCaptured,
			"ord_1/charge/3",
		},
		{
			"a saved refusal of the account, mended", []string{"400 invalid_request_error account_invalid - -"},
			"charge=PaymentUnavailable, charge=PaymentUnavailable, charge", orderflow.PaymentCaptured,
			"ord_1/charge/2",
		},
		{
			"a wrong key, mended", []string{"401 invalid_request_error - - -"}, "charge=PaymentUnavailable, charge",
			orderflow.PaymentCaptured, "ord_1/charge",
		},
		{
			"declined for now", []string{forNow, forNow},
			"charge=PaymentUnavailable, charge=PaymentUnavailable, charge", orderflow.PaymentCaptured,
			"ord_1/charge/3",
		},
		{
			"declined for now, then for good", []string{forNow, "402 card_error card_declined insufficient_funds -"},
			"charge=PaymentUnavailable, charge=PaymentDeclined", orderflow.PaymentDeclined, "",
		},
		{
			"lost before", []string{"lose"}, "charge=PaymentUncertain, wait 1h, charge", orderflow.PaymentCaptured,
			"ord_1/charge",
		},
		{
			"lost after", []string{"lose after"}, "charge=PaymentUncertain, wait 72h, charge",
			orderflow.PaymentCaptured, "ord_1/charge",
		},
		{
			"processing", []string{"processing"},
			"charge=PaymentUncertain, charge=PaymentUncertain, settle succeeded, charge", orderflow.PaymentCaptured,
			"",
		},
		{
			"a cancel after a saved error", []string{saved500},
			"charge=PaymentUncertain, cancel, charge=OrderCancelled, refund=PaymentUncertain, wait 2m, refund",
			orderflow.PaymentNone, "",
		},
		{"given back", nil, "charge, cancel, refund, refund", orderflow.PaymentRefunded, "ord_1/charge ord_1/refund"},
		{
			"on its way back", []string{"succeed", "pending"},
			"charge, cancel, refund=RefundPending, wait 3h, refund=RefundPending, settle succeeded, refund",
			orderflow.PaymentRefunded, "ord_1/charge ord_1/refund",
		},
		{
			"still on its way back", []string{"succeed", "pending"}, "charge, cancel, refund=RefundPending",
			orderflow.PaymentRefundPending, "ord_1/charge ord_1/refund",
		},
		{
			"came back to us", []string{"succeed", "pending"},
			"charge, cancel, refund=RefundPending, settle failed, refund=RefundFailed, refund",
			orderflow.PaymentRefunded, "ord_1/charge ord_1/refund ord_1/refund/2",
		},
		{
			"a saved error of the refund", []string{"succeed", saved500},
			"charge, cancel, refund=PaymentUncertain, refund=PaymentUncertain, wait 2m, refund",
			orderflow.PaymentRefunded, "ord_1/charge ord_1/refund/2",
		},
		{
			"confirmed by the customer", []string{"requires_action"},
			"charge=PaymentMethodRequired, charge=PaymentMethodRequired, settle succeeded, charge", orderflow.PaymentCaptured, "",
		},
		{
			"confirmed at the last moment", []string{"requires_action"},
			"charge=PaymentMethodRequired, settle succeeded, expire, charge", orderflow.PaymentCaptured, "",
		},
		{
			"not confirmed in time", []string{"requires_action"},
			"charge=PaymentMethodRequired, expire, charge=PaymentDeclined, charge=PaymentDeclined", orderflow.PaymentDeclined, "cancel",
		},
		{
			"not confirmed", []string{"requires_action"},
			"charge=PaymentMethodRequired, settle requires_payment_method, charge=PaymentDeclined", orderflow.PaymentDeclined, "",
		},
		{
			"a cancel before the confirmation", []string{"requires_action"},
			"charge=PaymentMethodRequired, cancel, charge=OrderCancelled, refund, refund", orderflow.PaymentNone, "cancel",
		},
		{
			"a cancel whose reply is lost", []string{"requires_action", "lose after"},
			"charge=PaymentMethodRequired, cancel, refund=PaymentUncertain, refund", orderflow.PaymentDeclined, "cancel",
		},
		{
			"confirmed after a cancel", []string{"requires_action"},
			"charge=PaymentMethodRequired, cancel, settle succeeded, charge=OrderCancelled, refund", orderflow.PaymentRefunded, "ord_1/refund",
		},
		{
			"disputed", []string{"succeed", "400 invalid_request_error charge_disputed - -"},
			"charge, cancel, refund=RefundFailed", orderflow.PaymentCaptured, "ord_1/charge",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			newFlow(t, "placement", tt.script...).play(tt.story, tt.payment, tt.keys)
		})
	}
}

// play performs the steps of a story, and checks the payment and what was moved under which keys.
func (f *flow) play(story string, payment orderflow.PaymentStatus, keys string) {
	f.Helper()
	for i, step := range strings.Split(story, ", ") {
		step, want, _ := strings.Cut(step, "=")
		if got := f.do(step); got != want {
			f.Fatalf("step %d, %s: got %q, want %q", i+1, step, got, want)
		}
	}
	if got := f.load().PaymentStatus; got != payment {
		f.Errorf("payment %s, want %s", got, payment)
	}
	if got := fmt.Sprint(f.stripe.keys); got != fmt.Sprint(strings.Fields(keys)) {
		f.Errorf("moved under %s, want %s", got, keys)
	}
}

// TestStripe_captureAtDispatch plays scenarios in which Stripe authorises first.
func TestStripe_captureAtDispatch(t *testing.T) {
	t.Parallel()
	const saved500 = "500 api_error - - -"
	for _, tt := range []struct {
		name    string
		script  []string
		story   string
		payment orderflow.PaymentStatus
		keys    string
	}{
		{"authorised", nil, "charge, charge", orderflow.PaymentAuthorized, "ord_1/charge"},
		{
			"captured", nil, "charge, dispatch, record, record", orderflow.PaymentCaptured, "ord_1/charge capture",
		},
		{
			"the capture's reply is lost", []string{"succeed", "lose after"},
			"charge, dispatch, record=PaymentUncertain, record", orderflow.PaymentCaptured, "ord_1/charge capture",
		},
		{
			"the capture is lost", []string{"succeed", "lose"}, "charge, dispatch, record=PaymentUncertain, record",
			orderflow.PaymentCaptured, "ord_1/charge capture",
		},
		{
			"a saved error, redriven", []string{saved500},
			"charge=PaymentUncertain, wait 2m, charge, dispatch, record", orderflow.PaymentCaptured,
			"ord_1/charge/2 capture",
		},
		{
			"the authorisation's reply is lost", []string{"lose after"}, "charge=PaymentUncertain, wait 1h, charge",
			orderflow.PaymentAuthorized, "ord_1/charge",
		},
		{"voided", nil, "charge, cancel, refund, refund", orderflow.PaymentNone, "ord_1/charge cancel"},
		{
			"the void's reply is lost", []string{"succeed", "lose after"},
			"charge, cancel, refund=PaymentUncertain, refund", orderflow.PaymentNone, "ord_1/charge cancel",
		},
		{
			"cancelled after a lost authorisation", []string{"lose after"},
			"charge=PaymentUncertain, cancel, refund, refund", orderflow.PaymentNone, "ord_1/charge cancel",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			newFlow(t, "dispatch", tt.script...).play(tt.story, tt.payment, tt.keys)
		})
	}
}
