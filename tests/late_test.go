package tests

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/orderflow-dev/orderflow"
)

// TestLate sends invocations, answers and notices after their time. The test is the carrier.
func TestLate(t *testing.T) { inEachMode(t, testLate) }

func testLate(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	one := item{"beans-ethiopia-250g", 1}

	t.Run("a request for a shipment", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", one))
		ada.waiting(id)
		s.shipLate(id)
		s.carrier(id, "dispatched").expect(http.StatusOK)
		ada.ended(id)
		ended := olga.get("/ops/orders/" + id).expect(http.StatusOK).version()
		s.shipLate(id)
		if now := olga.get("/ops/orders/" + id).expect(http.StatusOK).version(); now != ended {
			t.Errorf("a late request changed the ended order from version %d to %d", ended, now)
		}
	})
	t.Run("the order knows a token that is gone", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", one))
		ada.waiting(id)
		s.loseToken(id)
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
		if v := ada.ended(id); v.Status != orderflow.Cancelled {
			t.Errorf("ended %s", v.Status)
		}
	})
	t.Run("a dispatch after a cancel", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", one))
		ada.waiting(id)
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
		ada.ended(id)
		if a := s.carrier(id, "dispatched"); !strings.Contains(string(a.Body), "recorded") {
			t.Errorf("the carrier gets %s", a.Body)
		}
		if !olga.attends(id) {
			t.Error("operators do not see it")
		}
		body := []byte(`{"reason":"the parcel came back"}`)
		olga.request(http.MethodPost, "/ops/orders/"+id+"/acknowledge", nil, body).expect(http.StatusOK)
		if olga.attends(id) {
			t.Error("operators still see it")
		}
	})
	s.checkInvariants(events)
}

// shipLate invokes ship for an attempt that ended long ago. It must be refused.
func (s *system) shipLate(id string) {
	s.t.Helper()
	payload := `{"orderId":"` + id + `","taskToken":"of an attempt that was given up",
		"attempt":{"entered":"2020-01-01T00:00:00Z","redrive":0,"retry":9}}`
	in := &lambda.InvokeInput{FunctionName: aws.String("orderflow-ShipFunction"), Payload: []byte(payload)}
	out, err := lambda.NewFromConfig(s.config()).Invoke(s.t.Context(), in)
	if err != nil || out.FunctionError == nil {
		s.t.Errorf("a late invocation of ship: %v, %s", err, out.Payload)
	}
}

// loseToken replaces the order's token, so that it is not the token of its waiting execution.
func (s *system) loseToken(id string) {
	s.t.Helper()
	if _, err := dynamodb.NewFromConfig(s.config()).UpdateItem(s.t.Context(), &dynamodb.UpdateItemInput{
		TableName:                 aws.String("orderflow-orders"),
		Key:                       map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
		UpdateExpression:          aws.String("SET #wait.#token = :gone"),
		ExpressionAttributeNames:  map[string]string{"#wait": "wait", "#token": "token"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":gone": &types.AttributeValueMemberS{Value: "gone"}},
	}); err != nil {
		s.t.Fatal(err)
	}
}

// version returns the version of the order in an operator's answer.
func (a *answer) version() int64 {
	var v struct{ Version int64 }
	a.into(&v)
	return v.Version
}

// attends reports whether an order is in the list of orders that need attention.
func (c *caller) attends(id string) bool {
	c.s.t.Helper()
	var list struct{ Orders []view }
	c.get("/ops/orders?attention=true").expect(http.StatusOK).into(&list)
	for _, o := range list.Orders {
		if o.OrderID == id {
			return true
		}
	}
	return false
}

// TestNotificationsFail deletes the topic of customers' notifications: orders go on, operators see
// the orders without a notification, and the notifications are sent later.
func TestNotificationsFail(t *testing.T) { inEachMode(t, testNotificationsFail) }

func testNotificationsFail(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	s.topic(false)
	shipped := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	waits := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	closed := ada.accepted(order("pm_card_chargeDeclined", item{"beans-ethiopia-250g", 1}))
	for _, id := range []string{shipped, waits} {
		ada.waiting(id)
		olga.marked(id, "NotificationFailed")
	}
	s.carrier(shipped, "dispatched").expect(http.StatusOK)
	for id, want := range map[string]orderflow.Status{shipped: orderflow.Fulfilled, closed: orderflow.Rejected} {
		if v := ada.ended(id); v.Status != want {
			t.Errorf("order %s ended %s", id, v.Status)
		}
		olga.marked(id, `"step":"Notify`)
	}

	s.topic(true)
	for _, id := range []string{shipped, closed} {
		olga.redrive(id, "the topic is back").expect(http.StatusAccepted)
	}
	for _, id := range []string{shipped, waits, closed} {
		eventually(t, "order "+id+" needs no operator", func() bool {
			s.invoke("ReconcileFunction", struct{}{})
			return !olga.attends(id)
		})
	}
	s.carrier(waits, "dispatched").expect(http.StatusOK)
	ada.ended(waits)
	s.checkInvariants(events)
}

// marked waits until an order has a mark with the given text, for operators.
func (c *caller) marked(id, text string) {
	c.s.t.Helper()
	var v struct{ Attention json.RawMessage }
	eventually(c.s.t, "operators see order "+id, func() bool {
		v.Attention = nil
		c.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		return strings.Contains(string(v.Attention), text)
	})
	if !c.attends(id) {
		c.s.t.Errorf("order %s is not in the list: %s", id, v.Attention)
	}
}

// topic creates or deletes the topic of customers' notifications, with the subscription of the mails.
func (s *system) topic(on bool) {
	s.t.Helper()
	topics := sns.NewFromConfig(s.config())
	var err error
	if on {
		created, failed := topics.CreateTopic(s.t.Context(), &sns.CreateTopicInput{Name: aws.String("orderflow-notifications")})
		if failed != nil {
			s.t.Fatal(failed)
		}
		_, err = topics.Subscribe(s.t.Context(), &sns.SubscribeInput{
			TopicArn: created.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:000000000000:orderflow-mail"),
			Attributes: map[string]string{"RawMessageDelivery": "true"},
		})
	} else {
		arn := aws.String("arn:aws:sns:us-east-1:000000000000:orderflow-notifications")
		_, err = topics.DeleteTopic(s.t.Context(), &sns.DeleteTopicInput{TopicArn: arn})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
