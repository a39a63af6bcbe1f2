package sns

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/store"
)

const (
	maxMessageBytes = 256 << 10
	maxBatch        = 10
)

// Message is a published message.
type Message struct {
	Sequence   uint64 // of its topic, from 1, ascending in the order of acceptance
	ID         string
	TopicARN   string
	Subject    string
	Body       string            // what is delivered where ByProtocol has nothing
	ByProtocol map[string]string `json:",omitempty"` // MessageStructure json
	Attributes map[string]Attribute
	Group      string `json:",omitempty"` // MessageGroupId, which is passed on to queues
	Time       time.Time
}

// publishIn is a Publish request, or an entry of a batch.
type publishIn struct {
	ID                string `json:"Id"`
	TopicARN          string `json:"TopicArn"`
	TargetARN         string `json:"TargetArn"`
	PhoneNumber       string
	Subject           string
	Message           string
	MessageStructure  string
	MessageAttributes map[string]Attribute
	MessageGroupID    string `json:"MessageGroupId"`
	// MessageDeduplicationID is for FIFO topics only.
	MessageDeduplicationID string `json:"MessageDeduplicationId"`
}

func (s *Service) publish(_ context.Context, in publishIn) (any, error) {
	if in.PhoneNumber != "" {
		return nil, awsapi.NotImplemented("Publish to a PhoneNumber")
	}
	member, arn := "TopicArn", in.TopicARN
	if arn == "" {
		member, arn = "TargetArn", in.TargetARN
	}
	if arn == "" {
		return nil, invalid("TopicArn or TargetArn Reason: no value for required parameter")
	}
	t, err := s.requested(member, arn)
	if err != nil {
		return nil, err
	}
	m, err := s.message(t, in)
	if err != nil {
		return nil, err
	}
	if err := s.accept(t, []*Message{m}); err != nil {
		return nil, err
	}
	return map[string]any{"MessageId": m.ID}, nil
}

func (in *publishIn) size() int {
	n := len(in.Message)
	for name, a := range in.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return n
}

// message checks a request and makes its message.
func (s *Service) message(t *topic, in publishIn) (*Message, error) {
	for _, name := range slices.Sorted(maps.Keys(in.MessageAttributes)) {
		if err := in.MessageAttributes[name].check(name); err != nil {
			return nil, err
		}
	}
	switch {
	case in.Message == "":
		return nil, invalid("Empty message")
	case in.size() > maxMessageBytes:
		return nil, invalid("Message too long")
	case utf8.RuneCountInString(in.Subject) > 100 || strings.ContainsFunc(in.Subject, unicode.IsControl):
		return nil, invalid("Subject")
	case in.MessageDeduplicationID != "":
		return nil, invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter " +
			"that is not valid for this topic type")
	case in.MessageGroupID != "" && !awsapi.IsMessageGroup(in.MessageGroupID):
		return nil, invalid("MessageGroupId")
	case in.MessageStructure != "" && in.MessageStructure != "json":
		return nil, invalid("MessageStructure")
	}
	m := &Message{
		ID: s.o.NewID(), TopicARN: ARN(t.name), Subject: in.Subject, Body: in.Message,
		Attributes: in.MessageAttributes, Group: in.MessageGroupID,
		Time: s.clock.Now().UTC(),
	}
	if in.MessageStructure == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(in.Message), &m.ByProtocol); err != nil {
		return nil, invalid("Message Structure - JSON message body failed to parse")
	}
	if m.Body = m.ByProtocol["default"]; m.Body == "" {
		return nil, invalid("Message Structure - No default entry in JSON message body")
	}
	return m, nil
}

func publishedKey(topicID uint64) store.Key { return store.NewKey("sns", "published").Uint(topicID) }

// accept commits the messages and their deliveries in one batch.
func (s *Service) accept(t *topic, messages []*Message) error {
	defer t.number(messages)()
	b := s.st.NewBatch()
	var tickets []outbox.Ticket
	for _, m := range messages {
		if err := b.SetJSON(publishedKey(t.id).Uint(m.Sequence), m); err != nil {
			return err
		}
		if m.Sequence > s.o.Keep {
			b.Delete(publishedKey(t.id).Uint(m.Sequence - s.o.Keep))
		}
		added, err := s.fanOut(b, t, m)
		if err != nil {
			b.Discard()
			return err
		}
		tickets = append(tickets, added...)
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("publish to %s: %w", t.name, err)
	}
	s.out.Release(tickets...)
	return nil
}

// number gives messages their sequence numbers. The function that it returns reports that they are
// committed, or never will be.
func (t *topic) number(messages []*Message) (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range messages {
		t.last++
		m.Sequence = t.last
		t.inFlight[m.Sequence] = true
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, m := range messages {
			delete(t.inFlight, m.Sequence)
		}
	}
}

// readable is the first sequence number that readers must not see yet.
func (t *topic) readable() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := t.last + 1
	for n := range t.inFlight {
		end = min(end, n)
	}
	return end
}

// Published returns up to limit messages of the topic of the given name or ARN whose sequence
// number is greater than after, in order. A reader that continues from the last number it got
// misses none that is still kept (Options.Keep). It returns NotFound.
func (s *Service) Published(topicRef string, after uint64, limit int) ([]Message, error) {
	t, err := s.topic(topicRef)
	if err != nil {
		return nil, err
	}
	prefix := publishedKey(t.id)
	var out []Message
	for m, err := range store.Records[Message](s.st.Scan(prefix.Clone().Uint(after+1), prefix.Clone().Uint(t.readable()))) {
		if err != nil {
			return nil, fmt.Errorf("read topic %s: %w", t.name, err)
		}
		if len(out) == limit {
			break
		}
		out = append(out, m)
	}
	return out, nil
}
