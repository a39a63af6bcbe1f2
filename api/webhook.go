package api

import (
	"net/http"

	"orderflow"
)

// shipmentWebhook notes what the carrier says of a shipment. The signature is checked before anything in the body is believed.
func (s *server) shipmentWebhook(r *request) (*reply, error) {
	if err := orderflow.VerifyWebhook(s.WebhookSecret, r.Header.Get(orderflow.SignatureHeader), r.body, s.now()); err != nil {
		return nil, err
	}
	var notice orderflow.ShipmentNotice
	if err := r.decode(&notice); err != nil {
		return nil, err
	}
	if err := checkNotice(notice); err != nil {
		return nil, err
	}
	o, err := s.change(r.Context(), notice.OrderID, func(o *orderflow.Order) error { return s.note(o, notice) })
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no such shipment")
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

// checkNotice checks what depends on the notice's status.
func checkNotice(n orderflow.ShipmentNotice) error {
	var faults faultList
	if n.Status == orderflow.NoticeDispatched {
		if n.Carrier == "" {
			faults.add("/carrier", "is missing")
		}
		if n.TrackingNumber == "" {
			faults.add("/trackingNumber", "is missing")
		}
	}
	return refuseFaults(codeInvalidRequest, faults)
}

func (s *server) note(o *orderflow.Order, n orderflow.ShipmentNotice) error {
	if o.Shipment == nil || o.Shipment.ID != n.ShipmentID {
		return orderflow.Errorf(orderflow.CodeNotFound, "there is no such shipment")
	}
	by := orderflow.By{At: s.now(), Actor: "carrier", Reason: n.Reason}
	if n.Status == orderflow.NoticeFailed {
		return o.FailShipment(by)
	}
	return o.Dispatch(n.Carrier, n.TrackingNumber, by)
}
