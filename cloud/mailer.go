package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/orderflow-dev/orderflow"
)

// Mailer sends mails through Amazon SES.
type Mailer struct {
	Client        *sesv2.Client
	From          string // such as "Shop <orders@shop.example>"
	ReplyTo       string // "": From
	Configuration string // the configuration set, which tells what came back
}

// The tags that tell to which mail a bounce belongs. A value has only letters, digits, - and _ (SES API,
// MessageTag).
const (
	orderTag = "orderId"
	mailTag  = "mail"
)

var utf8Charset = aws.String("UTF-8")

// Send sends the text to the order's address (SES API v2, SendEmail) and returns SES's id. An error has
// SES's code as its orderflow.Code, or CodeThrottled, and not SES's words, which may quote the address.
func (m *Mailer) Send(ctx context.Context, o *orderflow.Order, mail *orderflow.Mail, text orderflow.MailText) (string, error) {
	content := func(s string) *types.Content { return &types.Content{Data: &s, Charset: utf8Charset} }
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &m.From, ConfigurationSetName: &m.Configuration,
		Destination: &types.Destination{ToAddresses: []string{o.Email}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(text.Subject),
			Body:    &types.Body{Text: content(text.Text), Html: content(text.HTML)},
			// no vacation notices in reply (RFC 3834, section 5)
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
		EmailTags: []types.MessageTag{
			{Name: aws.String(orderTag), Value: &mail.OrderID}, {Name: aws.String(mailTag), Value: &mail.Name},
		},
	}
	if m.ReplyTo != "" {
		in.ReplyToAddresses = []string{m.ReplyTo}
	}
	out, err := m.Client.SendEmail(ctx, in)
	if err != nil {
		return "", refusedMail(err)
	}
	return aws.ToString(out.MessageId), nil
}

func refusedMail(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	switch {
	case !ok:
		return fmt.Errorf("send email: %w", err)
	case throttled[api.ErrorCode()]:
		return orderflow.Errorf(orderflow.CodeThrottled, "send email: %s", api.ErrorCode())
	}
	return orderflow.Errorf(orderflow.Code(api.ErrorCode()), "SES refused the mail")
}

// topicValidated begins the text that SES publishes once, when a topic becomes the destination of its
// events.
const topicValidated = "Successfully validated SNS topic"

// ReadMailFeedback reads an event that SES publishes on a topic (SES developer guide, "Contents of event
// data that Amazon SES publishes to Amazon SNS"). ok is false if the message is no such event. Only
// permanent bounces and complaints have a Status.
func ReadMailFeedback(body string) (f orderflow.MailFeedback, ok bool, err error) {
	type recipient struct {
		EmailAddress string `json:"emailAddress"`
	}
	var e struct {
		EventType string `json:"eventType"`
		Mail      struct {
			ID   string              `json:"messageId"`
			Tags map[string][]string `json:"tags"`
		} `json:"mail"`
		Bounce struct {
			Type       string      `json:"bounceType"`
			SubType    string      `json:"bounceSubType"`
			Recipients []recipient `json:"bouncedRecipients"`
		} `json:"bounce"`
		Complaint struct {
			Type       string      `json:"complaintFeedbackType"`
			Recipients []recipient `json:"complainedRecipients"`
		} `json:"complaint"`
	}
	if strings.HasPrefix(body, topicValidated) {
		return f, true, nil
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return f, false, err
	}
	if e.EventType == "" {
		return f, false, nil
	}
	f.Provider = e.Mail.ID
	f.OrderID, f.Name = first(e.Mail.Tags[orderTag]), first(e.Mail.Tags[mailTag])
	var of []recipient
	switch {
	case e.EventType == "Bounce" && e.Bounce.Type == "Permanent":
		f.Status, f.Detail, of = orderflow.MailBounced, e.Bounce.SubType, e.Bounce.Recipients
	case e.EventType == "Complaint":
		f.Status, f.Detail, of = orderflow.MailComplained, e.Complaint.Type, e.Complaint.Recipients
	}
	for _, r := range of {
		f.Addresses = append(f.Addresses, r.EmailAddress)
	}
	return f, true, nil
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
