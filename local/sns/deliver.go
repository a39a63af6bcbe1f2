package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/pattern"
	"github.com/orderflow-dev/orderflow/local/store"
)

// delivery is one message for one subscription. The subscription is as it was when the message was
// published.
type delivery struct {
	Subscription subscriptionRecord
	Message      *Message
}

// ServiceIdentity is the access key id of SNS itself, which queue and function policies name as
// sns.amazonaws.com.
const ServiceIdentity = "service/sns.amazonaws.com"

type sourceKey struct{}

// SourceARN is the ARN of the topic for which an endpoint is called (the condition key
// aws:SourceArn), empty outside of such a call.
func SourceARN(ctx context.Context) string {
	arn, _ := ctx.Value(sourceKey{}).(string)
	return arn
}

// fanOut writes a delivery for each subscription of a queue or function that accepts the message.
func (s *Service) fanOut(b *store.Batch, t *topic, m *Message) ([]outbox.Ticket, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var tickets []outbox.Ticket
	for _, sub := range t.subs {
		if sub.Protocol != "sqs" && sub.Protocol != "lambda" || !sub.takes(m) {
			continue
		}
		v, err := awsapi.MarshalUnescaped(delivery{sub.subscriptionRecord, m})
		if err != nil {
			return nil, fmt.Errorf("encode delivery: %w", err)
		}
		tickets = append(tickets, s.out.Add(b, v))
	}
	return tickets, nil
}

// takes matches the filter policy. Attributes are matched by their values; a body that is not a
// JSON object matches no policy.
func (sub *subscription) takes(m *Message) bool {
	if sub.filter == nil || sub.closed {
		return !sub.closed
	}
	text := []byte(m.bodyFor(sub.Protocol))
	if sub.Attributes["FilterPolicyScope"] != onBody {
		var err error
		if text, err = json.Marshal(m.attributeValues()); err != nil {
			return false
		}
	}
	event, err := pattern.ParseEvent(text)
	return err == nil && sub.filter.MatchEvent(event)
}

// attributeValues are the attributes as a filter policy sees them: texts, numbers and, for
// String.Array, lists.
func (m *Message) attributeValues() map[string]any {
	out := map[string]any{}
	for name, a := range m.Attributes {
		switch a.DataType {
		case "Binary":
		case "Number", "String.Array":
			var v any
			if json.Unmarshal([]byte(a.StringValue), &v) == nil {
				out[name] = v
			}
		default:
			out[name] = a.StringValue
		}
	}
	return out
}

func (m *Message) bodyFor(protocol string) string {
	if b, ok := m.ByProtocol[protocol]; ok {
		return b
	}
	return m.Body
}

// maxAttempts and the delays between them are SNS's delivery policy for queues and functions
// ("Amazon SNS message delivery retries").
const maxAttempts = 100_015

func backoff(attempt int) time.Duration {
	switch {
	case attempt <= 3:
		return 0
	case attempt <= 5:
		return time.Second
	case attempt <= 15:
		return min(time.Second<<((attempt-5)/2), 20*time.Second)
	}
	return 20 * time.Second
}

// deliver makes one attempt. A message that cannot be delivered goes to the subscription's
// dead-letter queue, if it has one.
func (s *Service) deliver(ctx context.Context, out outbox.Delivery) outbox.Result {
	var d delivery
	if err := json.Unmarshal(out.Payload, &d); err != nil {
		s.o.Logger.Error("drop malformed delivery", "error", err)
		return outbox.Result{Done: true}
	}
	ctx = context.WithValue(ctx, sourceKey{}, d.Subscription.TopicARN)
	ctx = awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: ServiceIdentity})
	dead := len(out.Note) > 0
	err := error(nil)
	if !dead {
		err = s.invoke(ctx, &d)
	}
	switch {
	case err == nil && !dead:
		return outbox.Result{Done: true}
	case !dead && retryable(err) && out.Attempt < maxAttempts:
		return outbox.Result{After: backoff(out.Attempt)}
	case !dead:
		s.o.Logger.Warn("message not delivered", "subscription", d.Subscription.ARN, "endpoint",
			d.Subscription.Endpoint, "error", err)
	}
	if err := s.bury(ctx, &d); err != nil && retryable(err) {
		return outbox.Result{After: backoff(out.Attempt), Note: []byte("dead")}
	} else if err != nil {
		s.o.Logger.Error("dead letter not delivered", "subscription", d.Subscription.ARN, "error", err)
	}
	return outbox.Result{Done: true}
}

