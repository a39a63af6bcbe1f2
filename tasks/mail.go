package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/orderflow-dev/orderflow"
)

// Mails keeps the records of mails, and the addresses to which nothing is sent.
type Mails interface {
	// Mail returns the record of one of an order's mails, or nil.
	Mail(ctx context.Context, orderID, name string) (*orderflow.Mail, error)
	// SaveMail saves a record and raises its version; version 0 is a new one. Returns CodeConflict if
	// it was saved since it was loaded.
	SaveMail(ctx context.Context, m *orderflow.Mail) error
	// Suppression returns why nothing is sent to the address with a key, or nil.
	Suppression(ctx context.Context, address string) (*orderflow.Suppression, error)
	// Suppress stops mails to an address.
	Suppress(ctx context.Context, s orderflow.Suppression) error
}

// MailWriter writes the mail of a notification.
type MailWriter interface {
	Write(o *orderflow.Order, n orderflow.Notification) (orderflow.MailText, error)
}

// MailSender hands mails to a mail provider.
type MailSender interface {
	// Send sends the text to the order's address and returns the provider's id of the mail. An error
	// has the provider's code as its orderflow.Code, if there is one.
	Send(ctx context.Context, o *orderflow.Order, m *orderflow.Mail, text orderflow.MailText) (id string, err error)
}

// Mail sends the notifications in a queue as mails, each once, and records what the mail provider tells
// of those that came back. A mail whose outcome is lost with the process that sent it is sent again.
type Mail struct {
	Orders Orders
	Mails  Mails
	Writer MailWriter
	Sender MailSender
	// Feedback reads what the provider tells. ok is false if the message is not the provider's.
	Feedback func(body string) (f orderflow.MailFeedback, ok bool, err error)
	Now      Clock
	Log      *slog.Logger
	Errors   MessageErrors // nil: errors are only logged
}

// Handle returns the messages whose mail could not be sent. They are delivered again.
func (m Mail) Handle(ctx context.Context, batch Batch) (BatchResult, error) {
	out := consumer{m.Log, m.Errors}.eachMessage(ctx, batch, m.handle)
	logMailed(ctx, m.Log, len(batch.Records), len(out.Failures))
	return out, nil
}

func (m Mail) handle(ctx context.Context, msg Message) error {
	f, ok, err := m.Feedback(msg.Body)
	if err != nil {
		return fmt.Errorf("read feedback: %w", err)
	}
	if ok {
		return m.record(ctx, f)
	}
	n, err := readNotification(msg)
	if err != nil {
		return err
	}
	return m.send(ctx, n)
}

func readNotification(msg Message) (orderflow.Notification, error) {
	var n orderflow.Notification
	if err := json.Unmarshal([]byte(msg.Body), &n); err != nil {
		return n, fmt.Errorf("read notification: %w", err)
	}
	if n.OrderID == "" || n.DedupeID == "" || n.Kind == "" {
		return n, errors.New("read notification: it has no orderId, dedupeId or kind")
	}
	return n, nil
}

// send sends the mail of a notification, unless it was sent.
func (m Mail) send(ctx context.Context, n orderflow.Notification) error {
	mail := orderflow.NewMail(n)
	err := m.claim(ctx, mail)
	if orderflow.CodeOf(err) == orderflow.CodeConflict {
		saved, loadErr := m.Mails.Mail(ctx, mail.OrderID, mail.Name)
		if loadErr != nil || saved == nil || saved.Done() {
			return loadErr
		}
		mail, err = saved, m.claim(ctx, saved)
	}
	if err != nil {
		return fmt.Errorf("claim mail: %w", err)
	}
	failure := m.attempt(ctx, mail)
	if failure != nil {
		mail.Fail(string(cmp.Or(orderflow.CodeOf(failure), orderflow.CodeInternal)), m.Now())
	}
	err = m.Mails.SaveMail(ctx, mail)
	if orderflow.CodeOf(err) == orderflow.CodeConflict {
		saved, loadErr := m.Mails.Mail(ctx, mail.OrderID, mail.Name)
		if loadErr == nil && saved != nil && saved.Done() {
			return nil // it came back before its outcome was saved
		}
	}
	if err != nil {
		return fmt.Errorf("save outcome of mail: %w", err)
	}
	return failure
}

func (m Mail) claim(ctx context.Context, mail *orderflow.Mail) error {
	if err := mail.Claim(m.Now()); err != nil {
		return err
	}
	return m.Mails.SaveMail(ctx, mail)
}

// attempt makes one attempt at a claimed mail, and notes its outcome unless it fails.
func (m Mail) attempt(ctx context.Context, mail *orderflow.Mail) error {
	o, err := m.Orders.Order(ctx, mail.OrderID)
	if err != nil {
		return err
	}
	if o.Outdated(mail.Kind) {
		mail.Leave(orderflow.MailOutdated, "", m.Now())
		return nil
	}
	mail.Address = orderflow.AddressKey(o.Email)
	stopped, err := m.Mails.Suppression(ctx, mail.Address)
	if err != nil {
		return err
	}
	if stopped != nil {
		mail.Leave(orderflow.MailSuppressed, string(stopped.Why), m.Now())
		return nil
	}
	text, err := m.Writer.Write(o, mail.Notification(o))
	if err != nil {
		return err
	}
	id, err := m.Sender.Send(ctx, o, mail, text)
	if err != nil {
		return fmt.Errorf("send mail %s of order %s: %w", mail.Name, o.ID, err)
	}
	mail.Sent(id, m.Now())
	return nil
}

// record records what the provider tells of a mail, and stops mails to the addresses that it names.
// News of an attempt after which an operator has sent the mail again are ignored.
func (m Mail) record(ctx context.Context, f orderflow.MailFeedback) error {
	if f.Status == "" {
		return nil
	}
	mail, err := retry(ctx, func() (*orderflow.Mail, error) { return m.recordReturn(ctx, f) })
	if err != nil || mail != nil && !mail.Concerns(f.Provider) {
		return err
	}
	for _, address := range f.Addresses {
		s := orderflow.Suppression{Address: orderflow.AddressKey(address), Why: f.Status, Detail: f.Detail, At: m.Now().UTC()}
		if err := m.Mails.Suppress(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// recordReturn returns the record of the mail, or nil if there is none.
func (m Mail) recordReturn(ctx context.Context, f orderflow.MailFeedback) (*orderflow.Mail, error) {
	if f.OrderID == "" {
		return nil, nil
	}
	mail, err := m.Mails.Mail(ctx, f.OrderID, f.Name)
	if err != nil || mail == nil || !mail.Concerns(f.Provider) {
		return mail, err
	}
	mail.Provider = f.Provider
	if mail.Return(f.Status, f.Detail, m.Now()) {
		err = m.Mails.SaveMail(ctx, mail)
	}
	return mail, err
}
