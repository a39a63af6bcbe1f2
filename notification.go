package orderflow

// NotificationKind says what a customer is told.
type NotificationKind string

// The notification kinds.
const (
	NotifyConfirmed NotificationKind = "confirmed" // paid and being packed
	NotifyShipped   NotificationKind = "shipped"
	NotifyClosed    NotificationKind = "closed" // rejected or cancelled
)

// Notification is what a customer is told. It names the customer by id alone: whoever delivers it looks the address up.
// It is sent at least once; DedupeID is the same each time.
type Notification struct {
	DedupeID   string           `json:"dedupeId"`
	OrderID    string           `json:"orderId"`
	CustomerID string           `json:"customerId"`
	Kind       NotificationKind `json:"kind"`
	Subject    string           `json:"subject"`
	Text       string           `json:"text"`
}

// Alert is what operators are told of an order that needs them. It is sent at least once; DedupeID is the same each time.
type Alert struct {
	DedupeID string `json:"dedupeId"`
	OrderID  string `json:"orderId"`
	Attention
}

// Wants tells whether the customer wants to hear of this kind.
func (n Notifications) Wants(kind NotificationKind) bool {
	switch kind {
	case NotifyConfirmed:
		return n.OrderConfirmed
	case NotifyShipped:
		return n.OrderShipped
	case NotifyClosed:
		return n.OrderClosed
	}
	return false
}
