package cost

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment"
)

// branch is one way through the state machine. The steps are what others do, in this order: each is
// taken when the last one has had all its effects.
type branch struct {
	name   string
	method string // of the payment
	steps  []step
	end    orderflow.Status
}

type step func(ctx context.Context, r *runner, id string) error

// branches are what the command counts. A branch more is a line more.
var branches = []branch{
	{name: "happy", method: payment.Visa, steps: []step{dispatch}, end: orderflow.Fulfilled},
	{name: "declined", method: payment.Declined, end: orderflow.Rejected},
	{name: "cancelled", method: payment.Visa, steps: []step{cancel}, end: orderflow.Cancelled},
	{name: "not shipped", method: payment.Visa, steps: []step{giveUp}, end: orderflow.Rejected},
	{name: "refunded", method: payment.Visa, steps: []step{dispatch, refund}, end: orderflow.Fulfilled},
	{name: "redriven", method: payment.Outage, steps: []step{redrive, dispatch}, end: orderflow.Fulfilled},
}

// dispatch is the carrier's notice that it has the goods.
func dispatch(ctx context.Context, r *runner, id string) error {
	return r.notice(ctx, id, orderflow.ShipmentNotice{
		Status: orderflow.NoticeDispatched, Carrier: "Parcel", TrackingNumber: "T-1",
	})
}

// refund is an operator's, of a part of a fulfilled order.
func refund(ctx context.Context, r *runner, id string) error {
	if err := r.await(ctx, id, func(o *orderflow.Order) bool { return o.Status == orderflow.Fulfilled }); err != nil {
		return err
	}
	key := http.Header{"Idempotency-Key": {"refund-" + id}}
	body := json.RawMessage(`{"amount":{"amount":100,"currency":"USD"},"reason":"Sorry for the delay."}`)
	if _, err := r.client.Do(ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(id)+"/refunds", key, body); err != nil {
		return err
	}
	return r.await(ctx, id, func(o *orderflow.Order) bool { return o.PaymentStatus == orderflow.PaymentPartiallyRefunded })
}

// giveUp is the carrier's notice that it will not ship: the authorisation is released.
func giveUp(ctx context.Context, r *runner, id string) error {
	return r.notice(ctx, id, orderflow.ShipmentNotice{Status: orderflow.NoticeFailed, Reason: "AddressUnreachable"})
}

// cancel is the customer's.
func cancel(ctx context.Context, r *runner, id string) error {
	if err := r.awaitCarrier(ctx, id); err != nil {
		return err
	}
	_, err := r.client.Do(ctx, http.MethodPost, "/orders/"+url.PathEscape(id)+"/cancel", nil, nil)
	return err
}

// redrive is an operator's, when the payment provider is back.
func redrive(ctx context.Context, r *runner, id string) error {
	if err := r.await(ctx, id, func(o *orderflow.Order) bool { return o.Attention != nil }); err != nil {
		return err
	}
	if err := r.client.SetOutage(ctx, true); err != nil {
		return err
	}
	if _, err := r.client.Act(ctx, id, "redrive", "the provider is back"); err != nil {
		return err
	}
	if err := r.awaitCarrier(ctx, id); err != nil {
		return err
	}
	return r.client.SetOutage(ctx, false)
}

// notice sends a signed notice when the order waits for it.
func (r *runner) notice(ctx context.Context, id string, n orderflow.ShipmentNotice) error {
	if err := r.awaitCarrier(ctx, id); err != nil {
		return err
	}
	o, err := r.orders.Order(ctx, id)
	if err != nil {
		return err
	}
	n.OrderID, n.ShipmentID = id, o.Shipment.ID
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	signed := http.Header{orderflow.SignatureHeader: {orderflow.SignWebhook(r.secret, time.Now(), body)}}
	_, err = r.client.Do(ctx, http.MethodPost, "/webhooks/shipments", signed, body)
	return err
}

// awaitCarrier waits until an order waits for the carrier.
func (r *runner) awaitCarrier(ctx context.Context, id string) error {
	return r.await(ctx, id, func(o *orderflow.Order) bool { return o.Wait != nil && o.Attention == nil })
}
