package orderflow

import (
	"slices"
	"time"
)

// ReturnStatus is the state of a return.
type ReturnStatus string

// The return statuses. A refused return frees its units for another one.
const (
	ReturnRequested ReturnStatus = "REQUESTED"
	ReturnReceived  ReturnStatus = "RECEIVED"
	ReturnRefused   ReturnStatus = "REFUSED"
)

// Return is a customer's request to send shipped units back, and what came of it.
type Return struct {
	ID       string       `json:"id"`
	Status   ReturnStatus `json:"status"`
	Lines    []Units      `json:"lines"`
	Reason   string       `json:"reason,omitempty"` // the customer's words; never published
	At       time.Time    `json:"at"`
	Received []Units      `json:"received,omitempty"`
	Restock  bool         `json:"restock,omitempty"` // the received units are on hand again
	RefundID string       `json:"refundId,omitempty"`
	By       string       `json:"by,omitempty"`     // who received or refused it
	Answer   string       `json:"answer,omitempty"` // why it was refused
	EndedAt  time.Time    `json:"endedAt,omitzero"`
	Request  string       `json:"request,omitempty"` // digest of the customer's request
}

// maxReturns bounds the size of an order.
const maxReturns = 50

// ReturnRequest is the input of RequestReturn.
type ReturnRequest struct {
	ID      string
	Lines   []Units
	Request string // digest
}

// RequestReturn records that the customer sends units back: of a fulfilled order, within the window
// since it was fulfilled. Stock and money move when the goods are received. Returns
// CodeInvalidState, CodeReturnTooLate, or CodeReturnExceedsShipped for more units than were shipped
// and are in no other return.
func (o *Order) RequestReturn(r ReturnRequest, window time.Duration, by By) (*Return, error) {
	if err := o.expect(Fulfilled); err != nil {
		return nil, err
	}
	if end := o.UpdatedTo(Fulfilled).Add(window); by.At.After(end) {
		return nil, Errorf(CodeReturnTooLate, "order %s could be returned until %s", o.ID, end.Format(time.RFC3339))
	}
	if len(o.Returns) >= maxReturns {
		return nil, Errorf(CodeInvalidState, "order %s has %d returns, which is the most", o.ID, maxReturns)
	}
	lines := sumUnits(r.Lines)
	for _, u := range lines {
		if left := o.ReturnableUnits(u.SKU); u.Quantity < 1 || u.Quantity > left {
			return nil, Errorf(CodeReturnExceedsShipped, "order %s has %d units of %s that can be returned, not %d", o.ID,
				left, u.SKU, u.Quantity)
		}
	}
	o.Returns = append(o.Returns, Return{
		ID: r.ID, Status: ReturnRequested, Lines: lines, Reason: by.Reason, At: by.At, Request: r.Request,
	})
	by.Reason = ""
	o.recordReturn(r.ID, OrderReturnRequested, by)
	return &o.Returns[len(o.Returns)-1], nil
}

func (o *Order) recordReturn(id string, t ChangeType, by By) {
	c := by.change(t)
	c.ReturnID = id
	o.record(c)
}

// UpdatedTo returns when the order got the status; zero if it never did.
func (o *Order) UpdatedTo(s Status) time.Time {
	for _, c := range slices.Backward(o.Timeline) {
		if c.Status == s && c.PreviousStatus != "" {
			return c.At
		}
	}
	return time.Time{}
}

// ReturnableUnits is how many units of a product were shipped and are in no return. A received
// return counts with what was received.
func (o *Order) ReturnableUnits(sku string) (n int) {
	if o.Status != Fulfilled {
		return 0
	}
	for _, l := range o.Lines {
		if l.SKU == sku {
			n += l.Quantity
		}
	}
	for _, r := range o.Returns {
		lines := r.Lines
		switch r.Status {
		case ReturnReceived:
			lines = r.Received
		case ReturnRefused:
			lines = nil
		}
		n -= unitsOf(lines, sku)
	}
	return n
}

func unitsOf(units []Units, sku string) (n int) {
	for _, u := range units {
		if u.SKU == sku {
			n += u.Quantity
		}
	}
	return n
}

// sumUnits adds up units of the same SKU and keeps the order of the first ones.
func sumUnits(units []Units) []Units {
	var sums []Units
	for _, u := range units {
		if i := slices.IndexFunc(sums, func(s Units) bool { return s.SKU == u.SKU }); i >= 0 {
			sums[i].Quantity += u.Quantity
		} else {
			sums = append(sums, u)
		}
	}
	return sums
}

// FindReturn returns the order's return with the id, or nil.
func (o *Order) FindReturn(id string) *Return {
	for i := range o.Returns {
		if o.Returns[i].ID == id {
			return &o.Returns[i]
		}
	}
	return nil
}

