package sqs

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Message is a received message. Its receipt handle holds until the message is received again.
type Message struct {
	ID                string
	ReceiptHandle     string
	Body              string
	MD5OfBody         string
	MessageAttributes map[string]Attribute
	// Attributes are the system attributes: SenderId, SentTimestamp, ApproximateReceiveCount,
	// ApproximateFirstReceiveTimestamp (Unix milliseconds), DeadLetterQueueSourceArn,
	// MessageGroupId and AWSTraceHeader where there are any.
	Attributes map[string]string
}

// Receive takes up to limit messages (1-10) from the queue of the given name, URL or ARN and hides
// them for the queue's visibility timeout. If there are none, it waits, for at most wait, until one
// arrives or becomes visible; no message is no error. It returns QueueDoesNotExist, or the error of
// ctx.
func (s *Service) Receive(ctx context.Context, ref string, limit int, wait time.Duration) ([]Message, error) {
	return s.receive(ctx, ref, limit, wait, receiver{})
}

// Poll is Receive for an event source mapping, which is part of this process: ReleaseInFlight
// releases the messages that it holds when the process dies.
func (s *Service) Poll(ctx context.Context, ref string, limit int, wait time.Duration) ([]Message, error) {
	return s.receive(ctx, ref, limit, wait, receiver{polls: true})
}

// receiver is who receives, and for how long the messages are hidden: nil for the queue's
// visibility timeout.
type receiver struct {
	polls      bool // an event source mapping
	visibility *time.Duration
}

func (s *Service) receive(ctx context.Context, ref string, limit int, wait time.Duration, by receiver) ([]Message, error) {
	q, err := s.queue(ref)
	if err != nil {
		return nil, err
	}
	timeout := make(<-chan time.Time)
	if wait > 0 {
		t := s.clock.NewTimer(wait)
		defer t.Stop()
		timeout = t.Chan()
	}
	for {
		messages, w, err := q.receive(limit, by, wait > 0)
		if err != nil || len(messages) > 0 || w == nil {
			return messages, err
		}
		select {
		case <-w.wake:
			continue
		case <-timeout:
		case <-s.ctx.Done():
		case <-ctx.Done():
			err = ctx.Err()
		}
		q.leave(w)
		return nil, err
	}
}

// receive takes the messages that are ready. If there are none, and poll is set, it returns the
// waiter to wait on.
func (q *queue) receive(limit int, by receiver, poll bool) ([]Message, *waiter, error) {
	if err := q.begin(); err != nil {
		return nil, nil, err
	}
	defer q.end()
	dlq := q.openDeadLetterQueue()
	if dlq != nil {
		defer dlq.end()
	}
	for {
		c, w := q.collect(limit, poll, dlq != nil)
		if w != nil || c.empty() {
			return nil, w, nil
		}
		messages, err := q.deliver(c, dlq, by)
		if err != nil || len(messages) > 0 {
			return messages, nil, err
		}
	}
}

// collected are messages taken from the ready ones: to deliver, to move to the dead-letter queue,
// and past their retention.
type collected struct{ live, dead, expired []*entry }

func (c *collected) empty() bool { return len(c.live)+len(c.dead)+len(c.expired) == 0 }

// sweep bounds the dead and expired messages that one receive removes.
const sweep = 500

func (q *queue) collect(limit int, poll, redrive bool) (collected, *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.s.now()
	q.settle(now)
	var c collected
	for q.ready.len() > 0 && len(c.live) < limit && len(c.dead)+len(c.expired) < sweep {
		e := q.ready.head()
		q.take(e)
		switch {
		case e.sent <= now-millis(q.cfg.retention):
			c.expired = append(c.expired, e)
		case redrive && q.cfg.redrive != nil && e.receives >= q.cfg.redrive.MaxReceiveCount:
			c.dead = append(c.dead, e)
		default:
			c.live = append(c.live, e)
		}
	}
	if c.empty() && poll {
		return c, q.await()
	}
	return c, nil
}

// deliver commits the receive of c in one batch: receive counts and timeouts, moves to the
// dead-letter queue, expiries.
func (q *queue) deliver(c collected, dlq *queue, by receiver) ([]Message, error) {
	cfg, now := q.settings(), q.s.now()
	hidden := cfg.visibility
	if by.visibility != nil {
		hidden = *by.visibility
	}
	b := q.s.st.NewBatch()
	messages, err := q.fill(c.live, now, now+millis(hidden))
	var moved []*entry
	if err == nil {
		moved, err = q.moveDead(b, c.dead, dlq, now)
	}
	if err != nil {
		b.Discard()
		q.restore(c)
		return nil, fmt.Errorf("receive from %s: %w", q.name, err)
	}
	for _, e := range c.live {
		next := *e
		next.receive(now, now+millis(hidden), by.polls)
		b.Set(stateKey(q.id, e.seq), next.encode())
	}
	gone := append(c.expired, c.dead...)
	q.drop(b, gone)
	if err := b.Commit(); err != nil {
		q.restore(c)
		return nil, fmt.Errorf("receive from %s: %w", q.name, err)
	}
	for _, e := range c.live {
		e.receive(now, now+millis(hidden), by.polls)
	}
	q.release(gone, c.live)
	if len(moved) > 0 {
		dlq.add(moved...)
	}
	return messages, nil
}

func (e *entry) receive(now, visibleAt int64, polled bool) {
	if e.first == 0 {
		e.first = now
	}
	e.receives++
	e.received = now
	e.visibleAt, e.polled = visibleAt, polled
}

// receivedAt is when the message was last received; 0 if that is not known after a restart.
func (e *entry) receivedAt() int64 {
	if e.received == 0 && e.receives == 1 {
		return e.first
	}
	return e.received
}

// restore gives messages back as they were: the batch about them failed.
func (q *queue) restore(c collected) {
	q.release(nil, append(append(c.live, c.dead...), c.expired...))
}

// fill reads the bodies of the messages and shows them as the receive will leave them.
func (q *queue) fill(entries []*entry, now, visibleAt int64) ([]Message, error) {
	out := make([]Message, 0, len(entries))
	for _, e := range entries {
		m, err := q.read(e)
		if err != nil {
			return nil, err
		}
		next := *e
		next.receive(now, visibleAt, false)
		out = append(out, Message{
			ID: m.ID, ReceiptHandle: handle{q.id, e.seq, next.receives}.String(), Body: m.body, MD5OfBody: md5Hex(m.body),
			MessageAttributes: m.Attributes, Attributes: systemAttributes(m, &next),
		})
	}
	return out, nil
}

func systemAttributes(m *message, e *entry) map[string]string {
	out := map[string]string{
		"SenderId": m.Sender, "SentTimestamp": strconv.FormatInt(e.sent, 10),
		"ApproximateReceiveCount":          strconv.FormatUint(uint64(e.receives), 10),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(e.first, 10),
	}
	if m.Sender == "" {
		out["SenderId"] = awsapi.Account
	}
	if m.Source != "" {
		out["DeadLetterQueueSourceArn"] = m.Source
	}
	if m.Trace != "" {
		out["AWSTraceHeader"] = m.Trace
	}
	if m.Group != "" {
		out["MessageGroupId"] = m.Group
	}
	return out
}
