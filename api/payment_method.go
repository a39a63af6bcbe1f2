package api

import (
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// methodRequestView asks to confirm the payment, or for another payment method.
type methodRequestView struct {
	Since    moment  `json:"since"`
	Deadline *moment `json:"deadline,omitempty"`
	// ClientSecret is for the customer alone: getOrder sets it.
	ClientSecret string `json:"clientSecret,omitempty"`
}

func viewMethodRequest(o *orderflow.Order) *methodRequestView {
	r := o.MethodRequest
	if !r.Open() || o.Cancel != nil {
		return nil
	}
	return &methodRequestView{Since: moment{r.Since}, Deadline: optional(r.Deadline)}
}

// givePaymentMethod gives the caller's order, whose charge was declined, another payment method.
func (s *server) givePaymentMethod(r *request) (*reply, error) {
	var body struct {
		PaymentMethod string `json:"paymentMethod"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if _, err := s.ownOrder(r); err != nil {
		return nil, err
	}
	by := orderflow.By{At: s.now(), Actor: "customer:" + r.caller.Subject}
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		return o.GiveMethod(body.PaymentMethod, by)
	})
	if err != nil {
		return nil, err
	}
	answer, err := jsonReply(http.StatusAccepted, struct {
		OrderID       string           `json:"orderId"`
		Status        orderflow.Status `json:"status"`
		PaymentMethod string           `json:"paymentMethod"`
	}{o.ID, o.Status, o.PaymentMethod})
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", "/orders/"+o.ID)
	return answer, nil
}
