package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/local/iam"
)

// neverUsed are the grants that TestIAM cannot make anybody need, and why the template has them all the same.
// Key: role or policy, statement, action.
var neverUsed = map[string]string{
	"AlertsTopicPolicy Alarms sns:Publish":         "CloudWatch's alarms publish to the topic; there are no alarms on one machine",
	"orderflow-PublishRole GiveUp sqs:SendMessage": "the stream gives records up when they are a day old",
	"orderflow-WatchRole GiveUp sqs:SendMessage":   "an asynchronous event is given up after three minutes of retries",
}

// iamReport is what `orderflow iam --json` prints.
type iamReport struct {
	Used   []iam.Used   `json:"used"`
	Unused []iam.Unused `json:"unused"`
	Denied []iam.Denial `json:"denied"`
}

// TestIAM does everything that the system's functions do, and then asks the policies: no grant is for nothing. (That no call was denied is asked
// of each system when it stops.)
func TestIAM(t *testing.T) { inEachMode(t, testIAM) }

func testIAM(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "ReconcileAfterSeconds=0")...)
	useStorefront(t, s)
	useOutcomes(t, s)
	useLostEvents(t, s)
	useUntold(t, s)
	useDeadLetters(t, s)

	var r iamReport
	(&caller{s: s}).request(http.MethodGet, "/_local/iam", http.Header{"Orderflow-Local": {"1"}}, nil).expect(http.StatusOK).into(&r)
	if len(r.Used) < 50 {
		t.Errorf("only %d grants were used: %+v", len(r.Used), r.Used)
	}
	left := map[string]bool{}
	for _, u := range r.Unused {
		holder := u.Role
		if holder == "" {
			holder = u.Policy
		}
		key := holder + " " + u.Statement + " " + u.Action
		left[key] = true
		if neverUsed[key] == "" {
			t.Errorf("never used: %s on %s", key, u.Resource)
		}
	}
	for key, why := range neverUsed {
		if !left[key] {
			t.Errorf("%s was used, or is not in the template any more, though the list says: %s", key, why)
		}
	}
}

// useStorefront reads and writes what needs no fulfilment.
func useStorefront(t *testing.T, s *system) {
	ada := s.as("ada")
	for _, path := range []string{"/products", "/products?category=kitchen", "/products/towel-linen-set3", "/me", "/orders"} {
		ada.get(path).expect(http.StatusOK)
	}
	ada.request(http.MethodPut, "/me", nil, []byte(`{"name":"Ada","notifications":{"orderConfirmed":true,"orderShipped":true,"orderClosed":true}}`)).expect(http.StatusOK)
	olga := s.as("olga", "operators")
	olga.get("/ops/orders").expect(http.StatusOK)
	olga.get("/ops/orders?attention=true").expect(http.StatusOK)
	olga.get("/ops/orders?status=PLACED").expect(http.StatusOK)
}

// useOutcomes fulfils, rejects, cancels and redrives.
func useOutcomes(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	plain := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	large := ada.accepted(order("pm_card_visa", s.stock(t, orderflow.MaxStockMoves+1)...)) // more than one transaction's worth of stock
	for _, id := range []string{plain, large} {
		if v := ada.ended(id); v.Status != orderflow.Fulfilled {
			t.Errorf("order %s ended %s", id, v.Status)
		}
		olga.get("/ops/orders/" + id).expect(http.StatusOK)
	}
	s.invoke("ChargeFunction", map[string]string{"orderId": plain}) // delivered twice: the first result
	for _, method := range []string{"pm_card_chargeDeclined", "pm_sandbox_lost_reply", "pm_sandbox_flaky"} {
		ada.ended(ada.accepted(order(method, item{"beans-ethiopia-250g", 1})))
	}
	testOutage(t, s)

	s.rule("orderflow-shipment-requested", false) // the test is the carrier
	cancelled, failed := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1})), ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	ada.waiting(cancelled)
	ada.request(http.MethodPost, "/orders/"+cancelled+"/cancel", nil, nil).expect(http.StatusAccepted)
	ada.waiting(failed)
	s.carrier(failed, "failed").expect(http.StatusOK)
	for _, id := range []string{cancelled, failed} {
		if v := ada.ended(id); v.PaymentStatus != orderflow.PaymentRefunded {
			t.Errorf("order %s ended %s, payment %s", id, v.Status, v.PaymentStatus)
		}
	}
}

