package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// mailbox keeps records of mails, and plays the mail provider.
type mailbox struct {
	mu      sync.Mutex
	mails   map[string]orderflow.Mail // by order and name
	stopped map[string]orderflow.Suppression
	sent    []string // order and name, for each mail that the provider accepted; the nth has the id "ses-n"
	to      []string
	refuse  error // of the provider
	lose    error // of SaveMail, after the provider has accepted a mail
	// accepted is called after the provider has accepted a mail.
	accepted func()
}

func newMailbox() *mailbox {
	return &mailbox{mails: map[string]orderflow.Mail{}, stopped: map[string]orderflow.Suppression{}}
}

func (b *mailbox) Mail(_ context.Context, orderID, name string) (*orderflow.Mail, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.mails[orderID+"/"+name]
	if !ok {
		return nil, nil
	}
	return &m, nil
}

func (b *mailbox) SaveMail(_ context.Context, m *orderflow.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lose != nil && m.Status == orderflow.MailSent {
		return b.lose
	}
	key := m.OrderID + "/" + m.Name
	if b.mails[key].Version != m.Version {
		return orderflow.Errorf(orderflow.CodeConflict, "changed concurrently")
	}
	m.Version++
	b.mails[key] = *m
	return nil
}

func (b *mailbox) Suppression(_ context.Context, address string) (*orderflow.Suppression, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.stopped[address]
	if !ok {
		return nil, nil
	}
	return &s, nil
}

func (b *mailbox) Suppress(_ context.Context, s orderflow.Suppression) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped[s.Address] = s
	return nil
}

func (b *mailbox) Write(o *orderflow.Order, n orderflow.Notification) (orderflow.MailText, error) {
	return orderflow.MailText{Subject: string(n.Kind), Text: o.ID}, nil
}

func (b *mailbox) Send(_ context.Context, o *orderflow.Order, m *orderflow.Mail, _ orderflow.MailText) (string, error) {
	if b.accepted != nil {
		defer b.accepted()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return "", b.refuse
	}
	b.sent, b.to = append(b.sent, o.ID+"/"+m.Name), append(b.to, o.Email)
	return fmt.Sprint("ses-", len(b.sent)), nil
}

// feedback reads what the tests write for the provider: "bounced confirmed ses-1 ada@example.com".
func feedback(body string) (f orderflow.MailFeedback, ok bool, err error) {
	parts := strings.Fields(body)
	if len(parts) != 4 {
		return f, false, nil
	}
	status := map[string]orderflow.MailStatus{"bounced": orderflow.MailBounced, "complained": orderflow.MailComplained}[parts[0]]
	return orderflow.MailFeedback{
		OrderID: "ord_1", Name: parts[1], Provider: parts[2], Status: status, Addresses: parts[3:], Detail: "General",
	}, true, nil
}

// mailing returns the task with an order that is paid.
func mailing(t *testing.T) (Mail, *mailbox, *store, *time.Time) {
	t.Helper()
	s, b, now := newStore(), newMailbox(), start
	place(t, s, 1, 3, "card")
	s.mustChange(paid)
	return Mail{
		Orders: s, Mails: b, Writer: b, Sender: b, Feedback: feedback, Now: func() time.Time { return now }, Log: quiet,
	}, b, s, &now
}

func told(kind orderflow.NotificationKind) string {
	raw, _ := json.Marshal(orderflow.Notification{DedupeID: "ord_1/" + string(kind), OrderID: "ord_1", Kind: kind}) // no maps: cannot fail
	return string(raw)
}

// take gives a message to the task and reports whether it is done.
func (m Mail) take(t *testing.T, body string) bool {
	t.Helper()
	got, err := m.Handle(t.Context(), Batch{Records: []Message{{ID: "m", Body: body}}})
	if err != nil {
		t.Fatal(err)
	}
	return len(got.Failures) == 0
}

// A notification that is delivered several times, also at once, becomes one mail.
func TestMail_Handle_once(t *testing.T) {
	t.Parallel()
	m, b, _, _ := mailing(t)
	batch := Batch{}
	for range 10 {
		batch.Records = append(batch.Records, Message{ID: "m", Body: told("confirmed")})
	}
	for range 3 { // what was in progress is delivered again
		if _, err := m.Handle(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.sent) != 1 || b.mails["ord_1/confirmed"].Status != orderflow.MailSent || b.mails["ord_1/confirmed"].Provider != "ses-1" {
		t.Errorf("sent %v, %+v", b.sent, b.mails)
	}
	if !m.take(t, told("shipped")) || len(b.sent) != 2 {
		t.Errorf("sent %v", b.sent)
	}
}

// What the provider refuses is tried again, and its code is recorded, not its words.
func TestMail_Handle_refused(t *testing.T) {
	t.Parallel()
	m, b, _, now := mailing(t)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{orderflow.Errorf("MessageRejected", "ada@example.com is not verified"), "MessageRejected"},
		{orderflow.Errorf(orderflow.CodeThrottled, "slow down"), "Throttled"},
		{errors.New("no route to host"), "Internal"},
	} {
		b.refuse = tt.err
		if m.take(t, told("confirmed")) {
			t.Error("the message is done")
		}
		if got := b.mails["ord_1/confirmed"]; got.Status != orderflow.MailFailed || got.Failure != tt.want {
			t.Errorf("%+v", got)
		}
		*now = now.Add(time.Second)
	}
	b.refuse = nil
	if !m.take(t, told("confirmed")) || len(b.sent) != 1 || b.mails["ord_1/confirmed"].Attempts != 4 {
		t.Errorf("sent %v, %+v", b.sent, b.mails)
	}
}

