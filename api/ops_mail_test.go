package api

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// mails keeps the records of mails, and their queue, in memory.
type mails struct {
	mu      sync.Mutex
	of      map[string]orderflow.Mail // by order and name
	allowed []string
	queued  []orderflow.Notification
	err     error // of the queue
}

func (m *mails) Mails(_ context.Context, orderID string) (list []orderflow.Mail, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mail := range m.of {
		if mail.OrderID == orderID {
			list = append(list, mail)
		}
	}
	slices.SortFunc(list, func(a, b orderflow.Mail) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (m *mails) Mail(_ context.Context, orderID, name string) (*orderflow.Mail, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mail, ok := m.of[orderID+"/"+name]
	if !ok {
		return nil, nil
	}
	return &mail, nil
}

func (m *mails) SaveMail(_ context.Context, mail *orderflow.Mail) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := mail.OrderID + "/" + mail.Name
	if m.of[key].Version != mail.Version {
		return orderflow.Errorf(orderflow.CodeConflict, "changed concurrently")
	}
	mail.Version++
	m.of[key] = *mail
	return nil
}

func (m *mails) Allow(_ context.Context, address string) error {
	m.allowed = append(m.allowed, address)
	return nil
}

func (m *mails) SendNotification(_ context.Context, n orderflow.Notification) error {
	m.queued = append(m.queued, n)
	return m.err
}

// An operator sends a mail again that did not arrive, to the address as it is now.
func TestOpsSendMail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	path := "/ops/orders/" + id + "/mails"
	if got := string(f.get(&operator, path).expect(200, "").body); got != `{"mails":[]}` {
		t.Errorf("got %s", got)
	}
	bounced := orderflow.NewMail(orderflow.Notification{DedupeID: id + "/confirmed", OrderID: id, Kind: orderflow.NotifyConfirmed})
	must(t, bounced.Claim(f.now))
	bounced.Sent("ses-1", f.now)
	must(t, f.mails.SaveMail(t.Context(), bounced))
	again := `{"reason":"the customer corrected it"}`
	f.post(&operator, path+"/confirmed/send", again).expect(409, "InvalidState")
	bounced.Return(orderflow.MailBounced, "General", f.now)
	must(t, f.mails.SaveMail(t.Context(), bounced))
	type list struct{ Mails []mailView }
	if got := decoded[list](f.get(&operator, path).expect(200, "")); len(got.Mails) != 1 || got.Mails[0].Name != "confirmed" ||
		got.Mails[0].Status != orderflow.MailBounced || got.Mails[0].Failure != "General" || got.Mails[0].Attempts != 1 {
		t.Errorf("got %+v", got)
	}
	if got := decoded[mailView](f.post(&operator, path+"/confirmed/send", again).expect(202, "")); got.Status != orderflow.MailFailed {
		t.Errorf("got %+v", got)
	}
	o, err := f.Order(t.Context(), id)
	must(t, err)
	if !slices.Equal(f.mails.allowed, []string{orderflow.AddressKey(o.Email)}) || len(f.mails.queued) != 1 ||
		f.mails.queued[0].DedupeID != id+"/confirmed" || f.mails.queued[0].CustomerID != o.CustomerID {
		t.Errorf("allowed %v, queued %+v", f.mails.allowed, f.mails.queued)
	}
	f.post(&operator, path+"/shipped/send", again).expect(404, "NotFound")
	f.post(&operator, path+"/confirmed/send", `{}`).expect(422, "InvalidRequest")
	f.post(&operator, path+"/confirmed%20/send", again).expect(404, "NotFound")
	f.get(&ada, path).expect(403, "")
	f.get(&operator, "/ops/orders/ord_00000000000000000000000000/mails").expect(404, "NotFound")
	f.mails.err = orderflow.Errorf(orderflow.CodeThrottled, "slow down")
	f.post(&operator, path+"/confirmed/send", again).expect(503, "Throttled")
}

func TestPlaceOrder_language(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ member, header, want string }{
		{"", "", ""},
		{"", "de-AT, de;q=0.9, en;q=0.5", "de-AT"},
		{"", "*", ""},
		{"", "en_US", ""},
		{"", " fr ;q=1", "fr"},
		{"de", "en", "de"},
	} {
		f := newFixture(t)
		body := order()
		if tt.member != "" {
			body = order(`language="` + tt.member + `"`)
		}
		headers := []string{"Idempotency-Key: k"}
		if tt.header != "" {
			headers = append(headers, "Accept-Language: "+tt.header)
		}
		id := decoded[placedView](f.post(&ada, "/orders", body, headers...).expect(202, "")).OrderID
		if got := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, "")).Language; got != tt.want {
			t.Errorf("%+v: got %q", tt, got)
		}
	}
	f := newFixture(t)
	f.place(&ada, "k", order(`language="German"`)).expect(422, "InvalidRequest")
}
