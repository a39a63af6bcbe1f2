package ses

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
)

var api = awsapi.API[*Service]{Name: "ses", Grants: (*Service).grants, Operations: awsapi.Operations[*Service]{
	"SendEmail": awsapi.Typed((*Service).sendEmail),
}}

// Do implements awsapi.Service: one operation of the Amazon SES API v2.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	return api.Do(ctx, s, op, input)
}

// Open implements awsapi.Opener.
func (s *Service) Open(op string, in awsapi.Input) (awsapi.Call, error) { return api.Open(s, op, in) }

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	return api.GrantsOf(s, op, input)
}

// grants is Grants by the input: the sender's identity and the configuration set.
func (s *Service) grants(_ string, input any) []awsapi.Grant {
	in := input.(*sendIn) // there is one operation
	identity := in.FromEmailAddressIdentityARN
	if identity == "" {
		from, err := mail.ParseAddress(in.FromEmailAddress)
		if err != nil {
			return nil // sendEmail refuses it
		}
		identity = IdentityARN(from.Address[strings.LastIndexByte(from.Address, '@')+1:])
	}
	grants := []awsapi.Grant{{Action: "ses:SendEmail", Resource: identity}}
	if in.ConfigurationSetName != "" {
		grants = append(grants, awsapi.Grant{Action: "ses:SendEmail", Resource: ConfigurationSetARN(in.ConfigurationSetName)})
	}
	return grants
}

var wire = awsapi.REST{Prefix: "/v2/email/", Routes: []awsapi.Route{
	{Method: "POST", Path: "outbound-emails", Operation: "SendEmail"},
}, Input: func(_ *http.Request, _, _ string, body []byte) (any, error) {
	if len(body) == 0 {
		return struct{}{}, nil
	}
	if !json.Valid(body) {
		return nil, awsapi.Errorf("SerializationException", "the body is not JSON")
	}
	return json.RawMessage(body), nil
}}

// Protocol implements awsapi.HTTPService.
func (s *Service) Protocol() awsapi.Protocol { return &wire }

// sendIn is the input of SendEmail.
type sendIn struct {
	FromEmailAddress            string
	FromEmailAddressIdentityARN string `json:"FromEmailAddressIdentityArn"`
	Destination                 struct{ ToAddresses, CcAddresses, BccAddresses []string }
	ReplyToAddresses            []string
	Content                     struct {
		Simple        *simple
		Raw, Template *struct{}
	}
	EmailTags            []struct{ Name, Value string }
	ConfigurationSetName string
}

type sendOut struct {
	MessageID string `json:"MessageId"`
}

// simple is a mail of which SES makes the MIME message.
type simple struct {
	Subject data
	Body    struct {
		Text *data
		HTML *data `json:"Html"`
	}
	Headers     []struct{ Name, Value string }
	Attachments []struct{}
}

type data struct{ Data, Charset string }

func (d *data) text() string {
	if d == nil {
		return ""
	}
	return d.Data
}

func (s *Service) sendEmail(_ context.Context, in sendIn) (any, error) {
	m, err := in.mail()
	if err != nil {
		return nil, err
	}
	var targets []Target
	if in.ConfigurationSetName != "" {
		var ok bool
		if targets, ok = s.targets(in.ConfigurationSetName); !ok {
			return nil, &awsapi.Error{Type: "NotFoundException", Status: http.StatusNotFound,
				Message: fmt.Sprintf("Configuration set <%s> does not exist.", in.ConfigurationSetName)}
		}
	}
	if err := s.keep(m, in.ConfigurationSetName, targets); err != nil {
		return nil, err
	}
	return sendOut{m.ID}, nil
}

// keep commits a mail, and the events that its recipients cause.
func (s *Service) keep(m *Mail, set string, targets []Target) error {
	m.ID, m.At = s.o.NewID(), s.clock.Now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Sequence = s.last + 1
	b := s.st.NewBatch()
	if err := b.SetJSON(mailKey().Uint(m.Sequence), m); err != nil {
		return err
	}
	if m.Sequence > s.o.Keep {
		b.Delete(mailKey().Uint(m.Sequence - s.o.Keep))
	}
	var tickets []outbox.Ticket
	for _, n := range m.notices(set, targets) {
		raw, err := json.Marshal(n)
		if err != nil {
			b.Discard()
			return err
		}
		tickets = append(tickets, s.out.Add(b, raw))
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("send email: %w", err)
	}
	s.last = m.Sequence
	s.out.Release(tickets...)
	return nil
}

const maxRecipients = 50

var (
	tagText    = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,256}$`)
	headerName = regexp.MustCompile(`^[!-9;-~]{1,126}$`)
)

// mail checks a request as SES does and makes its mail.
func (in *sendIn) mail() (*Mail, error) {
	if in.Content.Raw != nil || in.Content.Template != nil {
		return nil, awsapi.NotImplemented("SendEmail of raw content or a template")
	}
	c := in.Content.Simple
	if c == nil {
		return nil, badRequest("Content is required.")
	}
	if len(c.Attachments) > 0 {
		return nil, awsapi.NotImplemented("SendEmail with attachments")
	}
	if c.Body.Text == nil && c.Body.HTML == nil {
		return nil, badRequest("Body is required.")
	}
	m := &Mail{
		From: in.FromEmailAddress, ReplyTo: in.ReplyToAddresses, Subject: c.Subject.Data,
		Text: c.Body.Text.text(), HTML: c.Body.HTML.text(), Headers: map[string]string{}, Tags: map[string]string{},
	}
	for _, list := range [][]string{in.Destination.ToAddresses, in.Destination.CcAddresses, in.Destination.BccAddresses} {
		m.To = append(m.To, list...)
	}
	if len(m.To) == 0 || len(m.To) > maxRecipients {
		return nil, badRequest("Recipient count is not between 1 and %d.", maxRecipients)
	}
	if strings.ContainsAny(m.Subject, "\r\n") {
		return nil, badRequest("Subject has a line break.")
	}
	for _, address := range append([]string{m.From}, m.To...) {
		if _, err := mail.ParseAddress(address); err != nil {
			return nil, badRequest("Invalid address.")
		}
	}
	for _, h := range c.Headers {
		if !headerName.MatchString(h.Name) || strings.ContainsAny(h.Value, "\r\n") {
			return nil, badRequest("Invalid header %q.", h.Name)
		}
		m.Headers[h.Name] = h.Value
	}
	for _, t := range in.EmailTags {
		if !tagText.MatchString(t.Name) || !tagText.MatchString(t.Value) {
			return nil, badRequest("Invalid tag %q.", t.Name)
		}
		m.Tags[t.Name] = t.Value
	}
	return m, nil
}

func badRequest(format string, args ...any) error {
	return awsapi.Errorf("BadRequestException", format, args...)
}
