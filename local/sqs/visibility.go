package sqs

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// ChangeVisibility hides a received message for d from now; 0 makes it visible at once. It returns
// MessageNotInflight if the message is visible again or was received again, InvalidParameterValue
// if it would be hidden for more than 12 hours in all, ReceiptHandleIsInvalid, or
// QueueDoesNotExist.
func (s *Service) ChangeVisibility(_ context.Context, ref, receiptHandle string, d time.Duration) error {
	q, err := s.begin(ref)
	if err != nil {
		return err
	}
	defer q.end()
	h, err := q.parse(receiptHandle)
	if err != nil {
		return err
	}
	e, err := q.inFlight(h)
	if err != nil {
		return err
	}
	next := *e
	next.visibleAt = s.now() + millis(d)
	if from := e.receivedAt(); from != 0 && next.visibleAt > from+millis(maxVisibility) {
		q.release(nil, []*entry{e})
		return invalidParameter("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout "+
			"for the message is beyond the limit [%d seconds]",
			int(d.Seconds()), int(maxVisibility.Seconds()))
	}
	b := s.st.NewBatch()
	b.Set(stateKey(q.id, e.seq), next.encode())
	if err := b.Commit(); err != nil {
		q.release(nil, []*entry{e})
		return fmt.Errorf("change visibility in %s: %w", q.name, err)
	}
	e.visibleAt = next.visibleAt
	q.release(nil, []*entry{e})
	return nil
}

// inFlight marks the message that h names as busy.
func (q *queue) inFlight(h handle) (*entry, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.anyBusy([]handle{h}) {
		q.changed.Wait()
	}
	q.settle(q.s.now())
	e := q.entries[h.seq]
	if e == nil {
		return nil,
			invalidParameter("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "+
				"available for visibility timeout change.", h)
	}
	if e.receives != h.receive || e.heap != &q.pending {
		return nil, awsapi.Errorf("MessageNotInflight", "The specified message isn't in flight.")
	}
	q.take(e)
	return e, nil
}

func visibilityTimeout(seconds int) (time.Duration, error) {
	d := time.Duration(seconds) * time.Second
	if seconds < 0 || d > maxVisibility {
		return 0, invalidParameter(
			"Value %d for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an "+
				"integer between 0 and 43200.", seconds)
	}
	return d, nil
}

type visibilityIn struct {
	ID                string `json:"Id"`
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (s *Service) changeMessageVisibility(ctx context.Context, in visibilityIn) (any, error) {
	if in.VisibilityTimeout == nil {
		return nil, missingParameter("VisibilityTimeout")
	}
	d, err := visibilityTimeout(*in.VisibilityTimeout)
	if err != nil {
		return nil, err
	}
	return nil, s.ChangeVisibility(ctx, in.QueueURL, in.ReceiptHandle, d)
}

type visibilityBatchIn struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []visibilityIn
}

func (s *Service) changeMessageVisibilityBatch(ctx context.Context, in visibilityBatchIn) (any, error) {
	if _, err := s.queue(in.QueueURL); err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, "ChangeMessageVisibilityBatchRequestEntry",
		func(e visibilityIn) string { return e.ID }); err != nil {
		return nil, err
	}
	var out batchResult
	for _, e := range in.Entries {
		e.QueueURL = in.QueueURL
		if _, err := s.changeMessageVisibility(ctx, e); err != nil {
			out.fail(e.ID, err)
			continue
		}
		out.ok(e.ID)
	}
	return out, nil
}
