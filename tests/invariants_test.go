package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/events/eventstest"
	"github.com/orderflow-dev/orderflow/examples"
)

// in returns the same system for a subtest.
func (s *system) in(t *testing.T) *system {
	c := *s
	c.t = t
	return &c
}

// listen subscribes a queue to every event on the bus and returns the queue's URL.
func (s *system) listen() string {
	s.t.Helper()
	ctx := s.t.Context()
	queues, bus := sqs.NewFromConfig(s.config()), eventbridge.NewFromConfig(s.config())
	q, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("test-events"), Attributes: map[string]string{
		"VisibilityTimeout": "5", // messages of a lost reply are visible again soon
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*",
			"Principal":{"Service":"events.amazonaws.com"}}]}`,
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err = bus.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: aws.String("test-events"), EventBusName: aws.String("orderflow"), EventPattern: aws.String(`{"source":["orderflow"]}`),
	}); err != nil {
		s.t.Fatal(err)
	}
	target := eventtypes.Target{Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:000000000000:test-events")}
	put, err := bus.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: aws.String("test-events"), EventBusName: aws.String("orderflow"), Targets: []eventtypes.Target{target},
	})
	if err != nil || put.FailedEntryCount != 0 {
		s.t.Fatalf("put targets: %v %+v", err, put)
	}
	return *q.QueueUrl
}

// drain receives and deletes every message of the queue, checks each against its schema, and
// returns the events by order.
func (s *system) drain(queueURL string) (events map[string][]orderflow.EventDetail, raw string) {
	s.t.Helper()
	queues, contract := sqs.NewFromConfig(s.config()), eventstest.New(s.t)
	events = map[string][]orderflow.EventDetail{}
	var all strings.Builder
	for {
		got, err := queues.ReceiveMessage(s.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: &queueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return events, all.String()
		}
		for _, m := range got.Messages {
			all.WriteString(*m.Body)
			if err := contract.Event([]byte(*m.Body)); err != nil {
				s.t.Error(err)
			}
			var e struct{ Detail orderflow.EventDetail }
			if err := json.Unmarshal([]byte(*m.Body), &e); err != nil {
				s.t.Fatalf("%v in %s", err, *m.Body)
			}
			events[e.Detail.OrderID] = append(events[e.Detail.OrderID], e.Detail)
		}
		s.delete(queues, queueURL, got.Messages)
	}
}

func (s *system) delete(queues *sqs.Client, queueURL string, messages []sqstypes.Message) {
	var entries []sqstypes.DeleteMessageBatchRequestEntry
	for i, m := range messages {
		entries = append(entries, sqstypes.DeleteMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle,
		})
	}
	batch := &sqs.DeleteMessageBatchInput{QueueUrl: &queueURL, Entries: entries}
	if _, err := queues.DeleteMessageBatch(s.t.Context(), batch); err != nil {
		s.t.Fatal(err)
	}
}

// scan reads a whole table as values of type T.
func scan[T any](s *system, table string) []T {
	s.t.Helper()
	db := dynamodb.NewFromConfig(s.config())
	var out []T
	pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: aws.String("orderflow-" + table)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, item := range page.Items {
			out = append(out, unmarshal[T](s.t, item))
		}
	}
	return out
}

func unmarshal[T any](t *testing.T, item map[string]types.AttributeValue) T {
	t.Helper()
	var v T
	if err := cloud.UnmarshalItem(item, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// checkInvariants checks I1-I7 and I12 of the design, once every order has ended.
func (s *system) checkInvariants(eventQueue string) {
	s.t.Helper()
	orders := scan[orderflow.Order](s, "orders")
	if len(orders) == 0 {
		s.t.Fatal("no orders")
	}
	events, raw := s.drain(eventQueue)
	for until := time.Now().Add(settle); !published(orders, events) && time.Now().Before(until); {
		// Events arrive later than the orders change. Sometimes the SDK loses a reply that arrives
		// before the end of its own request (github.com/aws/aws-sdk-go-v2/issues/2737). It repeats
		// the request, and the lost messages are visible again after their timeout.
		more, text := s.drain(eventQueue)
		for id, list := range more {
			events[id] = append(events[id], list...)
		}
		raw += text
	}
	for i := range orders {
		o := &orders[i]
		if !o.Status.Final() {
			s.t.Errorf("I1: order %s is still %s", o.ID, o.Status)
		}
		s.checkEvents(o, events[o.ID])
	}
	s.checkMoney(orders)
	s.checkStock(orders)
	s.checkPrices(orders)
	s.checkPrivacy("events", raw)
	s.checkHistories(orders)
	s.checkMails(orders)
}

// checkMails checks that the customer of each order is told how it ended, and each notification once: a
// mail was sent at most as often as it was attempted, and once unless a process died meanwhile.
func (s *system) checkMails(orders []orderflow.Order) {
	s.t.Helper()
	type row struct {
		About string         `json:"about"`
		State orderflow.Mail `json:"state"`
	}
	var mails map[string][]orderflow.Mail
	eventually(s.t, "the end of every order is told by mail", func() bool {
		mails = map[string][]orderflow.Mail{}
		for _, r := range scan[row](s, "mails") {
			mails[r.About] = append(mails[r.About], r.State)
		}
		for i := range orders {
			end := orderflow.NotifyClosed
			if orders[i].Status == orderflow.Fulfilled {
				end = orderflow.NotifyShipped
			}
			if !slices.ContainsFunc(mails[orders[i].ID], func(m orderflow.Mail) bool { return m.Kind == end && m.Done() }) {
				return false
			}
		}
		return true
	})
	sent := map[string]int{}
	for _, m := range s.mails("") {
		sent[m.OrderID+"/"+m.Name]++
	}
	for _, list := range mails {
		for _, m := range list {
			if n := sent[m.OrderID+"/"+m.Name]; n > m.Attempts || n == 0 && m.Status == orderflow.MailSent {
				s.t.Errorf("mail %s of order %s is %s after %d attempts, and was sent %d times", m.Name, m.OrderID, m.Status, m.Attempts, n)
			}
		}
	}
}

// published reports whether the events lead every order to its end.
func published(orders []orderflow.Order, events map[string][]orderflow.EventDetail) bool {
	for i := range orders {
		state, err := orderflow.Fold(events[orders[i].ID])
		if err != nil || state.Sequence != orders[i].Sequence {
			return false
		}
	}
	return true
}

// checkEvents checks that the published events give the order's whole history (I6, I7).
func (s *system) checkEvents(o *orderflow.Order, events []orderflow.EventDetail) {
	s.t.Helper()
	folded, err := orderflow.Fold(events)
	if err != nil {
		s.t.Errorf("I6: %v", err)
		return
	}
	if want := o.State(); !sameState(folded, want) {
		s.t.Errorf("I7: order %s: its %d events lead to %s at %d, the table has %s at %d",
			o.ID, len(events), folded.Status, folded.Sequence, want.Status, want.Sequence)
	}
}

// sameState compares by JSON, so that times are equal in any location.
func sameState(a, b orderflow.State) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// providerRecord is the sandbox provider's record of one idempotency key, "ORDER/charge" or
// "ORDER/refund".
type providerRecord struct {
	Key        string           `json:"key"`
	ProviderID string           `json:"providerId"`
	Amount     *orderflow.Money `json:"amount"`    // nil if declined
	HeldUntil  *time.Time       `json:"heldUntil"` // nil unless the amount was authorised first
	Settled    string           `json:"settled"`   // how an authorisation, or the customer's confirmation, ended
	Secret     string           `json:"secret"`    // set if the customer must confirm it
}

// providerSums lists the amounts that the provider captured, refunded and holds, by order.
func (s *system) providerSums() (captured, refunded, held map[string][]int64) {
	s.t.Helper()
	captured, refunded, held = map[string][]int64{}, map[string][]int64{}, map[string][]int64{}
	records := scan[providerRecord](s, "sandbox")
	settled := map[string]string{} // authorisations that have ended, by provider id
	confirmed := map[string]string{}
	for _, r := range records {
		if id, ok := strings.CutSuffix(r.Key, "#confirmation"); ok {
			confirmed[id] = r.Settled
		}
		if id, ok := strings.CutSuffix(r.Key, "#settled"); ok {
			settled[id] = r.Settled
		}
	}
	for _, r := range records {
		order, step, ok := strings.Cut(r.Key, "/")
		if !ok || r.Amount == nil {
			continue
		}
		sums := captured
		switch {
		case strings.HasPrefix(step, "refund"):
			sums = refunded
		case r.Secret != "" && confirmed[r.ProviderID] == "":
			sums = held // the customer can still confirm it
		case r.Secret != "" && confirmed[r.ProviderID] != "confirmed":
			continue
		case r.HeldUntil == nil || settled[r.ProviderID] == "captured":
		case settled[r.ProviderID] == "voided":
			continue
		default:
			sums = held
		}
		sums[order] = append(sums[order], r.Amount.Amount)
	}
	return captured, refunded, held
}

// checkMoney compares the orders with the provider's captures and refunds (I2, I4, I5).
func (s *system) checkMoney(orders []orderflow.Order) {
	s.t.Helper()
	captured, refunded, held := s.providerSums()
	for _, o := range orders {
		c, r := captured[o.ID], refunded[o.ID]
		if o.Status.Final() && len(held[o.ID]) > 0 {
			s.t.Errorf("I4: order %s ended %s, and the provider still holds %v", o.ID, o.Status, held[o.ID])
		}
		if len(c) > 1 || len(r) > len(o.Refunds)+1 {
			s.t.Errorf("I2, I4: order %s was captured %v, refunded %v", o.ID, c, r)
		}
		wantCapture := o.Total.Amount > 0 && (o.Status == orderflow.Fulfilled || o.PaymentStatus == orderflow.PaymentRefunded)
		if wantCapture != (len(c) == 1) || (len(c) == 1 && c[0] != o.Total.Amount) {
			s.t.Errorf("I2: order %s (%s, %s, total %d) was captured %v", o.ID, o.Status, o.PaymentStatus, o.Total.Amount, c)
		}
		if o.Review != nil && o.Review.Decision != orderflow.ReviewApproved && len(c) > 0 {
			s.t.Errorf("order %s was captured %v, its review is %q", o.ID, c, o.Review.Decision)
		}
		if want, sum := refundDue(&o, len(c) == 1), sumOf(r); sum != want {
			s.t.Errorf("I4: order %s (%s) was captured %v, refunded %v, want %d", o.ID, o.Status, c, r, want)
		}
		shipped := o.Shipment != nil && o.Shipment.Status == orderflow.ShipmentStatusDispatched
		if shipped && (len(c) == 0 && o.Total.Amount > 0 || o.Cancel != nil) {
			s.t.Errorf("I5: order %s was dispatched; captured %v, cancelled %v", o.ID, c, o.Cancel)
		}
	}
}

// refundDue is what the provider must have refunded of an order that has ended: all that was
// captured of one that was given up, otherwise what operators' refunds say.
func refundDue(o *orderflow.Order, captured bool) (due int64) {
	switch {
	case !captured:
		return 0
	case o.Status != orderflow.Fulfilled:
		return o.Total.Amount
	}
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.Status == orderflow.RefundSucceeded {
			due += o.RefundAmount(r).Amount
		}
	}
	return due
}

func sumOf(amounts []int64) (sum int64) {
	for _, a := range amounts {
		sum += a
	}
	return sum
}

// checkStock compares each product with its stock at the start and its movements (I3): their sum is
// what is left and what the orders shipped, nothing is held, and no counter is negative.
func (s *system) checkStock(orders []orderflow.Order) {
	s.t.Helper()
	shipped := map[string]int{}
	for i := range orders {
		if orders[i].Status == orderflow.Fulfilled {
			for _, m := range orders[i].StockMoves(orderflow.Ship) {
				shipped[m.SKU] += m.Quantity
			}
			for _, r := range orders[i].Returns {
				for _, u := range r.Received {
					if r.Restock {
						shipped[u.SKU] -= u.Quantity
					}
				}
			}
		}
	}
	began := s.stockAtStart()
	for _, p := range scan[orderflow.Product](s, "products") {
		sum := p.Total()
		if sum.Reserved != 0 || sum.Shipped != shipped[p.SKU] {
			s.t.Errorf("I3: stock of %s is %+v, orders shipped %d", p.SKU, p, shipped[p.SKU])
		}
		if n, known := began[p.SKU]; known && sum.OnHand+sum.Shipped != n {
			s.t.Errorf("I3: stock of %s is %+v, began with %d", p.SKU, p, n)
		}
		for _, w := range p.WarehouseNames() {
			if at := p.At(w); min(at.OnHand, at.Reserved, at.Shipped) < 0 {
				s.t.Errorf("I3: stock of %s in %s is %+v", p.SKU, w, at)
			}
		}
		delete(began, p.SKU)
	}
	if len(began) > 0 {
		s.t.Errorf("I3: products are gone: %v", began)
	}
}

// stockAtStart returns how many pieces of each product came into the system: by the example
// catalogue, and by movements.
func (s *system) stockAtStart() map[string]int {
	s.t.Helper()
	b, err := examples.FS.ReadFile("catalogue.json")
	if err != nil {
		s.t.Fatal(err)
	}
	var seeded []orderflow.Product
	if err := json.Unmarshal(b, &seeded); err != nil {
		s.t.Fatal(err)
	}
	pieces := map[string]int{}
	for _, p := range seeded {
		pieces[p.SKU] = p.OnHand
	}
	for _, m := range scan[orderflow.Movement](s, "movements") {
		pieces[m.SKU] += m.Delta
	}
	return pieces
}

// checkPrivacy checks that a text has no personal data of the test orders (I12).
func (s *system) checkPrivacy(where, text string) {
	s.t.Helper()
	for _, secret := range []string{personName, personMail, personLine1, personState, personPhone} {
		if strings.Contains(text, secret) {
			s.t.Errorf("I12: %s hold %q", where, secret)
		}
	}
}

// checkHistories reads every execution's history: none holds personal data, and every one belongs
// to an order (I1, I12).
func (s *system) checkHistories(orders []orderflow.Order) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), settle)
	defer cancel()
	states := sfn.NewFromConfig(s.config())
	machines, err := states.ListStateMachines(ctx, nil) // by name: fulfil-order, repair-orders
	if err != nil || len(machines.StateMachines) != 2 {
		s.t.Fatalf("list state machines: %v %+v", err, machines)
	}
	for _, o := range orders {
		arn := strings.Replace(*machines.StateMachines[0].StateMachineArn, ":stateMachine:", ":execution:", 1) + ":" + o.ExecutionName()
		eventually(s.t, "execution of "+o.ID+" ends", func() bool {
			d, err := states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
			if err != nil {
				s.t.Fatal(err)
			}
			return d.Status != "RUNNING"
		})
		h, err := states.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: 1000})
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := json.Marshal(h.Events)
		if err != nil {
			s.t.Fatal(err)
		}
		s.checkPrivacy("the history of "+o.ID, string(text))
		if waited := strings.Contains(string(text), `"`+orderflow.StepAwaitReview+`"`); waited != (o.Review != nil) {
			s.t.Errorf("order %s waited for a review: %v; it has %+v", o.ID, waited, o.Review)
		}
	}
	s.checkPrivacy("the logs", s.stderr.String())
}
