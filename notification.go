package orderflow

// NotificationKind is the subject of a customer notification.
type NotificationKind string

// The notification kinds.
const (
	NotifyConfirmed NotificationKind = "confirmed" // paid and being packed
	NotifyShipped   NotificationKind = "shipped"
	NotifyClosed    NotificationKind = "closed"   // rejected or cancelled
	NotifyRefunded  NotificationKind = "refunded" // the money of an operator's refund has arrived
)

// Notification is a message to a customer. It identifies the customer by id only; the sender looks
// up the address. It is sent at least once, always with the same DedupeID.
type Notification struct {
	DedupeID   string           `json:"dedupeId"`
	OrderID    string           `json:"orderId"`
	CustomerID string           `json:"customerId"`
	Kind       NotificationKind `json:"kind"`
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
	case NotifyConfirmed:
		return n.OrderConfirmed
	case NotifyShipped:
		return n.OrderShipped
	case NotifyClosed:
		return n.OrderClosed
	case NotifyRefunded:
		return true // about money that was paid out: it cannot be turned off
	}
	return false
}
