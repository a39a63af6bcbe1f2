package api

import (
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// shipmentWebhook records a notice of the carrier. It verifies the signature before it reads the
// body.
func (s *server) shipmentWebhook(r *request) (*reply, error) {
	if err := orderflow.VerifyWebhook(s.WebhookSecret, r.Header.Get(orderflow.SignatureHeader), r.body,
		s.now()); err != nil {
		return nil, unsigned(err, orderflow.SignatureHeader)
	}
	var notice orderflow.ShipmentNotice
	if err := r.decode(&notice); err != nil {
		return nil, err
	}
	if err := checkNotice(notice); err != nil {
		return nil, err
	}
	var late error
	o, err := s.changeOrder(r.Context(), notice.OrderID, func(o *orderflow.Order) (err error) {
		late, err = s.applyNotice(o, notice)
		return err
	})
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no such shipment")
	}
	if err == nil {
		err = late
	}
	if err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, struct {
		OrderID    string                   `json:"orderId"`
		ShipmentID string                   `json:"shipmentId"`
		Status     orderflow.ShipmentStatus `json:"status"`
	}{o.ID, o.Shipment.ID, o.Shipment.Status})
}

// unsigned refuses a webhook with a challenge that asks for a signature.
func unsigned(err error, header string) error {
	no := refusalOf(err)
	no.header = http.Header{"Www-Authenticate": {header}}
	return no
}

// checkNotice checks the fields that depend on the notice's status: a dispatch needs a carrier and
// a tracking number, and a failure alone may have a reason; nothing else is allowed.
func checkNotice(n orderflow.ShipmentNotice) error {
	var faults faultList
	tracking := []struct{ pointer, value string }{{"/carrier", n.Carrier}, {"/trackingNumber", n.TrackingNumber}}
	for _, field := range tracking {
		switch given := field.value != ""; {
		case n.Status == orderflow.NoticeDispatched && !given:
			faults.add(field.pointer, "is missing")
		case n.Status != orderflow.NoticeDispatched && given:
			faults.add(field.pointer, "is only allowed for a dispatched shipment")
		}
	}
	if n.Status != orderflow.NoticeFailed && n.Reason != "" {
		faults.add("/reason", "is only allowed for a failed shipment")
	}
	return refuseFaults(codeInvalidRequest, faults)
}

// applyNotice applies the carrier's notice to the order. late is the answer to a dispatch that
// should not have happened; it is recorded all the same.
func (s *server) applyNotice(o *orderflow.Order, n orderflow.ShipmentNotice) (late, err error) {
	if o.Shipment == nil || o.Shipment.ID != n.ShipmentID {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no such shipment")
	}
	by := orderflow.By{At: s.now(), Actor: "carrier", Reason: n.Reason}
	switch n.Status {
	case orderflow.NoticeFailed:
		return nil, o.FailShipment(by)
	case orderflow.NoticeDelivered:
		return nil, o.Deliver(by)
	}
	err = o.Dispatch(n.Carrier, n.TrackingNumber, by)
	if err == nil || o.Shipment.Status == orderflow.ShipmentStatusDispatched {
		return nil, err
	}
	if orderflow.CodeOf(err) == orderflow.CodeAuthorizationLapsed {
		o.NoteRefusedDispatch(by)
		return err, nil
	}
	o.NoteLateDispatch(n.Carrier, n.TrackingNumber, by)
	return refusef(orderflow.CodeOf(err),
		"the shipment should not have been dispatched (%v); the dispatch is recorded, and an operator will handle it",
		err), nil
}