// useLostEvents loses an event of each rule, and has the reconciler find what it left behind.
func useLostEvents(t *testing.T, s *system) {
	if ours := s.rules("orderflow", ""); !slices.Equal(ours, []string{"orderflow-order-placed", "orderflow-shipment-requested", "orderflow-wake"}) {
		t.Errorf("there are the rules %s: lose an event of each", ours)
	}
	ada := s.as("ada")
	one := item{"beans-ethiopia-250g", 1}
	unasked := ada.accepted(order("pm_card_visa", one)) // its carrier's rule is off
	dispatched, cancelled := ada.accepted(order("pm_card_visa", one)), ada.accepted(order("pm_card_visa", one))
	ada.waiting(dispatched)
	ada.waiting(cancelled)
	ada.waiting(unasked)
	s.rule("orderflow-wake", false)
	s.carrier(dispatched, "dispatched").expect(http.StatusOK)
	ada.request(http.MethodPost, "/orders/"+cancelled+"/cancel", nil, nil).expect(http.StatusAccepted)

	s.rule("orderflow-shipment-requested", true)
	for _, name := range s.rules("default", "orderflow-WatchFunction") {
		s.rule(name, false)
	}
	(&caller{s: s}).request(http.MethodPut, "/_local/outage", http.Header{"Orderflow-Local": {"1"}}, []byte(`{"lifted":false}`)).expect(http.StatusNoContent)
	failed := ada.accepted(order("pm_sandbox_outage", one))
	executions := sfn.NewFromConfig(s.config())
	eventually(t, "the execution fails", func() bool {
		x, err := executions.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{
			ExecutionArn: aws.String("arn:aws:states:us-east-1:000000000000:execution:orderflow-fulfil-order:" + failed)})
		return err == nil && x.Status == "FAILED"
	})
	s.rule("orderflow-order-placed", false)
	unstarted := ada.accepted(order("pm_card_chargeDeclined", one))

	eventually(t, "the reconciler repairs everything", func() bool { // an order may have changed less than a millisecond ago
		s.invoke("ReconcileFunction", struct{}{})
		done := true
		for _, id := range []string{unasked, dispatched, cancelled, unstarted} {
			var v view
			ada.get("/orders/" + id).expect(http.StatusOK).into(&v)
			done = done && v.Status.Final()
		}
		var v view
		s.as("olga", "operators").get("/ops/orders/" + failed).expect(http.StatusOK).into(&v)
		return done && strings.Contains(string(v.Attention), "PaymentUnavailable")
	})
	s.invoke("RefundFunction", map[string]string{"orderId": failed}) // finds a charge whose outcome is open: it asks the provider
}

// useUntold has an order whose customer is told later, and one that knows a token which nobody waits for.
func useUntold(t *testing.T, s *system) {
	s.rule("orderflow-order-placed", true)
	s.rule("orderflow-wake", true)
	s.rule("orderflow-shipment-requested", false) // the test is the carrier
	s.topic(false)
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	olga.marked(id, "NotificationFailed")
	s.topic(true)
	eventually(t, "the customer is told", func() bool {
		s.invoke("ReconcileFunction", struct{}{})
		return !olga.attends(id)
	})
	s.loseToken(id)
	s.carrier(id, "dispatched").expect(http.StatusOK)
	ada.ended(id)
	s.rule("orderflow-shipment-requested", true)
	for _, queue := range []string{"start", "wake", "carrier"} {
		s.giveUp(queue, id)
	}
	s.invoke("ReconcileFunction", struct{}{})
}

