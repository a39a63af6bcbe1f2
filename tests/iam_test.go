package tests

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
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

// neverUsed are the grants that TestIAM cannot use, with the reason for each. Key: role or policy,
// statement, action.
var neverUsed = map[string]string{
	"AlertsTopicPolicy Alarms sns:Publish":         "CloudWatch's alarms publish to the topic; there are no alarms on one machine",
	"orderflow-PublishRole GiveUp sqs:SendMessage": "the stream gives records up after half a day",
	"orderflow-WatchRole GiveUp sqs:SendMessage":   "an asynchronous event is given up after three minutes of retries",
}

// iamReport is what `orderflow iam --json` prints.
type iamReport struct {
	Used   []iam.Used   `json:"used"`
	Unused []iam.Unused `json:"unused"`
	Denied []iam.Denial `json:"denied"`
}

// TestIAM uses every feature of the functions and then checks that every grant was used. (Each
// system checks for denied calls when it stops.)
func TestIAM(t *testing.T) { inEachMode(t, testIAM) }

func testIAM(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "ReconcileAfterSeconds=0",
		"--param", "OrdersPerHour=1000", "--param", "DeclinedPayment=ask", "--param", "PaymentMethodSeconds=20")...)
	useStorefront(t, s)
	useOutcomes(t, s)
	s.rule("orderflow-shipment-requested", true)
	useRefunds(t, s)
	s.rule("orderflow-shipment-requested", false)
	useRestart(t, s)
	useJobs(t, s)
	useMails(t, s)
	useLostEvents(t, s)
	useFailedNotifications(t, s)
	useLetters(t, s)
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
			t.Errorf("%s was used, or is not in the template any more, but is listed: %s", key, why)
		}
	}
}

// useRestart answers the step that waits for the carrier by hand, and restarts the order. The
// carrier's rule is off, but for the second request.
func useRestart(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	ada.waiting(id)
	s.answerByHand(id)
	eventually(t, "the step after the wait fails", func() bool { return olga.attends(id) })
	s.rule("orderflow-shipment-requested", true)
	reason := []byte(`{"reason":"it was answered by hand"}`)
	olga.request(http.MethodPost, "/ops/orders/"+id+"/restart", nil, reason).expect(http.StatusAccepted)
	ada.ended(id)
	s.rule("orderflow-shipment-requested", false)
}

// useJobs redrives one order and restarts another with jobs, by the command line. The carrier's rule
// is off at first.
func useJobs(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	answered := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	ada.waiting(answered)
	s.answerByHand(answered)
	s.outage(true)
	failed := ada.accepted(order("pm_sandbox_outage", item{"beans-ethiopia-250g", 1}))
	for _, id := range []string{answered, failed} {
		eventually(t, "the order needs attention", func() bool { return olga.attends(id) })
	}
	s.outage(false)
	s.rule("orderflow-shipment-requested", true)
	start := func(args ...string) string {
		return regexp.MustCompile("job_[0-9a-z]+").FindString(s.ok(t, append([]string{"ops", "job", "start", "--reason", "a test"}, args...)))
	}
	var jobs []string
	for id, action := range map[string]string{answered: "restart", failed: "redrive"} {
		s.ok(t, []string{"ops", "job", "start", id, "--action", action, "--reason", "a test", "--dry-run"},
			"(?m)^"+action+" of 1 order, worth .* For example "+id+"$", "Nothing was changed")
		jobs = append(jobs, start(id, "--action", action))
	}
	filters := [][]string{{"--customer", "eve"}, {"--status", "IN_REVIEW"}, {"--status", "IN_REVIEW", "--attention"}}
	for _, filter := range filters {
		s.ok(t, []string{"ops", "job", "show", start(filter...), "--wait", "1m"}, "0 orders, 0 tried")
	}
	empty := start("--customer", "eve")
	for _, job := range jobs {
		s.ok(t, []string{"ops", "job", "show", job, "--wait", "1m"}, "1 recovered, 0 failed again", "operator:")
	}
	if code, _, errs := s.cli(t, "ops", "job", "stop", empty, "--reason", "a test"); code != 1 || !strings.Contains(errs, "is DONE") {
		t.Errorf("a job that has ended was stopped: exit code %d, %s", code, errs)
	}
	ada.get("/orders").expect(http.StatusOK)
	s.ok(t, []string{"ops", "list", "--customer", "ada"}, failed)
	s.ok(t, []string{"ops", "list", "--email", strings.ToUpper(personMail)}, failed)
	s.ok(t, []string{"ops", "stuck", "--older-than", "0s", "--json"}, `"orders":`)
	s.ok(t, []string{"ops", "queues"}, `orderflow-start +\d+`, `orderflow-watch-dead-letters +\d+`)
	s.ok(t, []string{"ops", "audit", "--actor", "olga", "--limit", "2"}, "OpsStartJob", "Done", "a test", "More: --cursor ")
	s.ok(t, []string{"ops", "job", "list"}, empty, "restart", "redrive")
	s.rule("orderflow-shipment-requested", false)
}

