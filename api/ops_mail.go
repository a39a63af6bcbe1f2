package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// Mails keeps the records of mails to customers.
type Mails interface {
	// Mails returns the records of an order's mails, by name.
	Mails(ctx context.Context, orderID string) ([]orderflow.Mail, error)
	// Mail returns one of them, or nil.
	Mail(ctx context.Context, orderID, name string) (*orderflow.Mail, error)
	// SaveMail saves a record. Returns orderflow.CodeConflict if it was saved since it was loaded.
	SaveMail(ctx context.Context, m *orderflow.Mail) error
	// Allow lets mails be sent to the address with a key (orderflow.AddressKey) again.
	Allow(ctx context.Context, address string) error
}

// MailQueue is the queue of the notifications that become mails.
type MailQueue interface {
	SendNotification(ctx context.Context, n orderflow.Notification) error
}

type mailView struct {
	Name     string                     `json:"name"`
	Kind     orderflow.NotificationKind `json:"kind"`
	RefundID string                     `json:"refundId,omitempty"`
	Status   orderflow.MailStatus       `json:"status"`
	At       moment                     `json:"at"`
	Attempts int                        `json:"attempts"`
	Failure  string                     `json:"failure,omitempty"`
}

func viewMail(m orderflow.Mail) mailView {
	return mailView{
		Name: m.Name, Kind: m.Kind, RefundID: m.RefundID, Status: m.Status, At: moment{m.At}, Attempts: m.Attempts, Failure: m.Failure,
	}
}

func (s *server) opsListMails(r *request) (*reply, error) {
	if _, err := s.Orders.Order(r.Context(), r.values["orderId"]); err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	mails, err := s.Mails.Mails(r.Context(), r.values["orderId"])
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	views := make([]mailView, len(mails))
	for i, m := range mails {
		views[i] = viewMail(m)
	}
	return jsonReply(http.StatusOK, struct {
		Mails []mailView `json:"mails"`
	}{views})
}

// opsSendMail sends a mail again that did not arrive, and lets mails to the order's address be sent.
func (s *server) opsSendMail(r *request) (*reply, error) {
	if _, err := s.byOperator(r); err != nil {
		return nil, err
	}
	ctx, id, name := r.Context(), r.values["orderId"], r.values["mail"]
	o, err := s.Orders.Order(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("send mail: %w", err)
	}
	load := func() (*orderflow.Mail, error) {
		m, err := s.Mails.Mail(ctx, id, name)
		if err == nil && m == nil {
			err = orderflow.Errorf(orderflow.CodeNotFound, "order %s has no mail %s", id, name)
		}
		return m, err
	}
	again := func(m *orderflow.Mail) (bool, error) { return true, m.Again(s.now()) }
	save := func(m *orderflow.Mail) error { return s.Mails.SaveMail(ctx, m) }
	m, err := change(ctx, load, again, save)
	if err != nil {
		return nil, fmt.Errorf("send mail: %w", err)
	}
	if err := s.Mails.Allow(ctx, orderflow.AddressKey(o.Email)); err != nil {
		return nil, fmt.Errorf("allow mails: %w", err)
	}
	if err := s.MailQueue.SendNotification(ctx, m.Notification(o)); err != nil {
		return nil, fmt.Errorf("queue mail: %w", err)
	}
	return jsonReply(http.StatusAccepted, viewMail(*m))
}
