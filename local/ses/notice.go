package ses

import (
	"context"
	"encoding/json"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
)

// ServiceIdentity is the access key id of SES itself, which topic policies name as ses.amazonaws.com.
const ServiceIdentity = "service/ses.amazonaws.com"

type sourceKey struct{}

// SourceARN is the ARN of the configuration set for which a topic is called (the condition key
// aws:SourceArn), empty outside of such a call.
func SourceARN(ctx context.Context) string {
	arn, _ := ctx.Value(sourceKey{}).(string)
	return arn
}

// notice is an event for a topic.
type notice struct {
	Set, TopicARN string
	Event         json.RawMessage
}

// simulated are what becomes of mails to the mailbox simulator, by the name before @ (SES developer
// guide, "Using the mailbox simulator manually"). Other mails arrive and cause no event.
var simulated = map[string]struct{ event, kind string }{
	"bounce":          {EventBounce, "General"},
	"suppressionlist": {EventBounce, "Suppressed"},
	"complaint":       {EventComplaint, "abuse"},
}

const simulator = "simulator.amazonses.com"

// notices are the events that a mail causes.
func (m *Mail) notices(set string, targets []Target) []notice {
	var out []notice
	for _, to := range m.To {
		address, err := mail.ParseAddress(to)
		if err != nil {
			continue
		}
		name, domain, _ := strings.Cut(address.Address, "@")
		name, _, _ = strings.Cut(name, "+")
		fate, ok := simulated[strings.ToLower(name)]
		if !ok || !strings.EqualFold(domain, simulator) {
			continue
		}
		for _, t := range targets {
			if slices.Contains(t.Events, fate.event) {
				out = append(out, notice{set, t.TopicARN, m.event(fate.event, fate.kind, address.Address)})
			}
		}
	}
	return out
}

// event is the event data that SES publishes to a topic (SES developer guide, "Contents of event data
// that Amazon SES publishes to Amazon SNS").
func (m *Mail) event(event, kind, address string) json.RawMessage {
	tags := map[string][]string{}
	for name, value := range m.Tags {
		tags[name] = []string{value}
	}
	at := m.At.Format(time.RFC3339Nano)
	out := map[string]any{"mail": map[string]any{
		"timestamp": at, "source": m.From, "sendingAccountId": awsapi.Account, "messageId": m.ID, "destination": m.To, "tags": tags,
	}}
	recipient := map[string]string{"emailAddress": address}
	if event == EventBounce {
		recipient["action"], recipient["status"] = "failed", "5.1.1"
		out["eventType"] = "Bounce"
		out["bounce"] = map[string]any{
			"bounceType": "Permanent", "bounceSubType": kind, "bouncedRecipients": []any{recipient}, "timestamp": at,
		}
	} else {
		out["eventType"] = "Complaint"
		out["complaint"] = map[string]any{
			"complaintFeedbackType": kind, "complainedRecipients": []any{recipient}, "timestamp": at,
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		panic("ses: encode event: " + err.Error()) // maps of text always encode
	}
	return raw
}

// tell makes one attempt to publish an event.
func (s *Service) tell(ctx context.Context, d outbox.Delivery) outbox.Result {
	var n notice
	if err := json.Unmarshal(d.Payload, &n); err != nil {
		s.o.Logger.Error("drop malformed event", "error", err)
		return outbox.Result{Done: true}
	}
	ctx = context.WithValue(ctx, sourceKey{}, ConfigurationSetARN(n.Set))
	ctx = awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: ServiceIdentity})
	_, err := s.o.Call(ctx, "sns", "Publish", map[string]string{"TopicArn": n.TopicARN, "Message": string(n.Event)})
	if e, ok := errors.AsType[*awsapi.Error](err); err != nil && (!ok || e.HTTPStatus() >= 500) {
		return outbox.Result{After: time.Second}
	}
	if err != nil {
		s.o.Logger.Warn("event not published", "topic", n.TopicARN, "error", err)
	}
	return outbox.Result{Done: true}
}