// useMails lets a mail bounce, and sends it again. The order is cancelled while the carrier's rule is off.
func useMails(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	body := bytes.Replace(order("pm_card_visa", item{"beans-ethiopia-250g", 1}), []byte(personMail), []byte("bounce@simulator.amazonses.com"), 1)
	id := ada.accepted(body)
	eventually(t, "the mail bounces", func() bool {
		return bytes.Contains(olga.get("/ops/orders/"+id+"/mails").expect(http.StatusOK).Body, []byte("BOUNCED"))
	})
	s.ok(t, []string{"ops", "mail", "list", id}, "confirmed +BOUNCED .* General")
	s.ok(t, []string{"ops", "mail", "send", id, "confirmed", "--reason", "a test"}, "is in the queue")
	ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
	ada.ended(id)
}

// useStorefront makes the calls that need no fulfilment.
func useStorefront(t *testing.T, s *system) {
	ada := s.as("ada")
	for _, path := range []string{"/products", "/products?category=kitchen", "/products/towel-linen-set3", "/me", "/orders"} {
		ada.get(path).expect(http.StatusOK)
	}
	profile := `{"name":"Ada","notifications":{"orderConfirmed":true,"orderShipped":true,"orderClosed":true}}`
	ada.request(http.MethodPut, "/me", nil, []byte(profile)).expect(http.StatusOK)
	olga := s.as("olga", "operators")
	olga.get("/ops/orders").expect(http.StatusOK)
	olga.get("/ops/orders?attention=true").expect(http.StatusOK)
	olga.get("/ops/orders?status=PLACED").expect(http.StatusOK)
	details := `{"name":"Shelf","category":"living","price":{"amount":4900,"currency":"USD"}}`
	for _, status := range []int{http.StatusCreated, http.StatusOK} { // created, then unchanged
		olga.request(http.MethodPut, "/ops/products/shelf-oak", nil, []byte(details)).expect(status)
	}
	revised := []byte(strings.Replace(details, "4900", "5900", 1))
	olga.request(http.MethodPut, "/ops/products/shelf-oak", nil, revised).expect(http.StatusOK)
	olga.stock("shelf-oak", `{"delta":3,"reason":"delivery"}`).expect(http.StatusOK)
	olga.get("/ops/products/shelf-oak/movements").expect(http.StatusOK)
}

