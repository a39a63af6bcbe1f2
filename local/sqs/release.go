package sqs

import (
	"fmt"
	"slices"
)

// ReleaseInFlight makes every message that is in flight visible again. It is for a queue whose receivers are all gone: after a crash of the
// process that polled it, nobody will delete them, and their visibility timeout would only delay them.
func (s *Service) ReleaseInFlight(ref string) error {
	q, err := s.begin(ref)
	if err != nil {
		return err
	}
	defer q.end()
	now := s.now()
	held := q.takeInFlight(now)
	if len(held) == 0 {
		return nil
	}
	b := s.st.NewBatch()
	for _, e := range held {
		next := *e
		next.visibleAt = now
		b.Set(stateKey(q.id, e.seq), next.encode())
	}
	if err := b.Commit(); err != nil {
		q.release(nil, held)
		return fmt.Errorf("release messages of %s: %w", q.name, err)
	}
	for _, e := range held {
		e.visibleAt = now
	}
	q.release(nil, held)
	return nil
}

// takeInFlight makes all messages in flight busy.
func (q *queue) takeInFlight(now int64) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(now)
	var held []*entry
	for _, e := range slices.Clone(q.pending.items) {
		if !e.delayed {
			q.take(e)
			held = append(held, e)
		}
	}
	return held
}
