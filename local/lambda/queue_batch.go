package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// process filters a batch, invokes the function and deletes what succeeded. Messages that failed
// stay until their visibility timeout. process continues after the end of ctx: a batch that the
// function has begun is finished.
func (m *queueMapping) process(ctx context.Context, batch []SQSMessage) {
	finish := m.identify(context.WithoutCancel(ctx))
	var done, failed []SQSMessage
	pass := batch[:0:0]
	for i := range batch {
		m.complete(&batch[i])
		if m.pass(&batch[i]) {
			pass = append(pass, batch[i])
		} else {
			done = append(done, batch[i])
		}
	}
	for len(pass) > 0 {
		n := chunk(pass)
		succeeded, rest, err := m.invoke(finish, pass[:n])
		done, failed = append(done, succeeded...), append(failed, rest...)
		if errors.Is(err, ErrStopping) {
			m.settle(finish, m.src.Release, pass)
			break
		}
		if err != nil {
			m.f.service.log.Warn("invoke for queue", "queue", m.QueueARN, "function", m.f.Name, "error", err)
			m.f.service.sleep(ctx, pollBackoff)
		}
		pass = pass[n:]
	}
	m.settle(finish, m.src.Delete, done)
	m.settle(finish, m.src.Fail, failed)
}

func (m *queueMapping) settle(ctx context.Context, act func(context.Context, string, []string) error, messages []SQSMessage) {
	if len(messages) == 0 {
		return
	}
	handles := make([]string, len(messages))
	for i, msg := range messages {
		handles[i] = msg.ReceiptHandle
	}
	if err := act(ctx, m.QueueARN, handles); err != nil {
		// Not lost: the messages come back after their visibility timeout, as after a failed delete
		// on AWS.
		m.f.service.log.Error("settle messages", "queue", m.QueueARN, "function", m.f.Name, "messages", len(messages), "error", err)
	}
}

// invoke returns the messages that are done, and those that failed. An error means that the
// function was not called or not finished.
func (m *queueMapping) invoke(ctx context.Context, batch []SQSMessage) (done, failed []SQSMessage, err error) {
	event, err := json.Marshal(map[string][]SQSMessage{"Records": batch})
	if err != nil {
		return nil, nil, fmt.Errorf("marshal event: %w", err)
	}
	r, err := m.f.invokeInTurn(ctx, ofSource, m.f.service.opt.NewID(), event)
	if err != nil {
		return nil, nil, err
	}
	if r.FunctionError != "" {
		return nil, batch, nil
	}
	if !m.ReportBatchItemFailures {
		return batch, nil, nil
	}
	done, failed = partial(batch, r.Payload)
	return done, failed, nil
}

// partial splits the batch by the failures that the reply names. All failed if the reply is
// malformed or names an unknown message.
func partial(batch []SQSMessage, payload []byte) (done, failed []SQSMessage) {
	ids, ok := batchFailures(payload)
	if !ok {
		return nil, batch
	}
	named := map[string]bool{}
	for _, id := range ids {
		named[id] = true
	}
	for _, msg := range batch {
		if named[msg.MessageID] {
			failed = append(failed, msg)
		} else {
			done = append(done, msg)
		}
	}
	if len(failed) != len(named) {
		return nil, batch
	}
	return done, failed
}

func (m *queueMapping) complete(msg *SQSMessage) {
	msg.EventSource, msg.EventSourceARN, msg.Region = "aws:sqs", m.QueueARN, awsapi.Region
	if msg.Attributes == nil {
		msg.Attributes = map[string]string{}
	}
	if msg.MessageAttributes == nil {
		msg.MessageAttributes = map[string]SQSAttribute{}
	}
	for name, a := range msg.MessageAttributes {
		if a.StringListValues == nil {
			a.StringListValues = []string{}
		}
		if a.BinaryListValues == nil {
			a.BinaryListValues = [][]byte{}
		}
		msg.MessageAttributes[name] = a
	}
}

// pass applies the filter to the record, whose body is an object to the filter if it is JSON.
func (m *queueMapping) pass(msg *SQSMessage) bool {
	if len(m.filter) == 0 {
		return true
	}
	record, err := json.Marshal(struct {
		SQSMessage
		Body json.RawMessage `json:"body"`
	}{*msg, asJSON([]byte(msg.Body))})
	return err == nil && m.filter.pass(record)
}

// chunk is how many messages fit one synchronous payload; at least one.
func chunk(batch []SQSMessage) int {
	size := 0
	for i := range batch {
		if size += messageSize(&batch[i]); size > eventRoom && i > 0 {
			return i
		}
	}
	return len(batch)
}

func eventSize(batch []SQSMessage) int {
	size := 0
	for i := range batch {
		size += messageSize(&batch[i])
	}
	return size
}

// messageSize returns an upper bound of a message's size in the event. Escaping makes at most six
// bytes of one, so that only a large body needs to be encoded.
func messageSize(msg *SQSMessage) int {
	if len(msg.Body) < 16<<10 {
		return 6*len(msg.Body) + 4<<10
	}
	body, err := json.Marshal(msg)
	if err != nil {
		return 6*len(msg.Body) + 4<<10
	}
	return len(body)
}