// useOutcomes fulfils, rejects, cancels and redrives.
func useOutcomes(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	plain := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	// More products than one transaction can reserve.
	large := ada.accepted(order("pm_card_visa", s.stock(t, orderflow.MaxStockMoves+1)...))
	for _, id := range []string{plain, large} {
		if v := ada.ended(id); v.Status != orderflow.Fulfilled {
			t.Errorf("order %s ended %s", id, v.Status)
		}
		olga.get("/ops/orders/" + id).expect(http.StatusOK)
	}
	// a second delivery: it returns the first result
	s.invoke("ChargeFunction", map[string]string{"orderId": plain})
	// a rejected order gives its promotion back, after it has waited for another payment method
	rejected := ada.accepted(promoted("WELCOME", "pm_card_chargeDeclined", item{"beans-ethiopia-250g", 1}))
	// out of stock in the main warehouse: the catalogue is read
	ada.ended(ada.accepted(order("pm_card_visa", item{"lamp-brass-anniversary", 900})))
	for _, method := range []string{"pm_sandbox_lost_reply", "pm_sandbox_flaky"} {
		ada.ended(ada.accepted(order(method, item{"beans-ethiopia-250g", 1})))
	}
	paid := ada.accepted(order("pm_card_chargeDeclined", item{"beans-ethiopia-250g", 1}))
	ada.until(paid, "waits for another payment method", func(v view) bool { return v.MethodRequest != nil })
	ada.request(http.MethodPost, "/orders/"+paid+"/payment-method", nil, []byte(`{"paymentMethod":"pm_card_visa"}`)).
		expect(http.StatusAccepted)
	ada.ended(paid)
	testOutage(t, s)
	cancelFailed(t, s)
	reviewed := ada.accepted(order("pm_card_visa", item{"jar-preserve-500ml", 990}, item{"pot-terracotta-18cm", 200}))
	ada.inReview(reviewed)
	olga.review(reviewed, "approve").expect(http.StatusOK)
	for id, want := range map[string]orderflow.Status{reviewed: orderflow.Fulfilled, rejected: orderflow.Rejected} {
		if v := ada.ended(id); v.Status != want {
			t.Errorf("order %s ended %s", id, v.Status)
		}
	}

	s.rule("orderflow-shipment-requested", false) // the test is the carrier
	cancelled := ada.accepted(order("pm_card_pendingRefund", item{"beans-ethiopia-250g", 1}))
	failed := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	ada.waiting(cancelled)
	ada.request(http.MethodPost, "/orders/"+cancelled+"/cancel", nil, nil).expect(http.StatusAccepted)
	ada.waiting(failed)
	s.carrier(failed, "failed").expect(http.StatusOK)
	for id, want := range map[string]orderflow.PaymentStatus{
		cancelled: orderflow.PaymentRefunded, failed: orderflow.PaymentNone,
	} {
		if v := ada.ended(id); v.PaymentStatus != want {
			t.Errorf("order %s ended %s, payment %s, want %s", id, v.Status, v.PaymentStatus, want)
		}
	}
	s.in(t).reauthorize("pm_sandbox_short_hold")
}

// useLostEvents loses an event of each rule; the reconciler repairs the orders.
func useLostEvents(t *testing.T, s *system) {
	lost := []string{ // useRefunds loses one of the second
		"orderflow-order-placed", "orderflow-refund-requested", "orderflow-shipment-requested", "orderflow-wake",
	}
	if rules := s.rules("orderflow", ""); !slices.Equal(rules, lost) {
		t.Errorf("the test loses events of the rules %s, the bus has %s", lost, rules)
	}
	ada := s.as("ada")
	one := item{"beans-ethiopia-250g", 1}
	unasked := ada.accepted(order("pm_card_visa", one)) // the rule of its carrier is disabled
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
	s.outage(true)
	failed := ada.accepted(order("pm_sandbox_outage", one))
	executions := sfn.NewFromConfig(s.config())
	eventually(t, "the execution fails", func() bool {
		x, err := executions.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{
			ExecutionArn: aws.String("arn:aws:states:us-east-1:000000000000:execution:orderflow-fulfil-order:" + failed)})
		return err == nil && x.Status == "FAILED"
	})
	s.rule("orderflow-order-placed", false)
	unstarted := ada.accepted(order("pm_card_visa", item{"lamp-brass-anniversary", 900})) // out of stock

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
	s.invoke("RefundFunction", map[string]string{"orderId": failed}) // the charge's outcome is unknown: the step asks the provider
	s.expireHold(failed)
	eventually(t, "the order that holds its stock for too long ends", func() bool {
		s.invoke("ReconcileFunction", struct{}{})
		var v view
		ada.get("/orders/" + failed).expect(http.StatusOK).into(&v)
		return v.Status == orderflow.Cancelled
	})
}

// useFailedNotifications has an order whose notification is repeated later, and one whose stored
// token belongs to no execution.
func useFailedNotifications(t *testing.T, s *system) {
	s.rule("orderflow-order-placed", true)
	s.rule("orderflow-wake", true)
	s.rule("orderflow-shipment-requested", false) // the test is the carrier
	s.topic(false)
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	olga.marked(id, "NotificationFailed")
	s.topic(true)
	eventually(t, "the customer is notified", func() bool {
		s.invoke("ReconcileFunction", struct{}{})
		return !olga.attends(id)
	})
	s.loseToken(id)
	s.carrier(id, "dispatched").expect(http.StatusOK)
	ada.ended(id)
	s.carrier(id, "delivered").expect(http.StatusOK)
	eventually(t, "the customer is told of the delivery", func() bool {
		return bytes.Contains(olga.get("/ops/orders/"+id+"/mails").expect(http.StatusOK).Body, []byte(`"delivered"`))
	})
	s.rule("orderflow-shipment-requested", true)
	for _, queue := range []string{"start", "wake", "carrier"} {
		s.giveUp(queue, id)
	}
	s.invoke("ReconcileFunction", struct{}{})
}

