package tasks

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Customers reads customers' profiles.
type Customers interface {
	// Customer returns CodeNotFound for a customer without a profile.
	Customer(ctx context.Context, id string) (orderflow.Customer, error)
}

// Notifier sends notifications to customers.
type Notifier interface {
	Notify(ctx context.Context, n orderflow.Notification) error
}

// Notify sends the customer a notification about the order, at least once, unless the customer has
// turned it off. It keeps no record: a repeated notification has the same DedupeID.
type Notify struct {
	Orders    Orders
	Customers Customers // not asked about kinds that customers cannot turn off
	Notifier  Notifier
}

// Notified is the result of Notify.
type Notified struct {
	Kind orderflow.NotificationKind `json:"kind"`
	Sent bool                       `json:"sent"` // false if the customer turned it off, or it is outdated
}

// Handle sends the notification of in.Kind. Returns CodeInvalidState for an unknown kind,
// CodeNotificationUnavailable if the notifier fails.
func (n Notify) Handle(ctx context.Context, in Input) (Notified, error) {
	return run(ctx, "notify customer", func() (Notified, error) {
		o, err := n.Orders.Order(ctx, in.OrderID)
		if err != nil {
			return Notified{}, err
		}
		return n.notify(ctx, o, in)
	})
}

func (n Notify) notify(ctx context.Context, o *orderflow.Order, in Input) (Notified, error) {
	out := Notified{Kind: in.Kind}
	if !slices.Contains(orderflow.NotificationKinds, in.Kind) {
		return out, orderflow.Errorf(orderflow.CodeInvalidState, "unknown notification kind %q", in.Kind)
	}
	var err error
	if out.Sent, err = n.wanted(ctx, o, in.Kind); err != nil || !out.Sent {
		return out, err
	}
	msg, err := notification(o, in)
	if err != nil {
		return Notified{}, err
	}
	if err := n.Notifier.Notify(ctx, msg); orderflow.CodeOf(err) != "" {
		return Notified{}, err
	} else if err != nil {
		return Notified{}, orderflow.Errorf(orderflow.CodeNotificationUnavailable, "%v", err)
	}
	return out, nil
}

// tell notifies the customer of an order that waits in a step. If that fails, it is recorded and tried
// again later: the order goes on.
func (n Notify) tell(ctx context.Context, o *orderflow.Order, kind orderflow.NotificationKind, step string, by orderflow.By) error {
	_, err := n.notify(ctx, o, Input{OrderID: o.ID, Kind: kind})
	if err == nil {
		return nil
	}
	_, err = update(ctx, n.Orders, o.ID, func(o *orderflow.Order, w *orderflow.Write) error {
		if o.Outdated(kind) || o.Unsent != nil {
			return nil
		}
		o.NoteUnsent(orderflow.Unsent{Kind: kind, Step: step, Message: orderflow.MessageOf(err)}, by)
		w.Order = o
		return nil
	})
	return err
}

func (n Notify) wanted(ctx context.Context, o *orderflow.Order, kind orderflow.NotificationKind) (bool, error) {
	if o.Outdated(kind) || kind == orderflow.NotifyConfirmed && o.Status != orderflow.Paid {
		return false, nil // NotifyShipped or NotifyClosed follows
	}
	if (orderflow.Notifications{}).Wants(kind) {
		return true, nil
	}
	c, err := n.Customers.Customer(ctx, o.CustomerID)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return orderflow.AllNotifications.Wants(kind), nil
	}
	if err != nil {
		return false, err
	}
	return c.Notifications.Wants(kind), nil
}

