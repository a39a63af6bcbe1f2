package sqs

import (
	"context"
	"fmt"
	"slices"
)

// ReleaseInFlight releases the messages that event source mappings held (Poll) when the earlier
// process ended: they are visible at once, with the receive count that they had before. A crash is
// no failure of the message: however often it happens, the message does not become a dead letter.
// Messages that other callers have received (Receive, ReceiveMessage) stay in flight until their
// visibility timeout.
func (s *Service) ReleaseInFlight(ref string) error {
	q, err := s.begin(ref)
	if err != nil {
		return err
	}
	defer q.end()
	return q.change(q.takePolled(), giveBack(s.now()))
}

// GiveBack releases messages of Poll that their mapping has not begun: they are visible at once,
// and the receive does not count. Messages that are gone, or were received again since, stay as
// they are. It returns ReceiptHandleIsInvalid or QueueDoesNotExist.
func (s *Service) GiveBack(_ context.Context, ref string, receiptHandles ...string) error {
	return s.changeAll(ref, receiptHandles, giveBack(s.now()))
}

// Fail confirms receives of Poll: the function has seen the messages and failed. They are visible
// again after their visibility timeout, even if this process ends. It returns
// ReceiptHandleIsInvalid or QueueDoesNotExist.
func (s *Service) Fail(_ context.Context, ref string, receiptHandles ...string) error {
	return s.changeAll(ref, receiptHandles, func(e *entry) { e.polled = false })
}

// giveBack undoes a receive.
func giveBack(now int64) func(*entry) {
	return func(e *entry) {
		e.visibleAt, e.received, e.polled = now, 0, false
		if e.receives--; e.receives == 0 {
			e.first = 0
		}
	}
}

func (s *Service) changeAll(ref string, receiptHandles []string, change func(*entry)) error {
	q, err := s.begin(ref)
	if err != nil {
		return err
	}
	defer q.end()
	handles, err := q.parseAll(receiptHandles)
	if err != nil {
		return err
	}
	return q.change(q.acquire(handles), change)
}

// change commits a change of busy messages in one batch, and ends busy.
func (q *queue) change(held []*entry, change func(*entry)) error {
	if len(held) == 0 {
		return nil
	}
	b := q.s.st.NewBatch()
	for _, e := range held {
		next := *e
		change(&next)
		b.Set(stateKey(q.id, e.seq), next.encode())
	}
	if err := b.Commit(); err != nil {
		q.release(nil, held)
		return fmt.Errorf("change messages of %s: %w", q.name, err)
	}
	for _, e := range held {
		change(e)
	}
	q.release(nil, held)
	return nil
}

// takePolled marks all messages as busy that event source mappings hold.
func (q *queue) takePolled() []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	var held []*entry
	for _, e := range slices.Concat(q.pending.items, q.ready.items) {
		if e.polled {
			q.take(e)
			held = append(held, e)
		}
	}
	return held
}
