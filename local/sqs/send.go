package sqs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// sendEntry is a SendMessage request, or an entry of a batch.
type sendEntry struct {
	ID                      string `json:"Id"`
	QueueURL                string `json:"QueueUrl"`
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]Attribute
	MessageSystemAttributes map[string]Attribute
	MessageGroupID          string `json:"MessageGroupId"`
	MessageDeduplicationID  string `json:"MessageDeduplicationId"`
}

// sent is the answer to one entry.
type sent struct {
	ID                           string `json:"Id,omitempty"`
	MessageID                    string `json:"MessageId"`
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Service) sendMessage(ctx context.Context, in sendEntry) (any, error) {
	q, err := s.begin(in.QueueURL)
	if err != nil {
		return nil, err
	}
	defer q.end()
	cfg := q.settings()
	if err := in.check(cfg); err != nil {
		return nil, err
	}
	out, err := q.send(ctx, cfg, []sendEntry{in})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

type sendBatchIn struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []sendEntry
}

func (s *Service) sendMessageBatch(ctx context.Context, in sendBatchIn) (any, error) {
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, "SendMessageBatchRequestEntry", func(e sendEntry) string { return e.ID }); err != nil {
		return nil, err
	}
	if err := checkTotal(in.Entries); err != nil {
		return nil, err
	}
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	cfg := q.settings()
	var good []sendEntry
	out := batchResult{}
	for _, e := range in.Entries {
		if err := e.check(cfg); err != nil {
			out.fail(e.ID, err)
			continue
		}
		good = append(good, e)
	}
	results, err := q.send(ctx, cfg, good)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		out.Successful = append(out.Successful, r)
	}
	return out, nil
}

func checkTotal(entries []sendEntry) error {
	total := 0
	for _, e := range entries {
		total += e.size()
	}
	if total > maxMessageBytes {
		return awsapi.Errorf("BatchRequestTooLong",
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessageBytes, total)
	}
	return nil
}

func (q *queue) settings() settings {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cfg
}

// send commits new messages and makes them visible. The caller is between begin and end; the
// entries have been checked.
func (q *queue) send(ctx context.Context, cfg settings, in []sendEntry) ([]sent, error) {
	if len(in) == 0 {
		return nil, nil
	}
	now := q.s.now()
	seq := q.reserve(len(in))
	sender := awsapi.IdentityFrom(ctx).AccessKey
	entries, out := make([]*entry, len(in)), make([]sent, len(in))
	b := q.s.st.NewBatch()
	for i, m := range in {
		rec := &message{header{ID: uuid.NewString(), Attributes: m.MessageAttributes, Sender: sender, Group: m.MessageGroupID,
			Trace: m.MessageSystemAttributes["AWSTraceHeader"].StringValue}, m.MessageBody}
		delay := m.delay(cfg)
		e := &entry{seq: seq + uint64(i), sent: now, visibleAt: now + millis(delay), delayed: delay > 0}
		if err := q.put(b, e, rec); err != nil {
			b.Discard()
			return nil, err
		}
		entries[i], out[i] = e, sent{
			ID: m.ID, MessageID: rec.ID, MD5OfMessageBody: md5Hex(m.MessageBody),
			MD5OfMessageAttributes:       attributesMD5(m.MessageAttributes),
			MD5OfMessageSystemAttributes: attributesMD5(m.MessageSystemAttributes),
		}
	}
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("send to %s: %w", q.name, err)
	}
	q.add(entries...)
	return out, nil
}

func (m *sendEntry) delay(cfg settings) time.Duration {
	if m.DelaySeconds == nil {
		return cfg.delay
	}
	return time.Duration(*m.DelaySeconds) * time.Second
}

func (m *sendEntry) size() int {
	n := len(m.MessageBody)
	for name, a := range m.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return n
}

// check refuses a message that Amazon SQS refuses.
func (m *sendEntry) check(cfg settings) error {
	switch {
	case m.MessageBody == "":
		return missingParameter("MessageBody")
	case m.size() > cfg.maxBytes:
		return invalidParameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.",
			cfg.maxBytes)
	case m.MessageDeduplicationID != "":
		return invalidParameter("The request include parameter MessageDeduplicationId which is not valid for this queue type")
	case m.DelaySeconds != nil && (*m.DelaySeconds < 0 || m.delay(cfg) > maxDelay):
		return invalidParameter(
			"Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *m.DelaySeconds)
	case len(m.MessageAttributes) > 10:
		return invalidParameter("Number of message attributes [%d] exceeds the allowed maximum [10].",
			len(m.MessageAttributes))
	case strings.ContainsFunc(m.MessageBody, forbidden):
		return invalidContents()
	}
	if g := m.MessageGroupID; g != "" && !awsapi.IsMessageGroup(g) { // on a standard queue it makes the queue fair to tenants
		return invalidParameter("MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length")
	}
	for _, name := range slices.Sorted(maps.Keys(m.MessageAttributes)) {
		if err := m.MessageAttributes[name].check(name); err != nil {
			return err
		}
	}
	for name, a := range m.MessageSystemAttributes {
		if name != "AWSTraceHeader" || a.DataType != "String" || a.StringValue == "" {
			return invalidParameter("Message system attribute name '%s' is invalid.", name)
		}
	}
	return nil
}