// giveUp sends a message of an order to a dead-letter queue. more are further members of its event.
func (s *system) giveUp(queue, orderID string, more ...string) {
	s.t.Helper()
	members := append([]string{`"orderId":"` + orderID + `"`, `"sequence":1`}, more...)
	body := `{"detail":{` + strings.Join(members, ",") + `}}`
	if _, err := sqs.NewFromConfig(s.config()).SendMessage(s.t.Context(), &sqs.SendMessageInput{
		QueueUrl:    aws.String("http://sqs.us-east-1.localhost/000000000000/orderflow-" + queue + "-dead-letters"),
		MessageBody: &body,
	}); err != nil {
		s.t.Fatal(err)
	}
}

// useLetters lets a message of each queue fail, and reads and deletes one in each dead-letter queue. The
// reconciler reads some of them too: what it reads is in flight for a moment.
func useLetters(t *testing.T, s *system) {
	queues, olga := sqs.NewFromConfig(s.config()), s.as("olga", "operators")
	send := func(queue, body string) string {
		out, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: aws.String("http://sqs.us-east-1.localhost/000000000000/orderflow-" + queue), MessageBody: &body,
		})
		if err != nil {
			t.Fatal(err)
		}
		return *out.MessageId
	}
	for _, queue := range []string{"start", "wake", "carrier", "repay", "mail"} {
		send(queue, "poison")
	}
	for _, queue := range []string{"start", "wake", "carrier", "repay", "mail", "event", "publish", "watch"} {
		name := queue + "-dead-letters"
		id := send(name, "by hand")
		eventually(t, "the message is found in "+name, func() bool {
			return bytes.Contains(olga.get("/ops/dead-letters/"+name).expect(http.StatusOK).Body, []byte(id))
		})
		eventually(t, "the message is deleted from "+name, func() bool {
			code, _, _ := s.cli(t, "dlq", "delete", name, id, "--reason", "a test")
			return code == 0
		})
	}
	for _, queue := range []string{"start", "wake", "carrier", "repay", "mail"} {
		s.cli(t, "dlq", "redrive", queue+"-dead-letters", "--reason", "a test") // fails while a message is in flight
	}
	eventually(t, "the errors of the messages are kept", func() bool { return len(scan[orderflow.MessageError](s, "message-errors")) >= 5 })
}

// useDeadLetters deletes the queue of a rule, so that its event becomes a dead letter.
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
		a, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl:       url("event-dead-letters"),
			AttributeNames: []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages"},
		})
		return err == nil && a.Attributes["ApproximateNumberOfMessages"] == "1"
	})
}

// stock adds n new products to the catalogue and returns one of each.
func (s *system) stock(t *testing.T, n int) []item {
	t.Helper()
	db := dynamodb.NewFromConfig(s.config())
	var items []item
	for i := range n {
		p := bulkProduct(i, 10)
		av, err := cloud.MarshalItem(p)
		if err != nil {
			t.Fatal(err)
		}
		put := &dynamodb.PutItemInput{TableName: aws.String("orderflow-products"), Item: av}
		if _, err := db.PutItem(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		items = append(items, item{p.SKU, 1})
	}
	return items
}

// invoke invokes a function by its logical id, with the credentials of an AWS service. It must
// succeed.
func (s *system) invoke(function string, event any) []byte {
	s.t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		s.t.Fatal(err)
	}
	in := &lambda.InvokeInput{FunctionName: aws.String("orderflow-" + function), Payload: payload}
	out, err := lambda.NewFromConfig(s.config()).Invoke(s.t.Context(), in)
	if err != nil || out.FunctionError != nil {
		s.t.Fatalf("invoke %s: %v %s", function, err, out.Payload)
	}
	return out.Payload
}

// rules lists the rules of a bus whose names begin with prefix, sorted. A bus without such rules is
// an error.
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

// rule enables or disables a rule. A name that is not on the default bus is looked up on the
// system's.
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
