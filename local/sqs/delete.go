package sqs

import (
	"context"
	"fmt"
)

// Delete removes received messages. It ignores messages that are gone or were received again since.
// It returns ReceiptHandleIsInvalid, in which case nothing is deleted, or QueueDoesNotExist.
func (s *Service) Delete(_ context.Context, ref string, receiptHandles ...string) error {
	q, err := s.begin(ref)
	if err != nil {
		return err
	}
	defer q.end()
	handles, err := q.parseAll(receiptHandles)
	if err != nil {
		return err
	}
	return q.remove(handles)
}

// parseAll reads receipt handles of this queue. It returns ReceiptHandleIsInvalid if one of them is
// anything else.
func (q *queue) parseAll(receiptHandles []string) (_ []handle, err error) {
	handles := make([]handle, len(receiptHandles))
	for i, h := range receiptHandles {
		if handles[i], err = q.parse(h); err != nil {
			return nil, err
		}
	}
	return handles, nil
}

func (q *queue) remove(handles []handle) error {
	entries := q.acquire(handles)
	if len(entries) == 0 {
		return nil
	}
	b := q.s.st.NewBatch()
	q.drop(b, entries)
	if err := b.Commit(); err != nil {
		q.release(nil, entries)
		return fmt.Errorf("delete from %s: %w", q.name, err)
	}
	q.release(entries, nil)
	return nil
}

// acquire marks the messages of the handles as busy, all at once, when none of them is busy. Stale
// handles are left out.
func (q *queue) acquire(handles []handle) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.anyBusy(handles) {
		q.changed.Wait()
	}
	var out []*entry
	for _, h := range handles {
		if e := q.entries[h.seq]; e != nil && e.receives == h.receive && !e.busy {
			q.take(e)
			out = append(out, e)
		}
	}
	return out
}

func (q *queue) anyBusy(handles []handle) bool {
	for _, h := range handles {
		if e := q.entries[h.seq]; e != nil && e.busy {
			return true
		}
	}
	return false
}

type deleteIn struct {
	ID            string `json:"Id"`
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

func (s *Service) deleteMessage(ctx context.Context, in deleteIn) (any, error) {
	return nil, s.Delete(ctx, in.QueueURL, in.ReceiptHandle)
}

type deleteBatchIn struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []deleteIn
}

func (s *Service) deleteMessageBatch(_ context.Context, in deleteBatchIn) (any, error) {
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, "DeleteMessageBatchRequestEntry", func(e deleteIn) string { return e.ID }); err != nil {
		return nil, err
	}
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer q.end()
	var out batchResult
	var handles []handle
	for _, e := range in.Entries {
		h, err := q.parse(e.ReceiptHandle)
		if err != nil {
			out.fail(e.ID, err)
			continue
		}
		handles = append(handles, h)
		out.ok(e.ID)
	}
	if err := q.remove(handles); err != nil {
		return nil, err
	}
	return out, nil
}
