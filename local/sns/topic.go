package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// topicAttributes are the attributes that can be set; they are stored and returned.
var topicAttributes = []string{"DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId", "TracingConfig",
	"SignatureVersion"}

type createTopicIn struct {
	Name       string
	Attributes map[string]string
	Tags       []struct{ Key, Value string } // checked, and not kept
}

func (s *Service) createTopic(_ context.Context, in createTopicIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	if err := in.check(); err != nil {
		return nil, err
	}
	if t, err := s.topic(in.Name); err == nil {
		for name, v := range in.Attributes {
			if t.rec.Attributes[name] != v {
				return nil, invalid("Attributes Reason: Topic already exists with different attributes")
			}
		}
	} else if err := s.create(in); err != nil {
		return nil, err
	}
	return map[string]any{"TopicArn": ARN(in.Name)}, nil
}

// Ensure creates the topic, or sets the attributes of an existing one, as a deployment does.
func (s *Service) Ensure(name string, attributes map[string]string) error {
	s.manage.Lock()
	defer s.manage.Unlock()
	in := createTopicIn{Name: name, Attributes: attributes}
	if err := in.check(); err != nil {
		return err
	}
	t, err := s.topic(name)
	if err != nil {
		return s.create(in)
	}
	return s.update(t, attributes)
}

func (in *createTopicIn) check() error {
	if strings.HasSuffix(in.Name, ".fifo") || in.Attributes["FifoTopic"] == "true" {
		return awsapi.NotImplemented("CreateTopic of a FIFO topic (standard topics only)")
	}
	if !topicName.MatchString(in.Name) {
		return invalid("Topic Name")
	}
	keys := map[string]bool{}
	for _, tag := range in.Tags {
		if keys[tag.Key] {
			return invalid("Tags Reason: Duplicate keys are not allowed.")
		}
		keys[tag.Key] = true
	}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if name == "FifoTopic" {
			continue
		}
		if !slices.Contains(topicAttributes, name) {
			return invalid("Attributes Reason: Unknown attribute %s", name)
		}
		if err := checkTopicAttribute(name, in.Attributes[name]); err != nil {
			return err
		}
	}
	return nil
}

// checkTopicAttribute refuses values that SNS refuses. Empty text removes an attribute.
func checkTopicAttribute(name, value string) error {
	if value == "" {
		return nil
	}
	ok := true
	switch name {
	case "DisplayName":
		ok = utf8.RuneCountInString(value) <= 100 && !strings.ContainsFunc(value, unicode.IsControl)
	case "Policy", "DeliveryPolicy":
		var object map[string]any
		ok = json.Unmarshal([]byte(value), &object) == nil && object != nil
	case "TracingConfig":
		ok = value == "PassThrough" || value == "Active"
	case "SignatureVersion":
		ok = value == "1" || value == "2"
	}
	if !ok {
		return invalid("Attributes Reason: Invalid value for attribute %s", name)
	}
	return nil
}

// create writes a new topic. The caller holds manage.
func (s *Service) create(in createTopicIn) error {
	rec := topicRecord{in.Name, s.lastID + 1, maps.Clone(in.Attributes)}
	b := s.st.NewBatch()
	b.SetUint(lastIDKey, rec.ID)
	if err := commitTopic(b, rec); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = rec.ID
	s.topics[in.Name] = newTopic(rec)
	return nil
}

// update sets attributes of a topic. The caller holds manage.
func (s *Service) update(t *topic, attrs map[string]string) error {
	rec := t.rec
	rec.Attributes = maps.Clone(rec.Attributes)
	if rec.Attributes == nil {
		rec.Attributes = map[string]string{}
	}
	maps.Copy(rec.Attributes, attrs)
	if maps.Equal(rec.Attributes, t.rec.Attributes) {
		return nil
	}
	if err := commitTopic(s.st.NewBatch(), rec); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.rec = rec
	return nil
}

func commitTopic(b *store.Batch, rec topicRecord) error {
	if err := b.SetJSON(store.NewKey("sns", "topic", rec.Name), rec); err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("write topic %s: %w", rec.Name, err)
	}
	return nil
}

type topicIn struct {
	TopicARN       string `json:"TopicArn"`
	AttributeName  string
	AttributeValue string
	NextToken      string
}

// deleteTopic deletes the topic with its subscriptions and messages. A topic that does not exist is
// no error, as on AWS.
func (s *Service) deleteTopic(_ context.Context, in topicIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	t, err := s.requested("TopicArn", in.TopicARN)
	if awsapi.IsType(err, "NotFound") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := s.st.NewBatch()
	b.Delete(store.NewKey("sns", "topic", t.name))
	messages := publishedKey(t.id)
	b.DeleteRange(messages, messages.End())
	for arn := range t.subs {
		b.Delete(store.NewKey("sns", "subscription", arn))
	}
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("delete topic %s: %w", t.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, t.name)
	return nil, nil
}

// Policies are the resource policies of the topics, by ARN; empty for a topic that has none.
func (s *Service) Policies() map[string]string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[string]string{}
	for name, t := range s.topics {
		out[ARN(name)] = t.rec.Attributes["Policy"]
	}
	return out
}

const pageSize = 100

func (s *Service) listTopics(_ context.Context, in topicIn) (any, error) {
	s.mu.RLock()
	names := slices.Collect(maps.Keys(s.topics))
	s.mu.RUnlock()
	names, next := awsapi.Page(names, in.NextToken, pageSize)
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = map[string]any{"TopicArn": ARN(n)}
	}
	return awsapi.Listing("Topics", out, next), nil
}

func (s *Service) getTopicAttributes(_ context.Context, in topicIn) (any, error) {
	t, err := s.requested("TopicArn", in.TopicARN)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[string]string{"DisplayName": ""}
	maps.Copy(out, t.rec.Attributes)
	out["TopicArn"], out["Owner"] = ARN(t.name), awsapi.Account
	out["SubscriptionsConfirmed"] = strconv.Itoa(len(t.subs))
	out["SubscriptionsPending"], out["SubscriptionsDeleted"] = "0", "0"
	return map[string]any{"Attributes": out}, nil
}

func (s *Service) setTopicAttributes(_ context.Context, in topicIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	t, err := s.requested("TopicArn", in.TopicARN)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(topicAttributes, in.AttributeName) {
		return nil, invalid("AttributeName")
	}
	if err := checkTopicAttribute(in.AttributeName, in.AttributeValue); err != nil {
		return nil, err
	}
	return nil, s.update(t, map[string]string{in.AttributeName: in.AttributeValue})
}
