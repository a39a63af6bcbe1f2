package ses

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// call is a call that SES makes.
type call struct{ identity, source, topic, message string }

type world struct {
	*sesv2.Client
	svc   *Service
	calls chan call
	fail  chan error // the next calls
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(t.TempDir(), store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{calls: make(chan call, 10), fail: make(chan error, 10)}
	w.svc = w.open(t, st)
	var router awsapi.Router
	router.Register("ses", w.svc)
	w.Client = sesv2.NewFromConfig(aws.Config{
		Region: awsapi.Region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: &router}},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.svc.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, st.Close()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open(t *testing.T, st *store.Store) *Service {
	t.Helper()
	svc, err := New(st, clockwork.NewRealClock(), Options{Keep: 3, Logger: slog.New(slog.DiscardHandler),
		Call: func(ctx context.Context, service, op string, input any) (json.RawMessage, error) {
			in := input.(map[string]string)
			w.calls <- call{awsapi.IdentityFrom(ctx).AccessKey, SourceARN(ctx), in["TopicArn"], in["Message"]}
			select {
			case err := <-w.fail:
				return nil, err
			default:
				return nil, nil
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	svc.Ensure(map[string][]Target{"set": {{"topic", []string{EventBounce, EventComplaint}}, {"bounces", []string{EventBounce}}}})
	return svc
}

// mailTo is a request with changes.
func mailTo(to string, changes ...func(*sesv2.SendEmailInput)) *sesv2.SendEmailInput {
	content := func(s string) *types.Content { return &types.Content{Data: &s} }
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("Shop <orders@shop.example>"), Destination: &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content("Hello"), Body: &types.Body{Text: content("text"), Html: content("<p>html</p>")},
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
		EmailTags: []types.MessageTag{{Name: aws.String("orderId"), Value: aws.String("ord_1")}}, ConfigurationSetName: aws.String("set"),
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

func TestService_SendEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"} {
		out, err := w.SendEmail(t.Context(), mailTo(to))
		if err != nil || aws.ToString(out.MessageId) == "" {
			t.Fatal(out, err)
		}
	}
	sent, err := w.svc.Sent(0, 10)
	if err != nil || len(sent) != 3 || sent[0].Sequence != 2 || sent[0].To[0] != "b@example.com" {
		t.Fatalf("%+v, %v", sent, err)
	}
	m := sent[2]
	if m.From != "Shop <orders@shop.example>" || m.Subject != "Hello" || m.Text != "text" || m.HTML != "<p>html</p>" ||
		m.Headers["Auto-Submitted"] != "auto-generated" || m.Tags["orderId"] != "ord_1" || m.ID == "" || time.Since(m.At) > time.Hour {
		t.Errorf("%+v", m)
	}
	if sent, err := w.svc.Sent(2, 1); err != nil || len(sent) != 1 || sent[0].Sequence != 3 {
		t.Errorf("%+v, %v", sent, err)
	}
	if again := w.open(t, w.svc.st); again.last != 4 {
		t.Errorf("opened again, the last mail is %d", again.last)
	}
}

// Mails to the simulator come back: the targets are told as SES would, until they accept it.
func TestService_simulator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail <- &awsapi.Error{Type: "InternalFailure", Status: 500}
	for to, want := range map[string]string{
		"bounce+1@simulator.amazonses.com": "Bounce", "Complaint@simulator.amazonses.com": "Complaint",
	} {
		if _, err := w.SendEmail(t.Context(), mailTo(to)); err != nil {
			t.Fatal(err)
		}
		topics := map[string]bool{}
		for n := map[string]int{"Bounce": 2, "Complaint": 1}[want]; len(topics) < n; {
			c := <-w.calls
			topics[c.topic] = true
			var e struct {
				EventType string
				Mail      struct{ Tags map[string][]string }
				Bounce    struct{ BounceType string }
			}
			if err := json.Unmarshal([]byte(c.message), &e); err != nil || e.Mail.Tags["orderId"][0] != "ord_1" ||
				c.identity != ServiceIdentity || c.source != ConfigurationSetARN("set") {
				t.Errorf("%+v, %v", c, err)
			}
		}
	}
	for _, to := range []string{"success@simulator.amazonses.com", "bounce@example.com"} {
		if _, err := w.SendEmail(t.Context(), mailTo(to)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case c := <-w.calls:
		if c.topic != "topic" && c.topic != "bounces" {
			t.Errorf("told %+v", c)
		}
	default:
	}
}

func TestService_SendEmail_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		code   string
		change func(*sesv2.SendEmailInput)
	}{
		"no such set": {"NotFoundException", func(in *sesv2.SendEmailInput) { in.ConfigurationSetName = aws.String("x") }},
		"recipients":  {"BadRequestException", func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses = nil }},
		"address":     {"BadRequestException", func(in *sesv2.SendEmailInput) { in.Destination.ToAddresses = []string{"ada"} }},
		"sender":      {"BadRequestException", func(in *sesv2.SendEmailInput) { in.FromEmailAddress = nil }},
		"subject": {"BadRequestException", func(in *sesv2.SendEmailInput) {
			in.Content.Simple.Subject.Data = aws.String("a\nBcc: b@example.com")
		}},
		"tag":    {"BadRequestException", func(in *sesv2.SendEmailInput) { in.EmailTags[0].Value = aws.String("a b") }},
		"header": {"BadRequestException", func(in *sesv2.SendEmailInput) { in.Content.Simple.Headers[0].Value = aws.String("a\r\nb") }},
		"body":   {"BadRequestException", func(in *sesv2.SendEmailInput) { in.Content.Simple.Body = &types.Body{} }},
		"raw": {"NotImplemented", func(in *sesv2.SendEmailInput) {
			in.Content = &types.EmailContent{Raw: &types.RawMessage{Data: []byte("x")}}
		}},
	} {
		_, err := w.SendEmail(t.Context(), mailTo("ada@example.com", tt.change))
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	_, err := w.ListEmailIdentities(t.Context(), &sesv2.ListEmailIdentitiesInput{})
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "NotImplemented" || !strings.Contains(e.ErrorMessage(), "/v2/email/") {
		t.Error(err)
	}
	if sent, err := w.svc.Sent(0, 10); err != nil || len(sent) > 0 {
		t.Errorf("%+v, %v", sent, err)
	}
}

// The sender's identity is its domain, unless another is named.
func TestService_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for input, want := range map[string][]string{
		`{"FromEmailAddress":"Shop <orders@shop.example>","ConfigurationSetName":"set"}`: {IdentityARN("shop.example"), ConfigurationSetARN("set")},
		`{"FromEmailAddress":"orders@shop.example","FromEmailAddressIdentityArn":"arn"}`: {"arn"},
		`{"FromEmailAddress":"no address"}`:                                              nil,
	} {
		got := w.svc.Grants("SendEmail", json.RawMessage(input))
		if len(got) != len(want) {
			t.Fatalf("%s: %v", input, got)
		}
		for i := range want {
			if got[i].Action != "ses:SendEmail" || got[i].Resource != want[i] {
				t.Errorf("%s: %v", input, got)
			}
		}
	}
}
