package tests

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// expireHold changes the stored order so that its hold expired a minute ago.
func (s *system) expireHold(id string) {
	s.t.Helper()
	past := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339Nano)
	if _, err := dynamodb.NewFromConfig(s.config()).UpdateItem(s.t.Context(), &dynamodb.UpdateItemInput{
		TableName:                 aws.String("orderflow-orders"),
		Key:                       map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
		UpdateExpression:          aws.String("SET holdUntil = :past"),
		ConditionExpression:       aws.String("attribute_exists(holdUntil)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":past": &types.AttributeValueMemberS{Value: past}},
	}); err != nil {
		s.t.Fatal(err)
	}
}

// TestHoldExpires: an order that is stuck before it is paid gives its stock back when its hold
// expires, and ends. An order that is paid keeps its stock, however long its carrier takes.
func TestHoldExpires(t *testing.T) { inEachMode(t, testHoldExpires) }

func testHoldExpires(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "ReconcileAfterSeconds=0")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	olga.product("scarce", map[string]int{"east": 3})
	s.rule("orderflow-shipment-requested", false) // the test is the carrier
	paid := ada.accepted(order("pm_card_visa", item{"scarce", 1}))
	ada.waiting(paid)
	stuck := ada.accepted(order("pm_sandbox_outage", item{"scarce", 2}))
	olga.marked(stuck, "PaymentUnavailable")
	if at := s.stockOf("scarce").At("east"); at != (orderflow.Stock{Reserved: 3}) {
		t.Fatalf("held %+v", at)
	}
	if v := ada.ended(ada.accepted(order("pm_card_visa", item{"scarce", 1}))); v.reason() != "OutOfStock" {
		t.Errorf("an order of what others hold ended %s (%s)", v.Status, v.reason())
	}
	for _, id := range []string{paid, stuck} {
		s.expireHold(id)
	}
	v := ada.until(stuck, "ends", func(v view) bool {
		s.invoke("ReconcileFunction", struct{}{})
		return v.Status.Final()
	})
	if v.Status != orderflow.Cancelled || v.reason() != "HoldExpired" || v.PaymentStatus != orderflow.PaymentNone {
		t.Errorf("the stuck order ended %s (%s), payment %s", v.Status, v.reason(), v.PaymentStatus)
	}
	if at := s.stockOf("scarce").At("east"); at != (orderflow.Stock{OnHand: 2, Reserved: 1}) {
		t.Errorf("after it %+v", at)
	}
	s.carrier(paid, "dispatched").expect(http.StatusOK)
	if v := ada.ended(paid); v.Status != orderflow.Fulfilled {
		t.Errorf("the paid order ended %s (%s)", v.Status, v.reason())
	}
	s.checkInvariants(events)
}
