package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

// TestPrintOrder checks that the output has what was ordered, the address, the shipment, and the
// timeline.
func TestPrintOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	usd := func(cents int64) orderflow.Money { return orderflow.Money{Amount: cents, Currency: "USD"} }
	o := client.Order{
		OrderID: "ord_1", Status: orderflow.Fulfilled, PaymentStatus: orderflow.PaymentCaptured, Total: usd(9800),
		PlacedAt: at,
		Email:    "ada@example.com", PaymentMethod: "pm_card_visa", Attention: json.RawMessage("false"),
		Price: client.Price{Subtotal: usd(9800), Shipping: usd(0), ShippingMethod: "standard"},
		Lines: []client.Line{
			{SKU: "kettle", Name: "Gooseneck kettle, 1 l", Quantity: 1, UnitPrice: usd(6900), Total: usd(6900)},
			{SKU: "beans", Name: "Coffee beans", Quantity: 2, UnitPrice: usd(1450), Total: usd(2900)},
		},
		ShippingAddress: orderflow.Address{Name: "Ada Brewer", Line1: "12 Mill Lane", City: "Portland",
			PostalCode: "97205", Country: "US"},
		Shipment: &orderflow.Shipment{ID: "s", Status: orderflow.ShipmentStatusDispatched, Carrier: "Post",
			TrackingNumber: "T1"},
		Timeline: []orderflow.Change{
			{Sequence: 1, At: at, Type: orderflow.OrderPlaced, Status: orderflow.Placed},
			{Sequence: 2, At: at.Add(time.Second), Type: orderflow.OrderStatusChanged, Status: orderflow.Fulfilled},
		},
	}
	var out bytes.Buffer
	if err := printOrder(screen.New(&out), o); err != nil {
		t.Fatal(err)
	}
	want := `Order     ord_1
Status    FULFILLED
Payment   CAPTURED, 98.00 USD by pm_card_visa
Placed    2026-03-01 12:00:00
Ships to  Ada Brewer, 12 Mill Lane, Portland 97205, US
E-mail    ada@example.com
Shipment  DISPATCHED, Post, tracking number T1

ITEM                   SKU     QUANTITY      PRICE      TOTAL
Gooseneck kettle, 1 l  kettle         1  69.00 USD  69.00 USD
Coffee beans           beans          2  14.50 USD  29.00 USD

Shipping  0.00 USD, standard
Total     98.00 USD

TIME          STATUS     WHAT HAPPENED
12:00:00.000  PLACED     the order for 98.00 USD was placed
12:00:01.000  FULFILLED  the order is fulfilled
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	o.Status, o.Shipment, o.Attention = orderflow.Rejected, nil, json.RawMessage("true")
	o.Timeline = append(o.Timeline, orderflow.Change{Status: orderflow.Rejected, Type: orderflow.OrderStatusChanged,
		Reason: "OutOfStock"})
	withMessage := o
	withMessage.Timeline = []orderflow.Change{{Type: orderflow.OrderStatusChanged, Status: orderflow.Rejected,
		Reason: "PaymentDeclined", Message: "The card has expired."}}
	if got := statusText(withMessage); got != "REJECTED: The card has expired." {
		t.Errorf("got %q", got)
	}
	o.MethodRequest = &client.MethodRequest{Deadline: at.Add(time.Hour)}
	if got := methodText(o); got != "another payment method until 2026-03-01 13:00:00: orderflow order pay" {
		t.Errorf("got %q", got)
	}
	o.MethodRequest = nil
	if out.Reset(); printOrder(screen.New(&out), o) != nil || !strings.Contains(out.String(),
		"REJECTED: not everything in it was in stock\n") ||
		!strings.Contains(out.String(), "Attention  needs an operator\n") || strings.Contains(out.String(), "Shipment") {
		t.Errorf("got\n%s", &out)
	}
}

func TestNoticeText(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)
	alert, err := json.Marshal(orderflow.Alert{OrderID: "ord_1",
		Attention: orderflow.Attention{Code: "PaymentUnavailable", Step: "ChargePayment", Message: "m", Since: since}})
	if err != nil {
		t.Fatal(err)
	}
	noon, err := json.Marshal(since)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ message, header, text string }{
		{`{"customerId":"ada","text":"Order ord_1 for 69.00 USD is paid."}`, "to customer ada: S",
			"Order ord_1 for 69.00 USD is paid."},
		{string(alert), "to operators: S",
			"Order ord_1 needs attention at ChargePayment since 2026-03-01 12:00:00, because the payment provider could not be reached. m"},
		{`{"orderId":"ord_1","code":"DispatchedLate","message":"the goods are gone: Post T1","since":` + string(noon) +
			`}`, "to operators: S",
			"Order ord_1 needs attention since 2026-03-01 12:00:00, because the goods are gone: Post T1"},
		{`"anything"`, "to operators: S", `"anything"`},
	} {
		n := client.Notification{Subject: "S", Message: json.RawMessage(c.message)}
		if noticeHeader(n) != c.header || noticeText(n) != c.text {
			t.Errorf("%s: %q, %q", c.message, noticeHeader(n), noticeText(n))
		}
	}
}

// TestStatusText checks that the reason is that of the last change of status, not of a later
// change.
func TestStatusText(t *testing.T) {
	t.Parallel()
	ended := func(s orderflow.Status, reason string) orderflow.Change {
		return orderflow.Change{Type: orderflow.OrderStatusChanged, Status: s, Reason: reason}
	}
	later := func(kind orderflow.ChangeType, s orderflow.Status, reason string) orderflow.Change {
		return orderflow.Change{Type: kind, Status: s, Reason: reason, Message: reason}
	}
	for _, c := range []struct {
		timeline []orderflow.Change
		want     string
	}{
		{[]orderflow.Change{ended(orderflow.Cancelled, "OrderCancelled")}, "CANCELLED"},
		{[]orderflow.Change{ended(orderflow.Cancelled, "OrderCancelled"),
			later(orderflow.OrderAttentionChanged, orderflow.Cancelled, "goods are back")}, "CANCELLED"},
		{[]orderflow.Change{ended(orderflow.Fulfilled, ""), later(orderflow.ShipmentCorrected, orderflow.Fulfilled,
			"typing error")}, "FULFILLED"},
		{[]orderflow.Change{ended(orderflow.Rejected, "OutOfStock"),
			later(orderflow.OrderPaymentChanged, orderflow.Rejected, "x")}, "REJECTED: not everything in it was in stock"},
		{[]orderflow.Change{ended(orderflow.Cancelled, "ShipmentFailed"),
			later(orderflow.OrderAttentionChanged, orderflow.Cancelled, "x")}, "CANCELLED: the shipment failed"},
		{nil, "PLACED"},
	} {
		o := client.Order{Status: orderflow.Placed, Timeline: c.timeline}
		if len(c.timeline) > 0 {
			o.Status = c.timeline[0].Status
		}
		if got := statusText(o); got != c.want {
			t.Errorf("%v: %q, want %q", c.timeline, got, c.want)
		}
	}
}

// TestAttentionTable checks that at 80 columns every date is on one line, and that the tracking
// number is shown.
func TestAttentionTable(t *testing.T) {
	t.Parallel()
	late := client.Order{OrderID: "ord_06h1ax0ca9z5qqsmatf94k1en8", Status: orderflow.Cancelled,
		Total: orderflow.Money{Amount: 9800, Currency: "USD"}}
	var err error
	if late.Attention, err = json.Marshal(orderflow.Attention{
		Code: "DispatchedLate", Message: "the goods are gone: Post T1",
		Since: time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local),
	}); err != nil {
		t.Fatal(err)
	}
	columns, rows := attentionTable([]client.Order{late})
	want := `ord_06h1ax0ca9z5qqsmatf94k1en8
  STATUS     CANCELLED
  TOTAL      98.00 USD
  SINCE      2026-03-01 12:00:00
  ATTENTION  DispatchedLate: the goods are gone: Post T1`
	if got := ansi.Strip(screen.Layout(columns, rows, 80)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var out bytes.Buffer
	if err := printOrder(screen.New(&out), late); err != nil ||
		!strings.Contains(out.String(),
			"Attention  DispatchedLate: the goods are gone: Post T1\nSince      2026-03-01 12:00:00\n") {
		t.Errorf("%v\n%s", err, &out)
	}
}
