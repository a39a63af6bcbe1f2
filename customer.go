package orderflow

// Customer is a customer's profile. It supplies the address and e-mail of an order that has none.
type Customer struct {
	ID            string        `json:"id"`
	Name          string        `json:"name,omitempty"`
	Email         string        `json:"email,omitempty"`
	Address       *Address      `json:"address,omitempty"`
	Notifications Notifications `json:"notifications"`
	// counts writes and guards against lost updates; 0 if not saved yet
	Version int64 `json:"version"`
}

// Notifications selects what a customer is notified of. A customer without a profile gets every
// notification.
type Notifications struct {
	OrderConfirmed bool `json:"orderConfirmed"`
	OrderShipped   bool `json:"orderShipped"`
	OrderClosed    bool `json:"orderClosed"` // rejected or cancelled
}

// AllNotifications is the default preference.
var AllNotifications = Notifications{OrderConfirmed: true, OrderShipped: true, OrderClosed: true}
