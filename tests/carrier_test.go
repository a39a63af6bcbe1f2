package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// TestCancel runs without a sandbox carrier: the test answers shipment requests.
func TestCancel(t *testing.T) { inEachMode(t, testCancel) }

func testCancel(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external")...)
	events := s.listen()
	ada := s.as("ada")
	t.Run("before dispatch", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
		ada.waiting(id)
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
		v := ada.ended(id)
		if v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentNone {
			t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
		}
		s.carrier(id, "dispatched").problem(http.StatusConflict, "OrderCancelled")
	})
	t.Run("the refund is on its way", func(t *testing.T) {
		id := ada.accepted(order("pm_card_pendingRefund", item{"lamp-brass-desk", 1}))
		ada.waiting(id)
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
		var statuses []orderflow.PaymentStatus
		for _, c := range ada.ended(id).Timeline {
			statuses = append(statuses, c.PaymentStatus)
		}
		pending := slices.Index(statuses, orderflow.PaymentRefundPending)
		if pending < 0 || statuses[pending+1] != orderflow.PaymentRefunded ||
			statuses[len(statuses)-1] != orderflow.PaymentRefunded {
			t.Errorf("payment %v", statuses)
		}
	})
	t.Run("the refund comes back", func(t *testing.T) {
		testRefundFailed(t, s.in(t))
	})
	t.Run("nothing to give back", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", item{"paper-sample-card", 1}))
		ada.waiting(id)
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
		if v := ada.ended(id); v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentNone {
			t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
		}
	})
	t.Run("after dispatch", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
		ada.waiting(id)
		s.carrier(id, "dispatched")
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).problem(http.StatusConflict, "TooLateToCancel")
		if v := ada.ended(id); v.Status != orderflow.Fulfilled {
			t.Errorf("ended %s", v.Status)
		}
	})
	t.Run("the carrier gives up", func(t *testing.T) {
		id := ada.accepted(order("pm_card_visa", item{"basket-willow-40cm", 2}))
		ada.waiting(id)
		s.carrier(id, "failed")
		v := ada.ended(id)
		if v.Status != orderflow.Rejected || v.PaymentStatus != orderflow.PaymentNone || v.reason() != "ShipmentFailed" {
			t.Errorf("%s (%s), payment %s", v.Status, v.reason(), v.PaymentStatus)
		}
	})
	t.Run("a forged answer", func(t *testing.T) {
		body := []byte(`{"shipmentId":"x","orderId":"x","status":"dispatched"}`)
		h := http.Header{"Orderflow-Signature": {fmt.Sprintf("t=%d,v1=00", time.Now().Unix())}}
		(&caller{s: s}).request(http.MethodPost, "/webhooks/shipments", h, body).expect(http.StatusUnauthorized)
	})
	s.checkInvariants(events)
}

// testRefundFailed cancels an order whose refund comes back: an operator sees it, and a redrive
// sends the refund again.
func testRefundFailed(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_refundFail", item{"lamp-brass-desk", 1}))
	ada.waiting(id)
	ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
	var v view
	eventually(t, "order needs attention", func() bool {
		olga.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		return strings.Contains(string(v.Attention), "RefundFailed")
	})
	if v.PaymentStatus != orderflow.PaymentCaptured || v.Status.Final() {
		t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
	}
	olga.redrive(id, "the bank has another account").expect(http.StatusAccepted)
	if v = ada.ended(id); v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentRefunded {
		t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
	}
}

// TestSilentCarrier leaves a shipment request unanswered: it is repeated, and operators see the
// order until the carrier answers.
func TestSilentCarrier(t *testing.T) { inEachMode(t, testSilentCarrier) }

func testSilentCarrier(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external",
		"--param", "ReconcileAfterSeconds=0", "--param", "CarrierPatienceSeconds=0")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	ada.waiting(id)

	var list struct {
		Orders []struct {
			OrderID   string
			Attention orderflow.Attention
		}
	}
	eventually(t, "operators see the order", func() bool {
		s.invoke("ReconcileFunction", struct{}{})
		olga.get("/ops/orders?attention=true").expect(http.StatusOK).into(&list)
		return len(list.Orders) == 1
	})
	if o := list.Orders[0]; o.OrderID != id || o.Attention.Code != "ShipmentUnanswered" || o.Attention.Step != "RequestShipment" {
		t.Errorf("%+v", o)
	}
	olga.redrive(id, "why not").problem(http.StatusConflict, "NotRedrivable")

	for range 2 { // several requests, each answered
		s.carrier(id, "dispatched").expect(http.StatusOK)
	}
	v := ada.ended(id)
	count := map[orderflow.ChangeType]int{}
	for _, c := range v.Timeline {
		count[c.Type]++
	}
	if v.Status != orderflow.Fulfilled || count[orderflow.ShipmentRequested] != 1 ||
		count[orderflow.ShipmentRenewed] < 1 || count[orderflow.OrderAttentionChanged] != 1 {
		t.Errorf("%s, changes %v", v.Status, count)
	}
	s.checkInvariants(events)
}

// waiting polls the order until it waits for the carrier.
func (c *caller) waiting(id string) view {
	c.s.t.Helper()
	return c.until(id, "waits for the carrier", func(v view) bool {
		for _, change := range v.Timeline {
			if change.Type == orderflow.ShipmentRequested {
				return true
			}
		}
		return false
	})
}

// carrier answers an order's shipment request with a signed webhook.
func (s *system) carrier(orderID, status string) *answer {
	s.t.Helper()
	db := dynamodb.NewFromConfig(s.config())
	got, err := db.GetItem(s.t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orderflow-orders"),
		Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: orderID}}})
	if err != nil {
		s.t.Fatal(err)
	}
	o := unmarshal[orderflow.Order](s.t, got.Item)
	notice := orderflow.ShipmentNotice{ShipmentID: o.Shipment.ID, OrderID: orderID, Status: status}
	if status == orderflow.NoticeDispatched {
		notice.Carrier, notice.TrackingNumber = "test", "T-1"
	} else if status == orderflow.NoticeFailed {
		notice.Reason = "NoVan"
	}
	body, err := json.Marshal(notice)
	if err != nil {
		s.t.Fatal(err)
	}
	h := http.Header{"Orderflow-Signature": {orderflow.SignWebhook(s.webhookSecret(), time.Now(), body)}}
	return (&caller{s: s}).request(http.MethodPost, "/webhooks/shipments", h, body)
}

// TestUp_webhookSecret: up prints the webhook's secret, or its file, only for an external carrier.
func TestUp_webhookSecret(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--carrier", "external")
	ada := s.as("ada")
	id := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	ada.waiting(id)
	s.carrier(id, "dispatched").expect(http.StatusOK)

	dir := t.TempDir()
	if s := up(t, "--data", dir, "--carrier", "external"); s.secret != "in "+filepath.Join(dir, "webhook-secret") {
		t.Errorf("up prints %q", s.secret)
	}
	for _, args := range [][]string{
		{"--in-memory"},
		{"--in-memory", "--carrier", "external", "--param", "WebhookSecret=a-secret-of-your-own"},
	} {
		if s := up(t, args...); s.secret != "" {
			t.Errorf("%q: up prints %q", args, s.secret)
		}
	}
}
