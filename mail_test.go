package orderflow

import (
	"strings"
	"testing"
	"time"
)

var mailAt = time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)

func TestNewMail(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"ord_1/confirmed": "confirmed", "ord_1/refunded/rfd_1": "refunded-rfd_1", "ord_1/payment/1773478800000": "payment-1773478800000",
	} {
		n := Notification{DedupeID: id, OrderID: "ord_1", Kind: "k", RefundID: "rfd_1"}
		if m := NewMail(n); m.Name != want || m.OrderID != "ord_1" || m.Kind != "k" || m.RefundID != "rfd_1" || m.Done() {
			t.Errorf("%s: %+v", id, m)
		}
	}
}

// A mail of a notification, told again as a notification, is the same mail.
func TestMail_Notification(t *testing.T) {
	t.Parallel()
	o := &Order{ID: "ord_1", CustomerID: "cus_1"}
	m := NewMail(Notification{DedupeID: "ord_1/refunded/rfd_1", OrderID: "ord_1", Kind: NotifyRefunded, RefundID: "rfd_1"})
	if n := m.Notification(o); n.CustomerID != "cus_1" || *NewMail(n) != *m {
		t.Errorf("%+v", n)
	}
}

func TestMail_Claim(t *testing.T) {
	t.Parallel()
	m := NewMail(Notification{DedupeID: "ord_1/confirmed", OrderID: "ord_1"})
	if err := m.Claim(mailAt); err != nil || m.Status != MailSending || m.Attempts != 1 {
		t.Fatal(err, m)
	}
	if err := m.Claim(mailAt.Add(MailLease - 1)); CodeOf(err) != CodeConflict {
		t.Error(err)
	}
	if err := m.Claim(mailAt.Add(MailLease)); err != nil || m.Attempts != 2 {
		t.Error(err, m) // the attempt before ended without an outcome
	}
	m.Fail("MessageRejected", mailAt)
	if m.Done() || m.Failure != "MessageRejected" {
		t.Error(m)
	}
	if err := m.Claim(mailAt); err != nil || m.Failure != "" {
		t.Error(err, m)
	}
	m.Sent("ses-1", mailAt)
	if !m.Done() || m.Provider != "ses-1" {
		t.Error(m)
	}
}

func TestMail_Return(t *testing.T) {
	t.Parallel()
	m := &Mail{Status: MailSent}
	for _, tt := range []struct {
		status MailStatus
		news   bool
	}{{MailBounced, true}, {MailBounced, false}, {MailComplained, true}, {MailBounced, false}, {MailComplained, false}} {
		if got := m.Return(tt.status, "x", mailAt); got != tt.news {
			t.Errorf("%s: %t", tt.status, got)
		}
	}
	if m.Status != MailComplained {
		t.Error(m.Status)
	}
}

func TestMail_Again(t *testing.T) {
	t.Parallel()
	for status, ok := range map[MailStatus]bool{
		MailSending: false, MailSent: false, MailOutdated: false, MailFailed: true, MailBounced: true, MailComplained: true, MailSuppressed: true,
	} {
		m := &Mail{Status: status}
		err := m.Again(mailAt)
		if (err == nil) != ok || ok && (m.Done() || m.Claim(mailAt) != nil) || !ok && CodeOf(err) != CodeInvalidState {
			t.Errorf("%s: %v, %+v", status, err, m)
		}
	}
}

func TestAddressKey(t *testing.T) {
	t.Parallel()
	key := AddressKey("ada@example.com")
	if AddressKey(" Ada@Example.COM ") != key || AddressKey("bob@example.com") == key || strings.Contains(key, "ada") || len(key) != 64 {
		t.Error(key)
	}
}

func TestOrder_Outdated(t *testing.T) {
	t.Parallel()
	open, given := &MethodRequest{}, &MethodRequest{GivenAt: mailAt}
	for _, tt := range []struct {
		kind NotificationKind
		o    Order
		want bool
	}{
		{NotifyConfirmed, Order{Status: Fulfilled}, false},
		{NotifyConfirmed, Order{Status: Paid, Cancel: &CancelRequest{}}, true},
		{NotifyConfirmed, Order{Status: Rejected}, true},
		{NotifyReview, Order{Status: InReview, Review: &Review{}}, false},
		{NotifyReview, Order{Status: InReview, Review: &Review{Decision: ReviewRefused}}, true},
		{NotifyReview, Order{Status: Confirmed, Review: &Review{Decision: ReviewApproved}}, true},
		{NotifyPayment, Order{Status: Confirmed, MethodRequest: open}, false},
		{NotifyPayment, Order{Status: Confirmed, MethodRequest: given}, true},
		{NotifyPayment, Order{Status: Confirmed, MethodRequest: open, Cancel: &CancelRequest{}}, true},
		{NotifyPayment, Order{Status: Paid}, true},
		{NotifyShipped, Order{Status: Fulfilled}, false},
		{NotifyClosed, Order{Status: Cancelled}, false},
		{NotifyRefunded, Order{Status: Fulfilled}, false},
	} {
		if got := tt.o.Outdated(tt.kind); got != tt.want {
			t.Errorf("%s of an order that is %s: %t", tt.kind, tt.o.Status, got)
		}
	}
}
