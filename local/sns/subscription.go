package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// subscriptionRecord is a subscription in the store.
type subscriptionRecord struct {
	ARN        string
	TopicARN   string
	Protocol   string
	Endpoint   string
	Attributes map[string]string `json:",omitempty"`
}

// Scopes of a filter policy.
const (
	onAttributes = "MessageAttributes"
	onBody       = "MessageBody"
)

// compile makes a subscription ready for use. It returns InvalidParameter.
func (r subscriptionRecord) compile() (*subscription, error) {
	sub := &subscription{subscriptionRecord: r}
	for name, v := range r.Attributes {
		switch name {
		case "RawMessageDelivery":
			if v != "true" && v != "false" {
				return nil, invalid("Attributes Reason: RawMessageDelivery: Invalid value [%s]. Must be true or false.", v)
			}
		case "FilterPolicyScope":
			if v != onAttributes && v != onBody {
				return nil,
					invalid("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", v)
			}
		case "RedrivePolicy":
			if _, err := deadLetterARN(v); err != nil {
				return nil, err
			}
		case "DeliveryPolicy":
			if !json.Valid([]byte(v)) {
				return nil, invalid("DeliveryPolicy: failed to parse JSON")
			}
		case "FilterPolicy", "SubscriptionRoleArn":
		default:
			return nil, invalid("AttributeName")
		}
	}
	if policy := r.Attributes["FilterPolicy"]; policy != "" && policy != "{}" {
		var err error
		if sub.filter, err = compileFilter(policy, r.Attributes["FilterPolicyScope"]); err != nil {
			return nil, err
		}
	}
	return sub, nil
}

// deadLetterARN reads a RedrivePolicy; empty text means none.
func deadLetterARN(policy string) (string, error) {
	if policy == "" || policy == "{}" {
		return "", nil
	}
	var p struct {
		DeadLetterTargetARN string `json:"deadLetterTargetArn"`
	}
	if json.Unmarshal([]byte(policy), &p) != nil || !strings.HasPrefix(p.DeadLetterTargetARN, "arn:aws:sqs:") {
		return "", invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
	}
	return p.DeadLetterTargetARN, nil
}

type subscribeIn struct {
	TopicARN   string `json:"TopicArn"`
	Protocol   string
	Endpoint   string
	Attributes map[string]string
}

// subscribe confirms every subscription at once, also those that AWS confirms with the endpoint
// first.
func (s *Service) subscribe(_ context.Context, in subscribeIn) (any, error) {
	if _, err := s.requested("TopicArn", in.TopicARN); err != nil {
		return nil, err
	}
	arn, err := s.Subscribe(in.TopicARN, in.Protocol, in.Endpoint, in.Attributes, false)
	if err != nil {
		return nil, err
	}
	return map[string]any{"SubscriptionArn": arn}, nil
}

// Subscribe subscribes an endpoint and returns the subscription's ARN. If the endpoint is
// subscribed already, update says whether its attributes are set; if not, different attributes are
// InvalidParameter.
func (s *Service) Subscribe(topicRef, protocol, endpoint string, attributes map[string]string, update bool) (string, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	t, err := s.topic(topicRef)
	if err != nil {
		return "", err
	}
	if err := checkEndpoint(protocol, endpoint); err != nil {
		return "", err
	}
	rec := subscriptionRecord{TopicARN: ARN(topicRef), Protocol: protocol, Endpoint: endpoint, Attributes: attributes}
	for _, sub := range t.subs {
		if sub.Protocol != protocol || sub.Endpoint != endpoint {
			continue
		}
		if maps.Equal(sub.Attributes, attributes) {
			return sub.ARN, nil
		}
		if !update {
			return "", invalid("Attributes Reason: Subscription already exists with different attributes")
		}
		rec.ARN = sub.ARN
	}
	if rec.ARN == "" {
		rec.ARN = rec.TopicARN + ":" + s.o.NewID()
	}
	return rec.ARN, s.save(t, rec)
}

