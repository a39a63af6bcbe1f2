package orderflow

import (
	"slices"
	"time"
)

// Status is the position of an order in its lifecycle.
type Status string

// The statuses. Fulfilled, Rejected and Cancelled are final.
const (
	Placed    Status = "PLACED"    // saved by the API
	Confirmed Status = "CONFIRMED" // valid, and its stock is reserved
	InReview  Status = "IN_REVIEW" // an operator checks it before any money moves
	// the payment is secured: authorised or captured, or nothing is due; the shipment is requested
	Paid      Status = "PAID"
	Shipping  Status = "SHIPPING" // dispatched: the point of no return
	Fulfilled Status = "FULFILLED"
	Rejected  Status = "REJECTED"
	Cancelled Status = "CANCELLED"
)

// Statuses lists every status in the order of the lifecycle.
var Statuses = []Status{Placed, Confirmed, InReview, Paid, Shipping, Fulfilled, Rejected, Cancelled}

// Final reports whether the status is an end of the lifecycle.
func (s Status) Final() bool { return s == Fulfilled || s == Rejected || s == Cancelled }

// PaymentStatus is the known state of an order's payment.
type PaymentStatus string

// The payment statuses.
const (
	PaymentNone PaymentStatus = "NONE" // nothing is charged or authorised, or nothing is due
	// PaymentAuthorized: the total is authorised, and captured at dispatch.
	PaymentAuthorized PaymentStatus = "AUTHORIZED"
	PaymentCaptured   PaymentStatus = "CAPTURED"
	// PaymentRefundPending: the provider accepted the refund, and the money has not arrived yet.
	PaymentRefundPending PaymentStatus = "REFUND_PENDING"
	PaymentRefunded      PaymentStatus = "REFUNDED"
	// PaymentPartiallyRefunded: operators have refunded a part of what was captured.
	PaymentPartiallyRefunded PaymentStatus = "PARTIALLY_REFUNDED"
	PaymentUncertain         PaymentStatus = "UNCERTAIN"
	PaymentDeclined          PaymentStatus = "DECLINED"
)

// StockStatus is the state of an order's stock reservation.
type StockStatus string

// The stock statuses.
const (
	StockNone     StockStatus = "NONE"
	StockReserved StockStatus = "RESERVED"
	StockShipped  StockStatus = "SHIPPED"
	StockReleased StockStatus = "RELEASED"
)

// Line is one product of an order, at its price when the order was placed, and its shares of the
// order's discount, tax and shipping, in minor units of its currency. LineWorth is what the
// customer pays for it.
type Line struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Quantity    int    `json:"quantity"`
	UnitPrice   Money  `json:"unitPrice"`
	Total       Money  `json:"total"` // quantity * unit price
	Discount    int64  `json:"discount,omitempty"`
	TaxRate     Rate   `json:"taxRate,omitempty"`
	Tax         int64  `json:"tax,omitempty"` // on the total less the discount; added, or included
	Shipping    int64  `json:"shipping,omitempty"`
	ShippingTax int64  `json:"shippingTax,omitempty"` // added to the shipping, or included
}

// Address is a shipping address.
type Address struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	State      string `json:"state,omitempty"`      // state, province or region, in countries that use them
	PostalCode string `json:"postalCode,omitempty"` // in countries that use them
	Country    string `json:"country"`              // ISO 3166-1 alpha-2
	Phone      string `json:"phone,omitempty"`      // for the carrier
}

// Attention marks an order for an operator: why, at which step and since when.
type Attention struct {
	// the error name of the failed execution, or a marking code of error.go
	Code         string    `json:"code"`
	Message      string    `json:"message"`
	Step         string    `json:"step,omitempty"` // the state that failed or waits
	Since        time.Time `json:"since"`
	ExecutionARN string    `json:"executionArn,omitempty"` // the failed execution
	RedriveCount int       `json:"redriveCount"`           // the redrive count of the execution at that time
	RefundID     string    `json:"refundId,omitempty"`     // the refund that is pending or failed
}

// CancelRequest is an accepted cancel of a customer or an operator.
type CancelRequest struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	// HoldExpired: the system gave the order up, because its stock was held for too long.
	HoldExpired bool `json:"holdExpired,omitempty"`
}

