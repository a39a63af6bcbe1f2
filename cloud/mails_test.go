package cloud

import (
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestMails(t *testing.T) {
	t.Parallel()
	mails := &Mails{DB: localDB(t), Table: "mails"}
	if m, err := mails.Mail(t.Context(), "ord_1", "confirmed"); m != nil || err != nil {
		t.Fatal(m, err)
	}
	if list, err := mails.Mails(t.Context(), "ord_1"); len(list) > 0 || err != nil {
		t.Fatal(list, err)
	}
	m := orderflow.NewMail(orderflow.Notification{
		DedupeID: "ord_1/refunded/rfd_1", OrderID: "ord_1", Kind: orderflow.NotifyRefunded, RefundID: "rfd_1",
	})
	first := *m
	if err := m.Claim(noon); err != nil {
		t.Fatal(err)
	}
	if err := mails.SaveMail(t.Context(), m); err != nil || m.Version != 1 {
		t.Fatal(err, m)
	}
	if err := mails.SaveMail(t.Context(), &first); orderflow.CodeOf(err) != orderflow.CodeConflict {
		t.Error(err)
	}
	m.Sent("ses-1", noon)
	if err := mails.SaveMail(t.Context(), m); err != nil || m.Version != 2 {
		t.Fatal(err, m)
	}
	stale := *m
	stale.Version = 1
	if err := mails.SaveMail(t.Context(), &stale); orderflow.CodeOf(err) != orderflow.CodeConflict {
		t.Error(err)
	}
	got, err := mails.Mail(t.Context(), "ord_1", "refunded-rfd_1")
	if err != nil || got == nil || *got != *m {
		t.Errorf("got %+v, %v, want %+v", got, err, m)
	}
	other := orderflow.NewMail(orderflow.Notification{DedupeID: "ord_1/confirmed", OrderID: "ord_1"})
	if err := mails.SaveMail(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	list, err := mails.Mails(t.Context(), "ord_1")
	if err != nil || len(list) != 2 || list[0] != *other || list[1] != *m {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestMails_Suppress(t *testing.T) {
	t.Parallel()
	mails := &Mails{DB: localDB(t), Table: "mails"}
	key := orderflow.AddressKey("ada@example.com")
	if s, err := mails.Suppression(t.Context(), key); s != nil || err != nil {
		t.Fatal(s, err)
	}
	want := orderflow.Suppression{Address: key, Why: orderflow.MailBounced, Detail: "General", At: noon}
	if err := mails.Suppress(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if s, err := mails.Suppression(t.Context(), key); err != nil || s == nil || *s != want {
		t.Errorf("got %+v, %v", s, err)
	}
	for range 2 {
		if err := mails.Allow(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := mails.Suppression(t.Context(), key); s != nil || err != nil {
		t.Error(s, err)
	}
}

// The events are those of the SES developer guide, shortened.
func TestReadMailFeedback(t *testing.T) {
	t.Parallel()
	const tags = `"mail":{"messageId":"m","tags":{"ses:operation":["SendEmail"],"orderId":["ord_1"],"mail":["confirmed"]}}`
	for _, tt := range []struct {
		name, body string
		ok         bool
		want       orderflow.MailFeedback
	}{
		{"bounce", `{"eventType":"Bounce",` + tags + `,"bounce":{"bounceType":"Permanent","bounceSubType":"General",
			"bouncedRecipients":[{"emailAddress":"ada@example.com","action":"failed","status":"5.1.1"}]}}`, true,
			orderflow.MailFeedback{OrderID: "ord_1", Name: "confirmed", Addresses: []string{"ada@example.com"}, Status: orderflow.MailBounced, Detail: "General"}},
		{"mailbox full", `{"eventType":"Bounce",` + tags + `,"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull",
			"bouncedRecipients":[{"emailAddress":"ada@example.com"}]}}`, true, orderflow.MailFeedback{OrderID: "ord_1", Name: "confirmed"}},
		{"complaint", `{"eventType":"Complaint",` + tags + `,"complaint":{"complaintFeedbackType":"abuse",
			"complainedRecipients":[{"emailAddress":"ada@example.com"},{"emailAddress":"bob@example.com"}]}}`, true,
			orderflow.MailFeedback{OrderID: "ord_1", Name: "confirmed", Addresses: []string{"ada@example.com", "bob@example.com"},
				Status: orderflow.MailComplained, Detail: "abuse"}},
		{"of another sender", `{"eventType":"Delivery","mail":{"messageId":"m"}}`, true, orderflow.MailFeedback{}},
		{"a notification", `{"orderId":"ord_1","kind":"confirmed"}`, false, orderflow.MailFeedback{}},
		{"the first message", "Successfully validated SNS topic for Amazon SES event publishing.", true, orderflow.MailFeedback{}},
	} {
		got, ok, err := ReadMailFeedback(tt.body)
		if err != nil || ok != tt.ok || got.OrderID != tt.want.OrderID || got.Name != tt.want.Name || got.Status != tt.want.Status ||
			got.Provider != map[bool]string{true: "m"}[strings.Contains(tt.body, `"messageId":"m"`)] || got.Detail != tt.want.Detail || len(got.Addresses) != len(tt.want.Addresses) {
			t.Errorf("%s: got %+v, %t, %v", tt.name, got, ok, err)
		}
	}
	if _, _, err := ReadMailFeedback("nonsense"); err == nil {
		t.Error("read nonsense")
	}
}
