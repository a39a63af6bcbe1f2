package orderflow

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Mail is the record of one mail to the customer of an order: of one notification, sent once. It holds
// neither the address nor the text.
type Mail struct {
	OrderID  string           `json:"orderId"`
	Name     string           `json:"name"` // among the order's mails, such as "confirmed"
	Kind     NotificationKind `json:"kind"`
	RefundID string           `json:"refundId,omitempty"`
	Status   MailStatus       `json:"status"`
	At       time.Time        `json:"at"`                // of the status
	Address  string           `json:"address,omitempty"` // AddressKey of where it was sent
	// Provider is the id that the mail provider gave it.
	Provider string `json:"provider,omitempty"`
	Failure  string `json:"failure,omitempty"` // the provider's code, or why it came back
	Attempts int    `json:"attempts"`
	Version  int64  `json:"version"` // counts writes and guards against lost updates
}

// MailStatus is what became of a mail.
type MailStatus string

// The statuses of a mail.
const (
	MailSending    MailStatus = "SENDING"    // an attempt is made
	MailFailed     MailStatus = "FAILED"     // the last attempt failed; another one follows
	MailSent       MailStatus = "SENT"       // the provider has accepted it
	MailOutdated   MailStatus = "OUTDATED"   // not sent: no longer true when its turn came
	MailSuppressed MailStatus = "SUPPRESSED" // not sent: mails to the address are stopped
	MailBounced    MailStatus = "BOUNCED"    // the address does not exist
	MailComplained MailStatus = "COMPLAINED" // the customer reported it as spam
)

// MailText is a mail as it is sent.
type MailText struct{ Subject, Text, HTML string }

// MailsKept is how long the records of mails are kept.
const MailsKept = 400 * 24 * time.Hour

// MailLease is how long an attempt takes at most. Longer than a function may run: after it, the attempt
// is known to have ended without an outcome.
const MailLease = time.Minute

// NewMail returns the record of a notification's mail.
func NewMail(n Notification) *Mail {
	return &Mail{
		OrderID: n.OrderID, Name: n.name(), Kind: n.Kind, RefundID: n.RefundID,
	}
}

// name returns what tells the order's notifications apart. It has only the characters of an SES tag.
func (n Notification) name() string {
	return strings.ReplaceAll(strings.TrimPrefix(n.DedupeID, n.OrderID+"/"), "/", "-")
}

// Notification returns the notification that the mail tells.
func (m *Mail) Notification(o *Order) Notification {
	return Notification{
		DedupeID: m.OrderID + "/" + m.Name, OrderID: m.OrderID, CustomerID: o.CustomerID, Kind: m.Kind, RefundID: m.RefundID,
	}
}

// Done reports whether nothing more is to be done for the mail.
func (m *Mail) Done() bool {
	return m.Status != "" && m.Status != MailSending && m.Status != MailFailed
}

// Claim begins an attempt. Returns CodeConflict while another one is in progress.
func (m *Mail) Claim(now time.Time) error {
	if m.Status == MailSending && now.Sub(m.At) < MailLease {
		return Errorf(CodeConflict, "mail %s of order %s is being sent", m.Name, m.OrderID)
	}
	m.Attempts++
	m.Provider = ""
	m.set(MailSending, "", now)
	return nil
}

// Sent records that the provider has accepted the mail under an id.
func (m *Mail) Sent(id string, now time.Time) {
	m.Provider = id
	m.set(MailSent, "", now)
}

// Fail records that the attempt failed, with the provider's code.
func (m *Mail) Fail(code string, now time.Time) { m.set(MailFailed, code, now) }

// Leave records that the mail is not sent: MailOutdated or MailSuppressed, and why.
func (m *Mail) Leave(status MailStatus, why string, now time.Time) { m.set(status, why, now) }

// Concerns reports whether news of a mail with the provider's id are of the last attempt. An earlier one
// may come back late. While an attempt is made, its id is not known yet.
func (m *Mail) Concerns(provider string) bool {
	return m.Provider == provider || m.Provider == "" && m.Status == MailSending
}

// Return records that the mail has come back: MailBounced or MailComplained, and why. It reports whether
// that is news. A complaint, which comes after the arrival, outranks a bounce.
func (m *Mail) Return(status MailStatus, why string, now time.Time) bool {
	if m.Status == status || m.Status == MailComplained {
		return false
	}
	m.set(status, why, now)
	return true
}

// Again prepares another mail with the same name, because the first did not arrive. Returns
// CodeInvalidState for one that is under way or was accepted by the provider and has not come back.
func (m *Mail) Again(now time.Time) error {
	switch m.Status {
	case MailBounced, MailComplained, MailSuppressed, MailFailed:
		m.Provider = ""
		m.set(MailFailed, m.Failure, now)
		return nil
	}
	return Errorf(CodeInvalidState, "mail %s of order %s is %s: only what did not arrive is sent again", m.Name, m.OrderID, m.Status)
}

func (m *Mail) set(status MailStatus, failure string, now time.Time) {
	m.Status, m.Failure, m.At = status, failure, now.UTC()
}

// AddressKey identifies an e-mail address without showing it: the SHA-256 of its lower-case form.
func AddressKey(email string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(email))))
	return hex.EncodeToString(sum[:])
}

// Suppression stops mails to an address.
type Suppression struct {
	Address string     `json:"address"` // AddressKey
	Why     MailStatus `json:"why"`     // MailBounced or MailComplained
	Detail  string     `json:"detail,omitempty"`
	At      time.Time  `json:"at"`
}

// MailFeedback is what the mail provider tells of mails that were sent.
type MailFeedback struct {
	OrderID, Name string   // of the mail; "" if it is none of an order
	Provider      string   // its id there
	Addresses     []string // that it is about
	// Status is MailBounced or MailComplained; "" if nothing follows from it, such as a full mailbox.
	Status MailStatus
	Detail string // the provider's words for the kind, without addresses
}