// notification returns the text. It holds no personal data, because topics have subscribers.
func notification(o *orderflow.Order, in Input) (orderflow.Notification, error) {
	kind := in.Kind
	n := orderflow.Notification{DedupeID: o.ID + "/" + string(kind), OrderID: o.ID, CustomerID: o.CustomerID, Kind: kind}
	switch kind {
	case orderflow.NotifyConfirmed:
		n.Subject = "Your order is confirmed"
		n.Text = fmt.Sprintf("Thank you. Order %s for %s is paid and being packed.", o.ID, o.Total)
		switch {
		case o.Total.Amount == 0:
			n.Text = fmt.Sprintf("Thank you. Order %s is being packed. There is nothing to pay.", o.ID)
		case o.PaymentStatus == orderflow.PaymentAuthorized:
			n.Text = fmt.Sprintf("Thank you. Order %s is being packed. We charge %s when it ships.", o.ID, o.Total)
		}
	case orderflow.NotifyReview:
		n.Subject = "We are checking your order"
		n.Text = fmt.Sprintf("Order %s is checked before it is packed. You will hear from us.", o.ID)
	case orderflow.NotifyPayment:
		r := o.MethodRequest
		n.DedupeID += "/" + strconv.FormatInt(r.Since.UnixMilli(), 10)
		n.Subject = "Your payment did not go through"
		n.Text = fmt.Sprintf("Please give another payment method for order %s%s.", o.ID, by(r.Deadline))
		if r.ClientSecret != "" {
			n.Subject = "Please confirm your payment"
			n.Text = fmt.Sprintf("Please confirm the payment of order %s%s.", o.ID, by(r.Deadline))
		}
	case orderflow.NotifyShipped:
		n.Subject = "Your order is on its way"
		n.Text = fmt.Sprintf("Order %s was handed to the carrier.", o.ID)
		if s := o.Shipment; s != nil && s.TrackingNumber != "" {
			n.Text = fmt.Sprintf("Order %s was handed to %s. Tracking number: %s.", o.ID, s.Carrier, s.TrackingNumber)
		}
	case orderflow.NotifyDelivered:
		n.Subject = "Your order has arrived"
		n.Text = fmt.Sprintf("The carrier has delivered order %s.", o.ID)
	case orderflow.NotifyClosed:
		n.Subject = "Your order was cancelled"
		if o.Status == orderflow.Rejected {
			n.Subject = "We could not fulfil your order"
		}
		n.Text = fmt.Sprintf("Order %s: %s", o.ID, closedText(o))
	case orderflow.NotifyRefunded:
		r := o.FindRefund(in.RefundID)
		if r == nil || r.Status != orderflow.RefundSucceeded {
			return n, orderflow.Errorf(orderflow.CodeInvalidState, "order %s has no completed refund %q", o.ID, in.RefundID)
		}
		n.DedupeID += "/" + r.ID
		n.RefundID = r.ID
		n.Subject = "Your refund"
		n.Text = fmt.Sprintf("We refunded %s of order %s.", o.RefundAmount(r), o.ID)
	}
	return n, nil
}

// by tells a deadline, if there is one.
func by(deadline time.Time) string {
	if deadline.IsZero() {
		return ""
	}
	return " by " + deadline.UTC().Format("2 January 2006, 15:04 UTC")
}

func closedText(o *orderflow.Order) string {
	why := "We cancelled it as you asked."
	if o.Cancel != nil && o.Cancel.HoldExpired {
		why = "We are sorry, we could not hold the goods for it any longer."
	}
	if o.Status == orderflow.Rejected {
		why = "We are sorry, we could not fulfil it."
		switch o.CloseReason() {
		case orderflow.CodeOutOfStock:
			why = "We are sorry, not everything in it is in stock."
		case orderflow.CodePaymentDeclined:
			why = cmp.Or(o.LastMessage(), "The payment was declined.")
		case orderflow.CodeReviewRefused, orderflow.CodeReviewTimedOut:
			why = cmp.Or(o.LastMessage(), why)
		case orderflow.CodeShipmentFailed:
			why = "We are sorry, the carrier could not take it."
		}
	}
	if o.PaymentStatus == orderflow.PaymentRefunded {
		return fmt.Sprintf("%s %s goes back to you.", why, o.Total)
	}
	return why + " You were not charged."
}
