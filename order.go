package orderflow

import (
	"time"
)

// Status is where an order stands in its lifecycle.
type Status string

// The statuses. Fulfilled, Rejected and Cancelled are final.
const (
	Placed    Status = "PLACED"    // accepted by the API
	Confirmed Status = "CONFIRMED" // valid, stock held
	Paid      Status = "PAID"      // captured, or nothing is due; the carrier is asked
	Shipping  Status = "SHIPPING"  // dispatched: the point of no return
	Fulfilled Status = "FULFILLED"
	Rejected  Status = "REJECTED"
	Cancelled Status = "CANCELLED"
)

// Statuses lists every status in the order of the lifecycle.
var Statuses = []Status{Placed, Confirmed, Paid, Shipping, Fulfilled, Rejected, Cancelled}

// Final tells whether nothing more will happen to an order of this status.
func (s Status) Final() bool { return s == Fulfilled || s == Rejected || s == Cancelled }

// PaymentStatus is what is known about an order's money.
type PaymentStatus string

// The payment statuses.
const (
	PaymentNone     PaymentStatus = "NONE" // nothing was charged, for the time being or because nothing is due
	PaymentCaptured PaymentStatus = "CAPTURED"
	// PaymentRefundPending: the provider has taken the refund on, and the money has not gone back yet.
	PaymentRefundPending PaymentStatus = "REFUND_PENDING"
	PaymentRefunded      PaymentStatus = "REFUNDED"
	PaymentUncertain     PaymentStatus = "UNCERTAIN"
	PaymentDeclined      PaymentStatus = "DECLINED"
)

// StockStatus is where an order's goods are.
type StockStatus string

// The stock statuses.
const (
	StockNone     StockStatus = "NONE"
	StockReserved StockStatus = "RESERVED"
	StockShipped  StockStatus = "SHIPPED"
	StockReleased StockStatus = "RELEASED"
)

// Line is one product of an order at the price it was ordered for.
type Line struct {
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Quantity  int    `json:"quantity"`
	UnitPrice Money  `json:"unitPrice"`
	Total     Money  `json:"total"`
}

// Address is where an order is shipped.
type Address struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	State      string `json:"state,omitempty"`      // state, province or region, where the post of the country has them
	PostalCode string `json:"postalCode,omitempty"` // where the country has them
	Country    string `json:"country"`              // ISO 3166-1 alpha-2
	Phone      string `json:"phone,omitempty"`      // for the carrier
}

// Attention says that an order waits for an operator, why, where and since when.
type Attention struct {
	Code         string    `json:"code"` // the error name at which the execution failed, or one of the codes that mark an order (error.go)
	Message      string    `json:"message"`
	Step         string    `json:"step,omitempty"` // the state that failed, or waits
	Since        time.Time `json:"since"`
	ExecutionARN string    `json:"executionArn,omitempty"` // of the execution that failed
	RedriveCount int       `json:"redriveCount"`           // of the execution then
}

// CancelRequest is a customer's or operator's accepted wish to cancel.
type CancelRequest struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// Order is one order. Its exported fields are read freely and changed only by its methods.
type Order struct {
	ID              string         `json:"id"`
	CustomerID      string         `json:"customerId"`
	Status          Status         `json:"status"`
	PaymentStatus   PaymentStatus  `json:"paymentStatus"`
	StockStatus     StockStatus    `json:"stockStatus"`
	Lines           []Line         `json:"lines"`
	Total           Money          `json:"total"`
	Email           string         `json:"email"`
	ShippingAddress Address        `json:"shippingAddress"`
	PaymentMethod   string         `json:"paymentMethod"`
	PlacedAt        time.Time      `json:"placedAt"`
	UpdatedAt       time.Time      `json:"updatedAt"`
	Attention       *Attention     `json:"attention,omitempty"`
	Acknowledged    *Attention     `json:"acknowledged,omitempty"` // the last mark that an operator has dealt with by hand
	Unsent          *Unsent        `json:"unsent,omitempty"`
	Cancel          *CancelRequest `json:"cancel,omitempty"`
	Shipment        *Shipment      `json:"shipment,omitempty"`
	Wait            *Wait          `json:"wait,omitempty"`
	Timeline        []Change       `json:"timeline"`
	// Sequence is that of the last Change; Version counts the writes and guards against lost updates.
	Sequence int64 `json:"sequence"`
	Version  int64 `json:"version"`
}

// Draft is what a new order is made from. Lines carry the catalogue's prices.
type Draft struct {
	ID, CustomerID, Email, PaymentMethod string
	Lines                                []Line // SKU, Name, Quantity, UnitPrice
	ShippingAddress                      Address
	At                                   time.Time
}

// Place makes a new order of a draft, with its totals. Returns CodeInvalidOrder without lines, CodeCurrencyMismatch or CodeAmountOverflow.
func Place(d Draft) (*Order, error) {
	if len(d.Lines) == 0 {
		return nil, Errorf(CodeInvalidOrder, "an order needs at least one line")
	}
	lines, total, err := price(d.Lines)
	if err != nil {
		return nil, err
	}
	o := &Order{
		ID: d.ID, CustomerID: d.CustomerID, PaymentStatus: PaymentNone, StockStatus: StockNone,
		Lines: lines, Total: total, Email: d.Email, ShippingAddress: d.ShippingAddress, PaymentMethod: d.PaymentMethod, PlacedAt: d.At,
	}
	o.Status = Placed
	o.record(Change{At: d.At, Type: OrderPlaced, Actor: "customer:" + d.CustomerID})
	return o, nil
}

// price totals the lines; what it returns shares no memory with its argument.
func price(in []Line) ([]Line, Money, error) {
	lines := make([]Line, len(in))
	total := Money{Currency: in[0].UnitPrice.Currency}
	for i, l := range in {
		if l.Quantity < 1 || l.UnitPrice.Amount < 0 {
			return nil, Money{}, Errorf(CodeInvalidOrder, "line %d: quantity %d at %s", i, l.Quantity, l.UnitPrice)
		}
		var err error
		if l.Total, err = l.UnitPrice.Times(l.Quantity); err != nil {
			return nil, Money{}, err
		}
		if total, err = total.Add(l.Total); err != nil {
			return nil, Money{}, err
		}
		lines[i] = l
	}
	return lines, total, nil
}
