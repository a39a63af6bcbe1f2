package tasks

import (
	"fmt"
	"strconv"
	"time"

	"orderflow"
)

// image is what events need of an order's image in the stream. Each attribute is an object whose one member is its type and value:
// {"amount":{"N":"5"}}. Naming the attributes lets the rest be skipped, and the whole be read in one pass.
type image struct {
	ID         attribute `json:"id"`
	CustomerID attribute `json:"customerId"`
	Total      struct {
		M struct {
			Amount   attribute `json:"amount"`
			Currency attribute `json:"currency"`
		}
	} `json:"total"`
	Shipment struct {
		M *struct {
			ID attribute `json:"id"`
		}
	} `json:"shipment"`
	Timeline struct {
		L []struct{ M imageOfChange }
	} `json:"timeline"`
}

type imageOfChange struct {
	Sequence       attribute `json:"sequence"`
	At             attribute `json:"at"`
	Type           attribute `json:"type"`
	Status         attribute `json:"status"`
	PreviousStatus attribute `json:"previousStatus"`
	PaymentStatus  attribute `json:"paymentStatus"`
	StockStatus    attribute `json:"stockStatus"`
	Attention      attribute `json:"attention"`
	Actor          attribute `json:"actor"`
	Reason         attribute `json:"reason"`
	Message        attribute `json:"message"`
}

// attribute is a scalar attribute.
type attribute struct {
	S    *string
	N    *string
	BOOL *bool
}

// fields reads attributes, and keeps the first error.
type fields struct{ err error }

func (f *fields) missing(name, kind string) {
	if f.err == nil {
		f.err = fmt.Errorf("attribute %s is missing, or not of type %s", name, kind)
	}
}

func (f *fields) text(name string, a attribute) string {
	if a.S == nil {
		f.missing(name, "S")
		return ""
	}
	return *a.S
}

// optional is text that may be left out.
func (f *fields) optional(name string, a attribute) string {
	if a == (attribute{}) {
		return ""
	}
	return f.text(name, a)
}

func (f *fields) number(name string, a attribute) int64 {
	if a.N == nil {
		f.missing(name, "N")
		return 0
	}
	n, err := strconv.ParseInt(*a.N, 10, 64)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("attribute %s: %w", name, err)
	}
	return n
}

func (f *fields) boolean(name string, a attribute) bool {
	if a.BOOL == nil {
		f.missing(name, "BOOL")
		return false
	}
	return *a.BOOL
}

func (f *fields) time(name string, a attribute) time.Time {
	t, err := time.Parse(time.RFC3339Nano, f.text(name, a))
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("attribute %s: %w", name, err)
	}
	return t
}

func (i *image) order(f *fields) *orderflow.Order {
	o := &orderflow.Order{
		ID:         f.text("id", i.ID),
		CustomerID: f.text("customerId", i.CustomerID),
		Total:      orderflow.Money{Amount: f.number("total.amount", i.Total.M.Amount), Currency: f.text("total.currency", i.Total.M.Currency)},
		Timeline:   make([]orderflow.Change, len(i.Timeline.L)),
	}
	if s := i.Shipment.M; s != nil {
		o.Shipment = &orderflow.Shipment{ID: f.text("shipment.id", s.ID)}
	}
	for n := range i.Timeline.L {
		o.Timeline[n] = i.Timeline.L[n].M.change(f)
	}
	return o
}

func (c *imageOfChange) change(f *fields) orderflow.Change {
	return orderflow.Change{
		Sequence:       f.number("sequence", c.Sequence),
		At:             f.time("at", c.At),
		Type:           orderflow.ChangeType(f.text("type", c.Type)),
		Status:         orderflow.Status(f.text("status", c.Status)),
		PreviousStatus: orderflow.Status(f.optional("previousStatus", c.PreviousStatus)),
		PaymentStatus:  orderflow.PaymentStatus(f.text("paymentStatus", c.PaymentStatus)),
		StockStatus:    orderflow.StockStatus(f.text("stockStatus", c.StockStatus)),
		Attention:      f.boolean("attention", c.Attention),
		Actor:          f.text("actor", c.Actor),
		Reason:         f.optional("reason", c.Reason),
		Message:        f.optional("message", c.Message),
	}
}
