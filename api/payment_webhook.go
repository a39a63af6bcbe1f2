package api

import (
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// paymentEvents are the provider's events after which a payment that the customer had to confirm is
// decided. Others, such as that of its creation, tell nothing new.
var paymentEvents = map[string]bool{
	"payment_intent.succeeded":                 true,
	"payment_intent.amount_capturable_updated": true,
	"payment_intent.payment_failed":            true,
	"payment_intent.canceled":                  true,
}

// refundEvents are the provider's events after which the money of a pending refund has arrived, or will
// not.
var refundEvents = map[string]bool{"refund.updated": true, "refund.failed": true, "charge.refund.updated": true}

// paymentWebhook wakes the order that waits for its customer's confirmation, and requests pending
// refunds again. It verifies the signature before it reads the body, and believes nothing else of it:
// the charge and the refund ask the provider.
func (s *server) paymentWebhook(r *request) (*reply, error) {
	if err := orderflow.VerifyWebhook(s.PaymentWebhookSecret, r.Header.Get(orderflow.StripeSignatureHeader), r.body,
		s.now()); err != nil {
		return nil, unsigned(err, orderflow.StripeSignatureHeader)
	}
	var event struct {
		Type string `json:"type"`
		Data struct {
			Object struct {
				Metadata struct {
					OrderID string `json:"orderflow_order"`
				} `json:"metadata"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := r.decode(&event); err != nil {
		return nil, err
	}
	var answer struct {
		Woken bool `json:"woken"`
	}
	if id := event.Data.Object.Metadata.OrderID; id != "" && (paymentEvents[event.Type] || refundEvents[event.Type]) {
		_, err := s.changeOrder(r.Context(), id, func(o *orderflow.Order) error {
			before, by := o.Sequence, orderflow.By{At: s.now(), Actor: "provider"}
			if refundEvents[event.Type] {
				o.AskPendingRefunds(by)
			} else {
				o.CompleteAction(by)
			}
			answer.Woken = o.Sequence != before
			return nil
		})
		if err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound { // another system may use the account
			return nil, err
		}
	}
	return jsonReply(http.StatusOK, answer)
}
