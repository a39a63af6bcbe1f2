package sqs

import (
	"context"
	"maps"
	"slices"

	"github.com/orderflow-dev/orderflow/local/store"
)

// openDeadLetterQueue returns the queue for messages that were received too often, begun: the
// caller ends it. It is nil if there is none, or none that can accept messages now; then the
// messages stay where they are, as on AWS.
func (q *queue) openDeadLetterQueue() *queue {
	cfg := q.settings()
	if cfg.redrive == nil {
		return nil
	}
	dlq, err := q.s.queue(cfg.redrive.DeadLetterTargetARN)
	if err != nil || dlq == q || !dlq.tryBegin() {
		return nil
	}
	return dlq
}

// moveDead writes the messages into the dead-letter queue. Id, enqueue time, receive count and
// attributes are kept. It returns the new entries, to be added once the batch is committed.
func (q *queue) moveDead(b *store.Batch, dead []*entry, dlq *queue, now int64) ([]*entry, error) {
	if len(dead) == 0 {
		return nil, nil
	}
	seq := dlq.reserve(len(dead))
	out := make([]*entry, len(dead))
	for i, e := range dead {
		m, err := q.read(e)
		if err != nil {
			return nil, err
		}
		m.Source = ARN(q.name)
		out[i] = &entry{seq: seq + uint64(i), sent: e.sent, visibleAt: now, first: e.first, receives: e.receives}
		if err := dlq.put(b, out[i], m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (q *queue) drop(b *store.Batch, entries []*entry) {
	for _, e := range entries {
		b.Delete(stateKey(q.id, e.seq))
		b.Delete(bodyKey(q.id, e.seq))
	}
}

// sourcesOf are the names of the queues whose dead-letter queue has the given ARN, in order.
func (s *Service) sourcesOf(arn string) []string {
	s.mu.RLock()
	queues := slices.Collect(maps.Values(s.queues))
	s.mu.RUnlock()
	var out []string
	for _, q := range queues {
		if cfg := q.settings(); cfg.redrive != nil && cfg.redrive.DeadLetterTargetARN == arn {
			out = append(out, q.name)
		}
	}
	slices.Sort(out)
	return out
}

func (s *Service) listDeadLetterSourceQueues(ctx context.Context, in listQueuesIn) (any, error) {
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	return pageOf(ctx, s.sourcesOf(ARN(q.name)), in, "queueUrls")
}