func (s *Service) invoke(ctx context.Context, d *delivery) error {
	if d.Subscription.Protocol == "sqs" {
		return s.sendTo(ctx, d.Subscription.Endpoint, d)
	}
	payload, err := d.lambdaEvent()
	if err != nil {
		return err
	}
	return s.o.InvokeAsync(ctx, d.Subscription.Endpoint, payload)
}

// bury sends the message to the dead-letter queue in the form that a queue subscription gets.
func (s *Service) bury(ctx context.Context, d *delivery) error {
	dlq, err := deadLetterARN(d.Subscription.Attributes["RedrivePolicy"])
	if err != nil || dlq == "" {
		return err
	}
	return s.sendTo(ctx, dlq, d)
}

type sendMessage struct {
	QueueURL          string               `json:"QueueUrl"`
	MessageBody       string               `json:"MessageBody"`
	MessageAttributes map[string]Attribute `json:"MessageAttributes,omitempty"`
	MessageGroupID    string               `json:"MessageGroupId,omitempty"`
}

// sendTo sends the envelope, or the bare message with its attributes if the subscription has raw
// delivery.
func (s *Service) sendTo(ctx context.Context, queueARN string, d *delivery) error {
	in := sendMessage{QueueURL: awsapi.QueueURL(queueARN), MessageGroupID: d.Message.Group}
	if d.Subscription.Attributes["RawMessageDelivery"] == "true" {
		in.MessageBody, in.MessageAttributes = d.Message.bodyFor("sqs"), maps.Clone(d.Message.Attributes)
		maps.DeleteFunc(in.MessageAttributes,
			func(name string, _ Attribute) bool { return strings.HasPrefix(name, ownPrefix) })
	} else {
		text, err := awsapi.MarshalUnescaped(d.envelope("sqs"))
		if err != nil {
			return err
		}
		in.MessageBody = string(text)
	}
	_, err := s.o.Call(ctx, "sqs", "SendMessage", in)
	return err
}

// retryable reports whether another attempt may succeed: not if a queue or permission is missing.
func retryable(err error) bool {
	e, ok := errors.AsType[*awsapi.Error](err)
	return !ok || e.HTTPStatus() >= 500 && e.Type != "NotImplemented" || e.Type == "TooManyRequestsException" ||
		e.Type == "ThrottlingException"
}

// envelope is the notification that queues get. The local SNS has no certificate: the signature and
// its URL are empty.
type envelope struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Subject           string `json:",omitempty"`
	Message           string
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string
	MessageAttributes map[string]value `json:",omitempty"`
}

// value is a message attribute in a notification; binary values are base64.
type value struct{ Type, Value string }

func (d *delivery) envelope(protocol string) envelope {
	m := d.Message
	return envelope{
		Type: "Notification", MessageID: m.ID, TopicARN: m.TopicARN, Subject: m.Subject, Message: m.bodyFor(protocol),
		Timestamp: m.Time.Format("2006-01-02T15:04:05.000Z"), SignatureVersion: "1", MessageAttributes: m.values(),
		UnsubscribeURL: "http://sns." + awsapi.Region + ".localhost/?Action=Unsubscribe&SubscriptionArn=" +
			d.Subscription.ARN,
	}
}

func (m *Message) values() map[string]value {
	out := map[string]value{}
	for name, a := range m.Attributes {
		v := value{a.DataType, a.StringValue}
		if a.DataType == "Binary" {
			v.Value = encodeBase64(a.BinaryValue)
		}
		out[name] = v
	}
	return out
}

// lambdaEvent is the event that a function receives.
func (d *delivery) lambdaEvent() ([]byte, error) {
	e := d.envelope("lambda")
	var subject any
	if e.Subject != "" {
		subject = e.Subject
	}
	record := map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": d.Subscription.ARN,
		"Sns": map[string]any{
			"Type": e.Type, "MessageId": e.MessageID, "TopicArn": e.TopicARN, "Subject": subject, "Message": e.Message,
			"Timestamp": e.Timestamp, "SignatureVersion": e.SignatureVersion, "Signature": e.Signature,
			"SigningCertUrl": e.SigningCertURL,
			"UnsubscribeUrl": e.UnsubscribeURL, "MessageAttributes": d.Message.values(),
		},
	}
	return awsapi.MarshalUnescaped(map[string]any{"Records": []any{record}})
}
