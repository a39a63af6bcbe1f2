package orderflow

// Customer is a customer's profile. An order without an address or e-mail takes these.
type Customer struct {
	ID            string        `json:"id"`
	Name          string        `json:"name,omitempty"`
	Email         string        `json:"email,omitempty"`
	Address       *Address      `json:"address,omitempty"`
	Notifications Notifications `json:"notifications"`
	Version       int64         `json:"version"` // counts the writes and guards against lost updates; 0 for a profile that is not saved yet
}

// Notifications says what a customer wants to be told. A customer without a profile is told everything.
type Notifications struct {
	OrderConfirmed bool `json:"orderConfirmed"`
	OrderShipped   bool `json:"orderShipped"`
	OrderClosed    bool `json:"orderClosed"` // rejected or cancelled
}

// AllNotifications is the preference of a customer who has not said otherwise.
var AllNotifications = Notifications{OrderConfirmed: true, OrderShipped: true, OrderClosed: true}
