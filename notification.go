package orderflow

// NotificationKind is the subject of a customer notification.
type NotificationKind string

// The notification kinds.
const (
	NotifyConfirmed NotificationKind = "confirmed" // paid and being packed
	NotifyReview    NotificationKind = "review"    // an operator checks the order first
	NotifyPayment   NotificationKind = "payment"   // confirm the payment, or give another payment method
	NotifyShipped   NotificationKind = "shipped"
	NotifyDelivered NotificationKind = "delivered"
	NotifyClosed    NotificationKind = "closed"   // rejected or cancelled
	NotifyRefunded  NotificationKind = "refunded" // the money of an operator's refund has arrived
)

// NotificationKinds lists every kind.
var NotificationKinds = []NotificationKind{
	NotifyConfirmed, NotifyReview, NotifyPayment, NotifyShipped, NotifyDelivered, NotifyClosed, NotifyRefunded,
}

// Notification is a message to a customer. It identifies the customer by id only; the sender looks
// up the address. It is sent at least once, always with the same DedupeID.
type Notification struct {
	DedupeID   string           `json:"dedupeId"`
	OrderID    string           `json:"orderId"`
	CustomerID string           `json:"customerId"`
	Kind       NotificationKind `json:"kind"`
	RefundID   string           `json:"refundId,omitempty"` // of the kind refunded
	Subject    string           `json:"subject"`
	Text       string           `json:"text"`
}

// Alert is a message to operators about an order that needs attention. It is sent at least once,
// always with the same DedupeID.
type Alert struct {
	DedupeID string `json:"dedupeId"`
	OrderID  string `json:"orderId"`
	Attention
}

// Wants reports whether the customer wants notifications of this kind.
func (n Notifications) Wants(kind NotificationKind) bool {
	switch kind {
	case NotifyConfirmed, NotifyReview:
		return n.OrderConfirmed
	case NotifyShipped, NotifyDelivered:
		return n.OrderShipped
	case NotifyClosed:
		return n.OrderClosed
	case NotifyPayment, NotifyRefunded:
		return true // about the customer's money: it cannot be turned off
	}
	return false
}

// Outdated reports whether a notification of this kind is no longer true: another one tells what
// happened instead.
func (o *Order) Outdated(kind NotificationKind) bool {
	switch kind {
	case NotifyConfirmed:
		return o.Cancel != nil || o.Status == Rejected || o.Status == Cancelled
	case NotifyReview:
		return o.CanProceed() != nil || o.Status != InReview || o.Review.Decision != ""
	case NotifyPayment:
		return o.CanProceed() != nil || !o.MethodRequest.Open()
	}
	return false
}
