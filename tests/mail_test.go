package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/orderflow-dev/orderflow"
)

// TestMail: a customer gets one mail for each notification, in the order's language, however often the
// notification is published; what bounces stops the next ones until an operator sends again.
func TestMail(t *testing.T) { inEachMode(t, testMail) }

func testMail(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier-delay", "0s", "--param", "ReviewAbove=USD:500000",
		"--param", "ShopName=Mill & Lane", "--param", "OrderUrl=https://shop.example/orders/{orderId}")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	place := func(method string, changes map[string]any, items ...item) string {
		t.Helper()
		var body map[string]any
		if err := json.Unmarshal(order(method, items...), &body); err != nil {
			t.Fatal(err)
		}
		for name, v := range changes {
			body[name] = v
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return ada.accepted(raw)
	}
	clock := item{"clock-wall-oak", 1}
	german := place("pm_card_visa", map[string]any{"language": "de-AT"}, clock)
	declined := place("pm_card_visa_chargeDeclined", nil, clock)
	confirm := place("pm_card_authenticationRequired", nil, clock)
	bounced := place("pm_card_visa", map[string]any{"email": "bounce@simulator.amazonses.com"}, clock)
	ada.ended(german)
	ada.ended(declined)
	mails := s.mailsOf(german, 2)
	if mails[0].Subject != "Ihre Bestellung ist bestätigt" || mails[1].Subject != "Ihre Bestellung ist unterwegs" ||
		mails[0].To != personMail || !strings.Contains(mails[0].Text, "https://shop.example/orders/"+german) || !strings.Contains(mails[0].Text, personName) ||
		!strings.Contains(mails[0].Text, "bei Mill & Lane") {
		t.Errorf("%+v", mails)
	}
	for range 2 { // the carrier tells twice
		s.carrier(german, orderflow.NoticeDelivered).expect(http.StatusOK)
	}
	if mails := s.mailsOf(german, 3); mails[2].Subject != "Ihre Bestellung ist angekommen" {
		t.Errorf("%+v", mails[2])
	}
	if mails := s.mailsOf(declined, 1); mails[0].Subject != "We could not complete your order" ||
		!strings.Contains(mails[0].Text, "was declined") {
		t.Errorf("%+v", mails)
	}
	v := ada.until(confirm, "waits for the customer's confirmation", func(v view) bool {
		return v.MethodRequest != nil && v.MethodRequest.Deadline != ""
	})
	if mails := s.mailsOf(confirm, 1); mails[0].Subject != "Please confirm your payment" ||
		strings.Contains(mails[0].Text, v.MethodRequest.ClientSecret) {
		t.Errorf("%+v", mails)
	}
	s.confirm(v.MethodRequest.ClientSecret, true, http.StatusNoContent)
	ada.ended(confirm)
	s.mailsOf(confirm, 3)

	topics := sns.NewFromConfig(s.config())
	for range 3 { // the topic may deliver twice, and the state machine may publish twice
		for _, kind := range []orderflow.NotificationKind{orderflow.NotifyConfirmed, orderflow.NotifyShipped} {
			raw, err := json.Marshal(orderflow.Notification{
				DedupeID: german + "/" + string(kind), OrderID: german, CustomerID: "ada", Kind: kind,
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := topics.Publish(t.Context(), &sns.PublishInput{
				TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:orderflow-notifications"), Message: aws.String(string(raw)),
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.bounces(olga, bounced)
	s.queueEmpty(olga, "orderflow-mail")
	s.mailsOf(german, 3)
	s.checkInvariants(events)
	s.noneDenied()
}

// bounces checks an order whose first mail has bounced: the next one is suppressed, until an operator
// sends it again.
func (s *system) bounces(olga *caller, id string) {
	s.t.Helper()
	type list struct {
		Mails []struct{ Name, Status, Failure string }
	}
	// The order may be faster than the bounce: then its second mail bounces too.
	eventually(s.t, "both mails came back or were not sent", func() bool {
		var l list
		olga.get("/ops/orders/" + id + "/mails").expect(http.StatusOK).into(&l)
		done := 0
		for _, m := range l.Mails {
			if m.Status == "BOUNCED" || m.Status == "SUPPRESSED" {
				done++
			}
		}
		return done == 2
	})
	olga.request(http.MethodPost, "/ops/orders/"+id+"/mails/review/send", nil, []byte(`{"reason":"x"}`)).
		problem(http.StatusNotFound, "NotFound")
	out := s.orderflow(nil, "ops", "mail", "send", id, "shipped", "--reason", "it exists")
	if !strings.Contains(out, "is in the queue") {
		s.t.Error(out)
	}
	eventually(s.t, "it was sent, and bounced again", func() bool {
		var l list
		olga.get("/ops/orders/" + id + "/mails").expect(http.StatusOK).into(&l)
		return len(l.Mails) == 2 && l.Mails[0].Status == "BOUNCED" && l.Mails[1].Status == "BOUNCED"
	})
	if out := s.orderflow(nil, "ops", "mail", "list", id); !strings.Contains(out, "BOUNCED") || !strings.Contains(out, "General") {
		s.t.Error(out)
	}
}

// sentMail is a mail in the mailbox.
type sentMail struct{ To, Subject, Text, OrderID, Name string }

// mailsOf waits until a number of mails about an order were sent, and returns them.
func (s *system) mailsOf(id string, n int) []sentMail {
	s.t.Helper()
	var mails []sentMail
	eventually(s.t, fmt.Sprintf("%d mails about order %s", n, id), func() bool {
		mails = s.mails("?order=" + id)
		return len(mails) == n
	})
	return mails
}

// mails reads the mailbox.
func (s *system) mails(query string) (mails []sentMail) {
	s.t.Helper()
	(&caller{s: s}).request(http.MethodGet, "/_local/mails"+query, http.Header{"Orderflow-Local": {"1"}}, nil).
		expect(http.StatusOK).into(&mails)
	return mails
}

// queueEmpty waits until a queue has no messages.
func (s *system) queueEmpty(olga *caller, name string) {
	s.t.Helper()
	eventually(s.t, name+" is empty", func() bool {
		var l struct{ Queues []orderflow.QueueDepth }
		olga.get("/ops/queues").expect(http.StatusOK).into(&l)
		for _, q := range l.Queues {
			if q.Name == name {
				return q.Waiting+q.InFlight+q.Delayed == 0
			}
		}
		return false
	})
}

// TestMailbox: the page of the mails is for this machine's browser, and a mail there runs nothing.
func TestMailbox(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--carrier-delay", "0s")
	id := s.as("ada").accepted(order("pm_card_visa", item{"clock-wall-oak", 1}))
	s.mailsOf(id, 2)
	anyone := &caller{s: s}
	page := anyone.get("/_local/mailbox").expect(http.StatusOK)
	if !strings.Contains(string(page.Body), `href="/_local/mailbox/2"`) ||
		!strings.Contains(page.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v\n%s", page.Header, page.Body)
	}
	if mail := anyone.get("/_local/mailbox/1").expect(http.StatusOK); !strings.Contains(string(mail.Body), "Thank you for your order") {
		t.Errorf("%s", mail.Body)
	}
	for _, path := range []string{"/_local/mailbox/3", "/_local/mailbox/0", "/_local/mailbox/x"} {
		anyone.get(path).problem(http.StatusNotFound, "NotFound")
	}
	anyone.get("/_local/mails").problem(http.StatusForbidden, "Forbidden") // a program sets the header
	anyone.request(http.MethodGet, "/_local/mailbox", http.Header{"Sec-Fetch-Site": {"cross-site"}}, nil).expect(http.StatusForbidden)
	anyone.request(http.MethodPost, "/_local/mailbox", nil, nil).problem(http.StatusMethodNotAllowed, "MethodNotAllowed")
}

// TestMailPage runs the local commands of docs/mail.md.
func TestMailPage(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--carrier-delay", "0s")
	id := s.as("ada").accepted(order("pm_card_visa", item{"clock-wall-oak", 1}))
	s.mailsOf(id, 2)
	ran := 0
	for _, b := range blocksOf(t, "docs/mail.md") {
		if strings.Contains(b.text, "orderflow mail") {
			runScript(t, s, strings.ReplaceAll(b.text, "orderflow mail", binary(t)+" mail"))
			ran++
		}
	}
	if ran == 0 {
		t.Error("the page has no command")
	}
}