// ReceivedGoods are the goods of a return that have arrived.
type ReceivedGoods struct {
	Lines    []Units
	Restock  bool   // they go back on sale
	RefundID string // the id of the refund, if one is due
}

// ReceiveReturn records which units of a return have arrived. It requests the refund of those that
// were not refunded before, and returns the stock moves of the restocked ones. Calling it again
// with the same goods is a no-op. Returns CodeNotFound, CodeInvalidState, or
// CodeReturnExceedsShipped for more units than the customer announced.
func (o *Order) ReceiveReturn(id string, g ReceivedGoods, by By) ([]StockMove, error) {
	r := o.FindReturn(id)
	if r == nil {
		return nil, Errorf(CodeNotFound, "order %s has no return %s", o.ID, id)
	}
	g.Lines = sumUnits(g.Lines)
	switch {
	case r.Status == ReturnReceived && slices.Equal(r.Received, g.Lines) && r.Restock == g.Restock:
		return nil, nil
	case r.Status != ReturnRequested:
		return nil, Errorf(CodeInvalidState, "return %s is %s", id, r.Status)
	}
	for _, u := range g.Lines {
		if announced := unitsOf(r.Lines, u.SKU); u.Quantity < 1 || u.Quantity > announced {
			return nil, Errorf(CodeReturnExceedsShipped, "return %s has %d units of %s, not %d", id, announced, u.SKU,
				u.Quantity)
		}
	}
	r.Status, r.Received, r.Restock, r.By, r.EndedAt = ReturnReceived, g.Lines, g.Restock, by.Actor, by.At
	o.recordReturn(id, OrderReturnReceived, by)
	if err := o.refundReturn(r, g.RefundID, by); err != nil {
		return nil, err
	}
	return o.takenBack(r), nil
}

// refundReturn requests the refund of the received units that were not refunded before. Nothing is
// due for goods that cost nothing.
func (o *Order) refundReturn(r *Return, refundID string, by By) error {
	units, err := o.spread(o.unrefunded(r.Received), o.RefundUnits, CodeRefundExceedsPaid, "to refund")
	if err != nil {
		return err
	}
	worth, err := o.unitsWorth(units)
	if err != nil {
		return err
	}
	if worth = worth.atMost(o.RefundLeft()); worth.Paid() == 0 || !o.captured() {
		return nil
	}
	r.RefundID = refundID
	o.addRefund(OrderRefund{ID: refundID, Lines: units, Worth: worth, ReturnID: r.ID, Reason: by.Reason}, by)
	return nil
}

// unrefunded caps units at those that were not refunded before.
func (o *Order) unrefunded(units []Units) []Units {
	var capped []Units
	for _, u := range units {
		left := 0
		for i, l := range o.Lines {
			if l.SKU == u.SKU {
				left += o.RefundUnits(i)
			}
		}
		if u.Quantity = min(u.Quantity, left); u.Quantity > 0 {
			capped = append(capped, u)
		}
	}
	return capped
}

// takenBack returns the stock moves of the received units that go back on sale: to the warehouses
// that shipped them, in the order of the holds.
func (o *Order) takenBack(r *Return) []StockMove {
	if !r.Restock {
		return nil
	}
	before := map[string]int{}
	for _, other := range o.Returns {
		if other.ID != r.ID && other.Restock {
			for _, u := range other.Received {
				before[u.SKU] += u.Quantity
			}
		}
	}
	var moves []StockMove
	for _, u := range r.Received {
		for _, m := range o.StockMoves(Ship) {
			if m.SKU != u.SKU {
				continue
			}
			old := min(before[u.SKU], m.Quantity)
			before[u.SKU] -= old
			if m.Kind, m.Quantity = TakeBack, min(m.Quantity-old, u.Quantity); m.Quantity > 0 {
				u.Quantity -= m.Quantity
				moves = append(moves, m)
			}
		}
	}
	return moves
}

// RefuseReturn ends a return without a refund; by.Message is the reason for the customer. Calling
// it twice is a no-op. Returns CodeNotFound or CodeInvalidState.
func (o *Order) RefuseReturn(id string, by By) error {
	r := o.FindReturn(id)
	switch {
	case r == nil:
		return Errorf(CodeNotFound, "order %s has no return %s", o.ID, id)
	case r.Status == ReturnRefused:
		return nil
	case r.Status != ReturnRequested:
		return Errorf(CodeInvalidState, "return %s is %s", id, r.Status)
	}
	r.Status, r.By, r.Answer, r.EndedAt = ReturnRefused, by.Actor, by.Message, by.At
	o.recordReturn(id, OrderReturnRefused, by)
	return nil
}
