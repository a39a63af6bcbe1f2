package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/sns"
)

func (s *Stack) newSNS() (*sns.Service, error) {
	return sns.New(s.store, s.clock, sns.Options{Call: s.call, InvokeAsync: s.invokeTarget, Logger: s.log})
}

// topicService is SNS, whose topics may have a policy.
func (s *Stack) topicService() awsapi.Service {
	return policyService{openService: s.sns, setters: []string{"CreateTopic", "SetTopicAttributes"},
		attach: s.attachTopicPolicies,
		refuse: func(why error) error {
			return awsapi.Errorf("InvalidParameter", "Invalid parameter: Policy statement error: %v", why)
		}}
}

func (s *Stack) attachTopicPolicies() { s.attachPolicies(s.sns.Policies) }

func (s *Stack) createTopics(context.Context) error {
	policies := map[string]json.RawMessage{}
	for _, p := range s.template.TopicPolicies {
		for _, arn := range p.Resources {
			policies[arn] = p.Document
		}
	}
	for _, t := range s.template.Topics {
		attrs := map[string]string{}
		if t.DisplayName != "" {
			attrs["DisplayName"] = t.DisplayName
		}
		if p := policies[t.ARN]; p != nil {
			attrs["Policy"] = string(p)
		}
		if err := s.sns.Ensure(t.Name, attrs); err != nil {
			return fmt.Errorf("topic %s: %w", t.LogicalID, err)
		}
	}
	s.attachTopicPolicies()
	return nil
}

// createSubscriptions makes the subscriptions match the template, and deletes those of an earlier
// template.
func (s *Stack) createSubscriptions(ctx context.Context) error {
	var names []string
	for _, u := range s.template.Subscriptions {
		names = append(names, strings.Join([]string{u.TopicARN, u.Protocol, u.Endpoint}, " "))
	}
	return s.replace("subscriptions", names, func() error {
		for _, u := range s.template.Subscriptions {
			if _, err := s.sns.Subscribe(u.TopicARN, u.Protocol, u.Endpoint, u.Attributes, true); err != nil {
				return fmt.Errorf("subscription %s: %w", u.LogicalID, err)
			}
		}
		return nil
	}, func(name string) error { return s.unsubscribe(ctx, name) })
}

// unsubscribe deletes the subscription of a name that createSubscriptions recorded.
func (s *Stack) unsubscribe(ctx context.Context, name string) error {
	parts := strings.SplitN(name, " ", 3)
	token := ""
	for {
		out, err := s.call(ctx, "sns", "ListSubscriptionsByTopic",
			map[string]string{"TopicArn": parts[0], "NextToken": token})
		if awsapi.IsType(err, "NotFound") {
			return nil
		}
		if err != nil {
			return err
		}
		var page struct {
			Subscriptions []struct{ SubscriptionArn, Protocol, Endpoint string }
			NextToken     string
		}
		if err := json.Unmarshal(out, &page); err != nil {
			return fmt.Errorf("read subscriptions: %w", err)
		}
		for _, u := range page.Subscriptions {
			if u.Protocol == parts[1] && u.Endpoint == parts[2] {
				_, err := s.call(ctx, "sns", "Unsubscribe", map[string]string{"SubscriptionArn": u.SubscriptionArn})
				return err
			}
		}
		if token = page.NextToken; token == "" {
			return nil
		}
	}
}

// Published is a message that was published to a topic.
type Published struct {
	Sequence uint64 // of its topic, ascending
	At       time.Time
	Subject  string
	Message  string
}

// Published reads what was published to a topic, by its name or ARN: up to limit messages after a
// sequence number.
func (s *Stack) Published(topic string, after uint64, limit int) ([]Published, error) {
	messages, err := s.sns.Published(topic, after, limit)
	out := make([]Published, len(messages))
	for i, m := range messages {
		out[i] = Published{Sequence: m.Sequence, At: m.Time, Subject: m.Subject, Message: m.Body}
	}
	return out, err
}
