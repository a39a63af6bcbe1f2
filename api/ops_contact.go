package api

import (
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// opsCorrectOrder corrects the e-mail address or the shipping address of an open order.
func (s *server) opsCorrectOrder(r *request) (*reply, error) {
	var body struct {
		Email           string             `json:"email"`
		ShippingAddress *orderflow.Address `json:"shippingAddress"`
		Reason          string             `json:"reason"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if body.Email == "" && body.ShippingAddress == nil {
		return nil, refuseFaults(codeInvalidRequest, []Fault{{Pointer: "", Detail: "must have an email or a shippingAddress"}})
	}
	by := orderflow.By{At: s.now(), Actor: "operator:" + r.caller.Subject, Reason: body.Reason}
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		return o.Correct(body.Email, body.ShippingAddress, by)
	})
	if err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, contactView{OrderID: o.ID, Status: o.Status, Email: o.Email, ShippingAddress: o.ShippingAddress})
}

// contactView is who an order is for.
type contactView struct {
	OrderID         string            `json:"orderId"`
	Status          orderflow.Status  `json:"status"`
	Email           string            `json:"email"`
	ShippingAddress orderflow.Address `json:"shippingAddress"`
}
