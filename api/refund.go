package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// refundBody is the body of POST /ops/orders/{orderId}/refunds.
type refundBody struct {
	Lines    []orderflow.Units `json:"lines"`
	Amount   *orderflow.Money  `json:"amount"`
	Shipping bool              `json:"shipping"`
	Reason   string            `json:"reason"`
}

// check refuses what a schema cannot: a refund of nothing, or of lines and an amount.
func (b *refundBody) check() error {
	var faults []Fault
	switch {
	case len(b.Lines) > 0 && b.Amount != nil:
		faults = append(faults, Fault{Pointer: "/amount", Detail: "cannot be given together with lines"})
	case len(b.Lines) == 0 && b.Amount == nil && !b.Shipping:
		faults = append(faults, Fault{Pointer: "/lines", Detail: "is missing: give lines, amount or shipping"})
	}
	return refuseFaults(codeInvalidRequest, faults)
}

// derivedID makes the id of what a request creates from its idempotency key. The order itself keeps
// what the key created, so that the answer can be given again for as long as the order exists.
func derivedID(prefix, key, orderID string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + orderID))
	return prefix + hex.EncodeToString(sum[:13])
}

// created answers a request with an idempotency key: the first one and every later one alike.
func created(status int, location string, replayed bool, view any) (*reply, error) {
	answer, err := jsonReply(status, view)
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", location)
	if replayed {
		answer.header.Set("Idempotent-Replayed", "true")
	}
	return answer, nil
}

// sameRequest reports an Idempotency-Key that was used with another body.
func sameRequest(kept string, body []byte) error {
	if kept != fingerprint(body) {
		return refusef(codeIdempotencyKeyReused, "this Idempotency-Key was already used with another body")
	}
	return nil
}

// opsRefundOrder records a refund that is due. The order's event has it carried out.
func (s *server) opsRefundOrder(r *request) (*reply, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	var body refundBody
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	request := orderflow.RefundRequest{
		ID: derivedID("rfd_", key, r.values["orderId"]), Lines: body.Lines, Amount: body.Amount, Shipping: body.Shipping,
		Request: fingerprint(r.body),
	}
	by := orderflow.By{At: s.now(), Actor: "operator:" + r.caller.Subject, Reason: body.Reason}
	replayed := false
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		if old := o.FindRefund(request.ID); old != nil {
			replayed = true
			return sameRequest(old.Request, r.body)
		}
		_, err := o.RequestRefund(request, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	return acceptedRefund(o, request.ID, replayed)
}

// acceptedRefund answers that a refund is requested, whatever has become of it since.
func acceptedRefund(o *orderflow.Order, id string, replayed bool) (*reply, error) {
	refund := o.FindRefund(id)
	return created(http.StatusAccepted, "/ops/orders/"+o.ID, replayed, struct {
		OrderID  string                 `json:"orderId"`
		RefundID string                 `json:"refundId"`
		Status   orderflow.RefundStatus `json:"status"`
		Amount   orderflow.Money        `json:"amount"`
	}{OrderID: o.ID, RefundID: refund.ID, Status: orderflow.RefundRequested, Amount: o.RefundAmount(refund)})
}

// opsRetryRefund requests a failed refund again.
func (s *server) opsRetryRefund(r *request) (*reply, error) {
	by, err := s.byOperator(r)
	if err != nil {
		return nil, err
	}
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		return o.RetryRefund(r.values["refundId"], by)
	})
	if err != nil {
		return nil, err
	}
	return acceptedRefund(o, r.values["refundId"], false)
}