func checkEndpoint(protocol, endpoint string) error {
	switch protocol {
	case "sqs", "lambda":
		if !strings.HasPrefix(endpoint, "arn:aws:"+protocol+":") {
			return invalid("%s endpoint ARN", strings.ToUpper(protocol))
		}
		if strings.HasSuffix(endpoint, ".fifo") {
			return awsapi.NotImplemented("subscriptions of FIFO queues")
		}
	case "email", "email-json", "sms":
		if endpoint == "" {
			return invalid("Endpoint")
		}
	case "http", "https", "application", "firehose":
		return awsapi.NotImplemented("subscriptions with the protocol " + protocol)
	default:
		return invalid("Amazon SNS does not support this protocol string: %s", protocol)
	}
	return nil
}

// save commits a subscription and brings it into force. The caller holds manage.
func (s *Service) save(t *topic, rec subscriptionRecord) error {
	sub, err := rec.compile()
	if err != nil {
		return err
	}
	b := s.st.NewBatch()
	if err := b.SetJSON(store.NewKey("sns", "subscription", rec.ARN), rec); err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("write subscription %s: %w", rec.ARN, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.subs[rec.ARN] = sub
	return nil
}

type subscriptionIn struct {
	SubscriptionARN string `json:"SubscriptionArn"`
	TopicARN        string `json:"TopicArn"`
	AttributeName   string
	AttributeValue  string
	NextToken       string
}

// unsubscribe succeeds for a subscription that does not exist, as on AWS.
func (s *Service) unsubscribe(_ context.Context, in subscriptionIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	t, sub, err := s.requestedSubscription(in.SubscriptionARN)
	if awsapi.IsType(err, "NotFound") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := s.st.NewBatch()
	b.Delete(store.NewKey("sns", "subscription", sub.ARN))
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("unsubscribe %s: %w", sub.ARN, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(t.subs, sub.ARN)
	return nil, nil
}

func (s *Service) listSubscriptions(_ context.Context, in subscriptionIn) (any, error) {
	s.mu.RLock()
	topics := slices.Collect(maps.Values(s.topics))
	s.mu.RUnlock()
	return s.list(topics, in.NextToken)
}

func (s *Service) listSubscriptionsByTopic(_ context.Context, in subscriptionIn) (any, error) {
	t, err := s.requested("TopicArn", in.TopicARN)
	if err != nil {
		return nil, err
	}
	return s.list([]*topic{t}, in.NextToken)
}

func (s *Service) list(topics []*topic, token string) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[string]*subscription{}
	for _, t := range topics {
		maps.Copy(all, t.subs)
	}
	arns, next := awsapi.Page(slices.Collect(maps.Keys(all)), token, pageSize)
	out := make([]any, len(arns))
	for i, arn := range arns {
		sub := all[arn]
		out[i] = map[string]any{
			"SubscriptionArn": arn, "TopicArn": sub.TopicARN, "Protocol": sub.Protocol, "Endpoint": sub.Endpoint,
			"Owner": awsapi.Account,
		}
	}
	return awsapi.Listing("Subscriptions", out, next), nil
}

func (s *Service) getSubscriptionAttributes(_ context.Context, in subscriptionIn) (any, error) {
	_, sub, err := s.requestedSubscription(in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	out := map[string]string{"RawMessageDelivery": "false"}
	maps.Copy(out, sub.Attributes)
	if out["FilterPolicy"] != "" && out["FilterPolicyScope"] == "" {
		out["FilterPolicyScope"] = onAttributes
	}
	maps.Copy(out, map[string]string{
		"SubscriptionArn": sub.ARN, "TopicArn": sub.TopicARN, "Protocol": sub.Protocol, "Endpoint": sub.Endpoint,
		"Owner":               awsapi.Account,
		"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true",
	})
	return map[string]any{"Attributes": out}, nil
}

func (s *Service) setSubscriptionAttributes(_ context.Context, in subscriptionIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	t, sub, err := s.requestedSubscription(in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	rec := sub.subscriptionRecord
	rec.Attributes = maps.Clone(rec.Attributes)
	if rec.Attributes == nil {
		rec.Attributes = map[string]string{}
	}
	rec.Attributes[in.AttributeName] = in.AttributeValue
	if in.AttributeValue == "" {
		delete(rec.Attributes, in.AttributeName)
	}
	return nil, s.save(t, rec)
}