// A mail whose outcome was not saved is sent again, but not before its attempt must have ended.
func TestMail_Handle_outcomeLost(t *testing.T) {
	t.Parallel()
	m, b, _, now := mailing(t)
	b.lose = errLost
	if m.take(t, told("confirmed")) {
		t.Error("the message is done")
	}
	b.lose = nil
	if m.take(t, told("confirmed")) || len(b.sent) != 1 {
		t.Errorf("sent %v", b.sent)
	}
	*now = now.Add(orderflow.MailLease)
	if !m.take(t, told("confirmed")) || len(b.sent) != 2 {
		t.Errorf("sent %v", b.sent)
	}
}

func TestMail_Handle_outdated(t *testing.T) {
	t.Parallel()
	m, b, s, _ := mailing(t)
	s.mustChange(cancelled)
	if !m.take(t, told("confirmed")) || len(b.sent) > 0 || b.mails["ord_1/confirmed"].Status != orderflow.MailOutdated {
		t.Errorf("sent %v, %+v", b.sent, b.mails)
	}
}

// A mail that comes back stops mails to its address, until an operator allows them.
func TestMail_Handle_returned(t *testing.T) {
	t.Parallel()
	m, b, s, now := mailing(t)
	email := s.load(t, "ord_1").Email
	if !m.take(t, told("confirmed")) || !m.take(t, "delayed confirmed ses-1 "+email) || b.mails["ord_1/confirmed"].Status != orderflow.MailSent {
		t.Errorf("%+v", b.mails)
	}
	for range 2 {
		if !m.take(t, "bounced confirmed ses-1 "+strings.ToUpper(email)) {
			t.Error("the feedback failed")
		}
	}
	if got := b.mails["ord_1/confirmed"]; got.Status != orderflow.MailBounced || got.Failure != "General" {
		t.Errorf("%+v", got)
	}
	if !m.take(t, told("shipped")) || len(b.sent) != 1 || b.mails["ord_1/shipped"].Status != orderflow.MailSuppressed {
		t.Errorf("sent %v, %+v", b.sent, b.mails)
	}
	if !m.take(t, "complained another ses-9 "+email) || b.stopped[orderflow.AddressKey(email)].Why != orderflow.MailComplained {
		t.Errorf("%+v", b.stopped)
	}
	clear(b.stopped)
	again := b.mails["ord_1/shipped"]
	if err := again.Again(*now); err != nil {
		t.Fatal(err)
	}
	b.mails["ord_1/shipped"] = again
	if !m.take(t, told("shipped")) || len(b.sent) != 2 {
		t.Errorf("sent %v, %+v", b.sent, b.mails)
	}
	// Late news of an attempt before the operator's change nothing.
	confirmed := b.mails["ord_1/confirmed"]
	if err := confirmed.Again(*now); err != nil {
		t.Fatal(err)
	}
	b.mails["ord_1/confirmed"] = confirmed
	late := "bounced confirmed ses-1 " + email
	if !m.take(t, late) || !m.take(t, told("confirmed")) || !m.take(t, late) || len(b.sent) != 3 || len(b.stopped) > 0 ||
		b.mails["ord_1/confirmed"].Status != orderflow.MailSent {
		t.Errorf("sent %v, stopped %v, %+v", b.sent, b.stopped, b.mails)
	}
}

// A mail may come back before the provider's answer is recorded.
func TestMail_Handle_returnedAtOnce(t *testing.T) {
	t.Parallel()
	m, b, s, _ := mailing(t)
	b.accepted = func() {
		if !m.take(t, "bounced confirmed ses-1 "+s.load(t, "ord_1").Email) {
			t.Error("the feedback failed")
		}
	}
	if !m.take(t, told("confirmed")) || len(b.sent) != 1 || b.mails["ord_1/confirmed"].Status != orderflow.MailBounced {
		t.Errorf("sent %v, %+v", b.sent, b.mails)
	}
}

// The mail goes to the order's address at the time.
func TestMail_Handle_corrected(t *testing.T) {
	t.Parallel()
	m, b, s, _ := mailing(t)
	s.mustChange(func(o *orderflow.Order) error { return o.Correct("new@example.com", nil, orderflow.By{At: start}) })
	if !m.take(t, told("confirmed")) || len(b.to) != 1 || b.to[0] != "new@example.com" {
		t.Errorf("sent to %v", b.to)
	}
}

func TestMail_Handle_unreadable(t *testing.T) {
	t.Parallel()
	m, b, _, _ := mailing(t)
	for _, body := range []string{"", "{", `{}`, `{"orderId":"ord_1"}`, `{"orderId":"ord_1","kind":"confirmed"}`} {
		if m.take(t, body) {
			t.Errorf("%q is done", body)
		}
	}
	if !m.take(t, told("confirmed")) || len(b.sent) != 1 {
		t.Errorf("sent %v", b.sent)
	}
	gone := strings.ReplaceAll(told("confirmed"), "ord_1", "ord_9")
	if m.take(t, gone) || b.mails["ord_9/confirmed"].Status != orderflow.MailFailed {
		t.Errorf("%+v", b.mails)
	}
}