// Order is one order. Only its methods change its exported fields.
type Order struct {
	ID              string        `json:"id"`
	CustomerID      string        `json:"customerId"`
	Status          Status        `json:"status"`
	PaymentStatus   PaymentStatus `json:"paymentStatus"`
	StockStatus     StockStatus   `json:"stockStatus"`
	Lines           []Line        `json:"lines"`
	Price           *Price        `json:"price,omitempty"` // nil: the total is the sum of the lines
	Total           Money         `json:"total"`
	Email           string        `json:"email"`
	Language        string        `json:"language,omitempty"` // of the mails: a BCP 47 tag such as "de-AT"
	ShippingAddress Address       `json:"shippingAddress"`
	PaymentMethod   string        `json:"paymentMethod"`
	PlacedAt        time.Time     `json:"placedAt"`
	UpdatedAt       time.Time     `json:"updatedAt"`
	Attention       *Attention    `json:"attention,omitempty"`
	// the last mark that an operator acknowledged
	Acknowledged *Attention `json:"acknowledged,omitempty"`
	Unsent       *Unsent    `json:"unsent,omitempty"`
	Outage       *Outage    `json:"outage,omitempty"`
	// MethodRequest is set while the charge waits for the customer: for a confirmation, or after a
	// decline for another payment method.
	MethodRequest *MethodRequest `json:"methodRequest,omitempty"`
	// the live authorisation of the total, while PaymentStatus is AUTHORIZED
	Authorization *Authorization `json:"authorization,omitempty"`
	Cancel        *CancelRequest `json:"cancel,omitempty"`
	Review        *Review        `json:"review,omitempty"`
	Shipment      *Shipment      `json:"shipment,omitempty"`
	Wait          *Wait          `json:"wait,omitempty"`
	Holds         []StockHold    `json:"holds,omitempty"`   // where the stock is held; empty: in the main warehouse
	Refunds       []OrderRefund  `json:"refunds,omitempty"` // by operators; not the compensation's
	Returns       []Return       `json:"returns,omitempty"`
	// Restarts counts the executions after the first. See ExecutionName.
	Restarts int `json:"restarts,omitempty"`
	// HoldUntil is when an order that is not paid is given up; zero: never.
	HoldUntil time.Time `json:"holdUntil,omitzero"`
	Timeline  []Change  `json:"timeline"`
	// Sequence is the sequence of the last Change. Version counts writes and guards against lost
	// updates.
	Sequence int64 `json:"sequence"`
	Version  int64 `json:"version"`
}

// Draft is the input of Place. With a Price, its lines are those of a Quote; without, they carry
// the catalogue's prices.
type Draft struct {
	ID, CustomerID, Email, PaymentMethod string
	Language                             string // see Order
	Lines                                []Line // SKU, Name, Quantity, UnitPrice
	Price                                *Price
	ShippingAddress                      Address
	At                                   time.Time
}

// Place returns a new order with its total. Returns CodeInvalidOrder for a draft without lines or
// whose amounts do not agree, CodeCurrencyMismatch or CodeAmountOverflow.
func Place(d Draft) (*Order, error) {
	if len(d.Lines) == 0 {
		return nil, Errorf(CodeInvalidOrder, "an order needs at least one line")
	}
	o := &Order{
		ID: d.ID, CustomerID: d.CustomerID, PaymentStatus: PaymentNone, StockStatus: StockNone,
		Lines: slices.Clone(d.Lines), Email: d.Email, Language: d.Language, ShippingAddress: d.ShippingAddress,
		PaymentMethod: d.PaymentMethod, PlacedAt: d.At,
	}
	var err error
	switch {
	case d.Price == nil:
		o.Total, err = totalLines(o.Lines)
	case d.Price.plain():
		o.Total = d.Price.Subtotal
	default:
		price := *d.Price
		o.Price = &price
		o.Total, err = price.total()
	}
	if err == nil {
		err = o.CheckPrice()
	}
	if err != nil {
		return nil, err
	}
	o.Status = Placed
	o.record(Change{At: d.At, Type: OrderPlaced, Actor: "customer:" + d.CustomerID})
	return o, nil
}