// giveUp puts a dead letter of an order into the queue of dead letters.
func (s *system) giveUp(queue, orderID string) {
	s.t.Helper()
	body := `{"detail":{"orderId":"` + orderID + `","sequence":1}}`
	if _, err := sqs.NewFromConfig(s.config()).SendMessage(s.t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String("http://sqs.us-east-1.localhost/000000000000/orderflow-" + queue + "-dead-letters"), MessageBody: &body}); err != nil {
		s.t.Fatal(err)
	}
}

// useDeadLetters has a rule give an event up: its queue is gone.
func useDeadLetters(t *testing.T, s *system) {
	queues := sqs.NewFromConfig(s.config())
	url := func(name string) *string {
		return aws.String("http://sqs.us-east-1.localhost/000000000000/orderflow-" + name)
	}
	if _, err := queues.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: url("carrier")}); err != nil {
		t.Fatal(err)
	}
	s.rule("orderflow-order-placed", true)
	ada := s.as("ada")
	ada.waiting(ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1})))
	eventually(t, "the event is a dead letter", func() bool {
		a, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url("event-dead-letters"), AttributeNames: []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages"}})
		return err == nil && a.Attributes["ApproximateNumberOfMessages"] == "1"
	})
}

// stock puts n new products into the catalogue and returns one of each.
func (s *system) stock(t *testing.T, n int) []item {
	t.Helper()
	db := dynamodb.NewFromConfig(s.config())
	var items []item
	for i := range n {
		p := orderflow.Product{SKU: fmt.Sprintf("bulk-%03d", i), Name: "Bulk", Category: "bulk", Price: orderflow.Money{Amount: 100, Currency: "USD"}, OnHand: 10}
		av, err := cloud.MarshalItem(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("orderflow-products"), Item: av}); err != nil {
			t.Fatal(err)
		}
		items = append(items, item{p.SKU, 1})
	}
	return items
}

// invoke invokes a function by its logical id, as AWS's services do; it must succeed.
func (s *system) invoke(function string, event any) []byte {
	s.t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := lambda.NewFromConfig(s.config()).Invoke(s.t.Context(), &lambda.InvokeInput{FunctionName: aws.String("orderflow-" + function), Payload: payload})
	if err != nil || out.FunctionError != nil {
		s.t.Fatalf("invoke %s: %v %s", function, err, out.Payload)
	}
	return out.Payload
}

// rules lists the rules of a bus whose name begins with prefix, sorted; none is an error.
func (s *system) rules(bus, prefix string) []string {
	s.t.Helper()
	in := &eventbridge.ListRulesInput{EventBusName: &bus}
	if prefix != "" {
		in.NamePrefix = &prefix
	}
	out, err := eventbridge.NewFromConfig(s.config()).ListRules(s.t.Context(), in)
	if err != nil || len(out.Rules) == 0 {
		s.t.Fatalf("list rules %s of %s: %v", prefix, bus, err)
	}
	var names []string
	for _, r := range out.Rules {
		names = append(names, *r.Name)
	}
	slices.Sort(names)
	return names
}

// rule switches a rule on or off; one whose name is not of the default bus is of the system's.
func (s *system) rule(name string, on bool) {
	s.t.Helper()
	bus := "orderflow"
	if strings.Contains(name, "Function") {
		bus = "default"
	}
	events := eventbridge.NewFromConfig(s.config())
	var err error
	if on {
		_, err = events.EnableRule(s.t.Context(), &eventbridge.EnableRuleInput{Name: &name, EventBusName: &bus})
	} else {
		_, err = events.DisableRule(s.t.Context(), &eventbridge.DisableRuleInput{Name: &name, EventBusName: &bus})
	}
	if err != nil {
		s.t.Fatalf("switch rule %s: %v", name, err)
	}
}
