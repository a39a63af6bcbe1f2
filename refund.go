package orderflow

import (
	"slices"
	"time"
)

// RefundStatus is the state of an operator's refund. Accepted is not refunded: only SUCCEEDED means
// that the money has arrived.
type RefundStatus string

// The refund statuses.
const (
	RefundRequested RefundStatus = "REQUESTED" // recorded; the provider is asked next, or again
	RefundPending   RefundStatus = "PENDING"   // accepted by the provider; the money has not arrived yet
	RefundSucceeded RefundStatus = "SUCCEEDED"
	RefundFailed    RefundStatus = "FAILED" // refused or returned by the provider: an operator must act
)

// OrderRefund is a refund of a part of a captured order. Its Worth is fixed when it is requested
// and counts against what remains, whatever its status.
type OrderRefund struct {
	ID       string       `json:"id"`
	Status   RefundStatus `json:"status"`
	Lines    []LineUnits  `json:"lines,omitempty"` // empty for an amount or the shipping
	Worth    Worth        `json:"worth"`
	Reason   string       `json:"reason"`
	By       string       `json:"by"`
	At       time.Time    `json:"at"`
	ReturnID string       `json:"returnId,omitempty"` // the return that it pays back
	// Request is a digest of the request, by which a repeated one is found.
	Request   string    `json:"request,omitempty"`
	AskedAt   time.Time `json:"askedAt"`           // when the provider was last due to be asked
	Failure   string    `json:"failure,omitempty"` // the provider's reason, for operators
	SettledAt time.Time `json:"settledAt,omitzero"`
	Alerted   bool      `json:"alerted,omitempty"`
	// Acknowledged reports whether an operator has paid a failed refund by other means.
	Acknowledged bool `json:"acknowledged,omitempty"`
}

// LineUnits is a number of units of one line of an order.
type LineUnits struct {
	Line     int `json:"line"` // index into the order's lines
	Quantity int `json:"quantity"`
}

// Units is a number of units of one product.
type Units struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// IsOpen reports whether the provider must still be asked.
func (r *OrderRefund) IsOpen() bool { return r.Status == RefundRequested || r.Status == RefundPending }

// RefundRequest is the input of RequestRefund: units of lines or an amount of the goods, and the
// shipping.
type RefundRequest struct {
	ID       string
	Lines    []Units
	Amount   *Money
	Shipping bool   // all that remains of it
	Request  string // digest
	ReturnID string
}

// maxRefunds bounds the size of an order.
const maxRefunds = 50

// RequestRefund records a refund that is due: the provider is asked afterwards. The goods and the
// shipping, net and tax, are each capped at what remains of them, so that all refunds together
// never exceed what was paid. Returns CodeInvalidState before the capture and for an order that was
// given up, CodeRefundExceedsPaid, CodeDuplicateRefund for the digest of an earlier refund,
// CodeCurrencyMismatch or CodeInvalidAmount.
func (o *Order) RequestRefund(r RefundRequest, by By) (*OrderRefund, error) {
	if err := o.acceptsRefund(r); err != nil {
		return nil, err
	}
	units, worth, err := o.refundWorth(r)
	if err != nil {
		return nil, err
	}
	if o.Status == Paid && worth == o.RefundLeft() {
		return nil, Errorf(CodeInvalidState, "order %s is not dispatched: cancel it to refund all of it", o.ID)
	}
	return o.addRefund(OrderRefund{
		ID: r.ID, Lines: units, Worth: worth, Request: r.Request, ReturnID: r.ReturnID, Reason: by.Reason,
	}, by), nil
}

func (o *Order) addRefund(r OrderRefund, by By) *OrderRefund {
	r.Status, r.By, r.At, r.AskedAt = RefundRequested, by.Actor, by.At, by.At
	o.Refunds = append(o.Refunds, r)
	added := &o.Refunds[len(o.Refunds)-1]
	o.recordRefund(added, OrderRefundRequested, by)
	return added
}

func (o *Order) acceptsRefund(r RefundRequest) error {
	if o.givenUp() {
		return Errorf(CodeInvalidState, "order %s was given up: its whole payment is refunded", o.ID)
	}
	if err := o.expect(Paid, Shipping, Fulfilled); err != nil {
		return err
	}
	if !o.captured() && o.PaymentStatus != PaymentRefunded {
		return Errorf(CodeInvalidState, "payment of order %s is %s: nothing is captured", o.ID, o.PaymentStatus)
	}
	if o.Status == Paid && len(r.Lines) > 0 {
		return Errorf(CodeInvalidState, "order %s is not dispatched: its lines can be refunded afterwards", o.ID)
	}
	if i := slices.IndexFunc(o.Refunds, func(old OrderRefund) bool {
		return r.Request != "" && old.Request == r.Request
	}); i >= 0 {
		return Errorf(CodeDuplicateRefund, "refund %s of %s has the same content: give another reason to refund again",
			o.Refunds[i].ID, o.RefundAmount(&o.Refunds[i]))
	}
	if len(o.Refunds) >= maxRefunds {
		return Errorf(CodeInvalidState, "order %s has %d refunds, which is the most", o.ID, maxRefunds)
	}
	return nil
}

