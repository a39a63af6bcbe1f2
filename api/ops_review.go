package api

import (
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// reviewView is a review as operators see it.
type reviewView struct {
	Reasons  []orderflow.ReviewReason `json:"reasons"`
	Score    int                      `json:"score"`
	Total    orderflow.Money          `json:"total"`
	Since    moment                   `json:"since"`
	Deadline *moment                  `json:"deadline,omitempty"`
	Decision orderflow.ReviewDecision `json:"decision,omitempty"`
	By       string                   `json:"by,omitempty"`
	Reason   string                   `json:"reason,omitempty"`
	At       *moment                  `json:"at,omitempty"`
}

func viewReview(r *orderflow.Review) *reviewView {
	if r == nil {
		return nil
	}
	return &reviewView{
		Reasons: r.Reasons, Score: r.Score, Total: r.Total, Since: moment{r.Since}, Decision: r.Decision, By: r.By,
		Reason: r.Reason, Deadline: optional(r.Deadline), At: optional(r.At),
	}
}

// decisions are the decisions of the contract.
var decisions = map[string]orderflow.ReviewDecision{
	"approve": orderflow.ReviewApproved, "refuse": orderflow.ReviewRefused,
}

// opsReviewOrder records an operator's decision about an order in review.
func (s *server) opsReviewOrder(r *request) (*reply, error) {
	var body struct {
		Decision string `json:"decision"`
		Reason   string `json:"reason"`
	}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if body.Decision == "refuse" && body.Reason == "" {
		return nil, refuseFaults(codeInvalidRequest, []Fault{{Pointer: "/reason", Detail: "is required to refuse"}})
	}
	by := orderflow.By{At: s.now(), Actor: "operator:" + r.caller.Subject, Reason: body.Reason}
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error {
		return o.Decide(decisions[body.Decision], by)
	})
	if err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, struct {
		OrderID string           `json:"orderId"`
		Status  orderflow.Status `json:"status"`
		Review  *reviewView      `json:"review"`
	}{o.ID, o.Status, viewReview(o.Review)})
}
