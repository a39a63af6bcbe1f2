package api

import "github.com/orderflow-dev/orderflow"

// refundView is what a customer sees of a refund.
type refundView struct {
	RefundID    string                 `json:"refundId"`
	Status      orderflow.RefundStatus `json:"status"`
	Amount      orderflow.Money        `json:"amount"`
	Net         orderflow.Money        `json:"net"`
	Tax         orderflow.Money        `json:"tax"`
	Shipping    orderflow.Money        `json:"shipping"`
	Lines       []orderflow.Units      `json:"lines"`
	ReturnID    string                 `json:"returnId,omitempty"`
	RequestedAt moment                 `json:"requestedAt"`
	SettledAt   *moment                `json:"settledAt,omitempty"`
}

// opsRefundView is a refund for operators.
type opsRefundView struct {
	refundView
	Reason       string `json:"reason,omitempty"`
	By           string `json:"by"`
	Failure      string `json:"failure,omitempty"`
	Acknowledged bool   `json:"acknowledged,omitempty"`
}

// returnView is what a customer sees of a return.
type returnView struct {
	ReturnID    string                 `json:"returnId"`
	Status      orderflow.ReturnStatus `json:"status"`
	Lines       []orderflow.Units      `json:"lines"`
	Reason      string                 `json:"reason,omitempty"`
	RequestedAt moment                 `json:"requestedAt"`
	Received    []orderflow.Units      `json:"received,omitempty"`
	RefundID    string                 `json:"refundId,omitempty"`
	Answer      string                 `json:"answer,omitempty"`
	EndedAt     *moment                `json:"endedAt,omitempty"`
}

// opsReturnView is a return for operators.
type opsReturnView struct {
	returnView
	By        string `json:"by,omitempty"`
	Restocked bool   `json:"restocked"`
}

func viewRefund(o *orderflow.Order, r *orderflow.OrderRefund) refundView {
	money := func(amount int64) orderflow.Money {
		return orderflow.Money{Amount: amount, Currency: o.Total.Currency}
	}
	v := refundView{
		RefundID: r.ID, Status: r.Status, Amount: o.RefundAmount(r), Net: money(r.Worth.Net),
		Tax: money(r.Worth.Tax + r.Worth.ShippingTax), Shipping: money(r.Worth.Shipping), Lines: []orderflow.Units{},
		ReturnID: r.ReturnID, RequestedAt: moment{r.At},
	}
	for _, u := range r.Lines {
		v.Lines = append(v.Lines, orderflow.Units{SKU: o.Lines[u.Line].SKU, Quantity: u.Quantity})
	}
	v.SettledAt = optional(r.SettledAt)
	return v
}

func viewRefunds(o *orderflow.Order) (views []refundView) {
	for i := range o.Refunds {
		views = append(views, viewRefund(o, &o.Refunds[i]))
	}
	return views
}

func viewOpsRefunds(o *orderflow.Order) (views []opsRefundView) {
	for i := range o.Refunds {
		r := &o.Refunds[i]
		views = append(views, opsRefundView{
			refundView: viewRefund(o, r), Reason: r.Reason, By: r.By, Failure: r.Failure, Acknowledged: r.Acknowledged,
		})
	}
	return views
}

func viewReturn(r *orderflow.Return) returnView {
	v := returnView{
		ReturnID: r.ID, Status: r.Status, Lines: r.Lines, Reason: r.Reason, RequestedAt: moment{r.At},
		Received: r.Received, RefundID: r.RefundID, Answer: r.Answer,
	}
	v.EndedAt = optional(r.EndedAt)
	return v
}

func viewReturns(o *orderflow.Order) (views []returnView) {
	for i := range o.Returns {
		views = append(views, viewReturn(&o.Returns[i]))
	}
	return views
}

func viewOpsReturn(r *orderflow.Return) opsReturnView {
	return opsReturnView{returnView: viewReturn(r), By: r.By, Restocked: r.Restock}
}

func viewOpsReturns(o *orderflow.Order) (views []opsReturnView) {
	for i := range o.Returns {
		views = append(views, viewOpsReturn(&o.Returns[i]))
	}
	return views
}