// captured reports whether the provider holds money of the order.
func (o *Order) captured() bool {
	return o.PaymentStatus == PaymentCaptured || o.PaymentStatus == PaymentPartiallyRefunded
}

// givenUp reports whether the order is or will be undone. That never changes again, and no refund
// is accepted afterwards: the compensation refunds what the refunds before it have left.
func (o *Order) givenUp() bool {
	return o.Cancel != nil || o.Shipment != nil && o.Shipment.Status == ShipmentStatusFailed ||
		o.Status == Rejected || o.Status == Cancelled
}

// paidWorth is what the customer pays for the whole order.
func (o *Order) paidWorth() (sum Worth) {
	for i := range o.Lines {
		sum = sum.Add(o.LineWorth(i))
	}
	return sum
}

// RefundLeft is what may still be refunded. Refunds that failed count as refunded.
func (o *Order) RefundLeft() Worth {
	left := o.paidWorth()
	for _, r := range o.Refunds {
		left = left.Less(r.Worth)
	}
	return left
}

// RefundUnits is how many units of a line were not refunded yet.
func (o *Order) RefundUnits(line int) int { return o.Lines[line].Quantity - o.refundedUnits(line) }

func (o *Order) refundedUnits(line int) (n int) {
	for _, r := range o.Refunds {
		for _, u := range r.Lines {
			if u.Line == line {
				n += u.Quantity
			}
		}
	}
	return n
}

// refundWorth returns the units and the worth of a refund.
func (o *Order) refundWorth(r RefundRequest) (units []LineUnits, worth Worth, err error) {
	left := o.RefundLeft()
	switch {
	case r.Amount != nil:
		worth, err = o.amountWorth(*r.Amount, left.Goods())
	case len(r.Lines) > 0:
		if units, err = o.spread(r.Lines, o.RefundUnits, CodeRefundExceedsPaid, "to refund"); err == nil {
			worth, err = o.unitsWorth(units)
		}
		worth = worth.atMost(left)
	}
	if err != nil {
		return nil, Worth{}, err
	}
	if r.Shipping {
		rest := Worth{Shipping: left.Shipping, ShippingTax: left.ShippingTax}
		if rest.Paid() == 0 && o.paidWorth().Less(o.paidWorth().Goods()).Paid() > 0 {
			return nil, Worth{}, Errorf(CodeRefundExceedsPaid, "the shipping of order %s is already refunded", o.ID)
		}
		worth = worth.Add(rest)
	}
	if worth.Paid() == 0 {
		return nil, Worth{}, Errorf(CodeRefundExceedsPaid, "order %s has nothing left of that to refund", o.ID)
	}
	return units, worth, nil
}

// amountWorth splits an amount over the net and the tax of the goods that remain.
func (o *Order) amountWorth(amount Money, goods Worth) (Worth, error) {
	switch {
	case amount.Currency != o.Total.Currency:
		return Worth{}, Errorf(CodeCurrencyMismatch, "order %s was paid in %s, not in %s", o.ID, o.Total.Currency,
			amount.Currency)
	case amount.Amount > goods.Paid():
		return Worth{}, Errorf(CodeRefundExceedsPaid, "%s is left of the goods of order %s, not %s",
			Money{Amount: goods.Paid(), Currency: o.Total.Currency}, o.ID, amount)
	}
	return goods.Split(amount.Amount)
}

// unitsWorth is what the customer paid for the next units of some lines, without shipping.
func (o *Order) unitsWorth(units []LineUnits) (sum Worth, err error) {
	for _, u := range units {
		w, err := o.UnitsWorth(u.Line, o.refundedUnits(u.Line), u.Quantity)
		if err != nil {
			return Worth{}, err
		}
		sum = sum.Add(w.Goods())
	}
	return sum, nil
}

// spread divides units of products over the order's lines, the first lines first. free is how many
// units a line has. Returns the code if there are too few.
func (o *Order) spread(asked []Units, free func(line int) int, code Code, what string) ([]LineUnits, error) {
	taken := make([]int, len(o.Lines))
	for _, a := range asked {
		left := a.Quantity
		for i := range o.Lines {
			if o.Lines[i].SKU == a.SKU {
				n := min(left, free(i)-taken[i])
				taken[i], left = taken[i]+n, left-n
			}
		}
		if left > 0 || a.Quantity < 1 {
			return nil, Errorf(code, "order %s has %d units of %s %s, not %d", o.ID, a.Quantity-left, a.SKU, what,
				a.Quantity)
		}
	}
	var units []LineUnits
	for i, n := range taken {
		if n > 0 {
			units = append(units, LineUnits{Line: i, Quantity: n})
		}
	}
	return units, nil
}

// RefundAmount is the money of a refund of the order.
func (o *Order) RefundAmount(r *OrderRefund) Money {
	return Money{Amount: r.Worth.Paid(), Currency: o.Total.Currency}
}

// FindRefund returns the order's refund with the id, or nil.
func (o *Order) FindRefund(id string) *OrderRefund {
	for i := range o.Refunds {
		if o.Refunds[i].ID == id {
			return &o.Refunds[i]
		}
	}
	return nil
}

// CompensationDue is what the compensation refunds: the total less what operators have refunded.
func (o *Order) CompensationDue() Money {
	return Money{Amount: o.RefundLeft().Paid(), Currency: o.Total.Currency}
}
