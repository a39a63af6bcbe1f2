package tasks

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/orderflow-dev/orderflow"
)

// Bus publishes events.
type Bus interface {
	// Publish publishes at most 10 events. It returns the positions of those that the bus refused
	// but may accept later. An error means that no event is known to be accepted.
	Publish(ctx context.Context, events []orderflow.EventDetail) (failed []int, err error)
}

// maxEntries is how many events one call accepts (EventBridge, PutEvents).
const maxEntries = 10

// publishAttempts is how often an event is sent to the bus before the stream delivers it again.
const publishAttempts = 3

// Publish publishes every change in the stream of the orders table, at least once. The stream is
// the outbox.
type Publish struct {
	Bus Bus
	Log *slog.Logger
}

// pendingEvent is an event with the batch position of its record.
type pendingEvent struct {
	record int
	detail orderflow.EventDetail
}

// Handle publishes in stream order. It returns the first record with an event that the bus refused;
// the stream delivers again from there.
func (p Publish) Handle(ctx context.Context, batch Stream) (BatchResult, error) {
	var all []pendingEvent
	for i, r := range batch.Records {
		for _, e := range r.Changes() {
			all = append(all, pendingEvent{i, e})
		}
	}
	pending := all
	for range publishAttempts {
		if len(pending) == 0 {
			break
		}
		pending = p.offer(ctx, pending)
	}
	if len(pending) == 0 {
		logPublished(ctx, p.Log, all)
		return BatchResult{Failures: []ItemFailure{}}, nil
	}
	logPublished(ctx, p.Log, slices.DeleteFunc(all, func(e pendingEvent) bool { return e.record >= pending[0].record }))
	first := batch.Records[pending[0].record].SequenceNumber
	if first == "" {
		return BatchResult{}, fmt.Errorf("publish: a stream record without a sequence number failed")
	}
	return BatchResult{Failures: []ItemFailure{{first}}}, nil
}

// offer sends all events to the bus and returns the refused ones in order.
func (p Publish) offer(ctx context.Context, pending []pendingEvent) []pendingEvent {
	var left []pendingEvent
	for len(pending) > 0 {
		part := pending[:min(len(pending), maxEntries)]
		pending = pending[len(part):]
		details := make([]orderflow.EventDetail, len(part))
		for i, e := range part {
			details[i] = e.detail
		}
		failed, err := p.Bus.Publish(ctx, details)
		if err != nil {
			p.Log.ErrorContext(ctx, "publish failed", "events", len(part), "error", err)
			left = append(left, part...)
			continue
		}
		for _, i := range failed {
			left = append(left, part[i])
		}
	}
	return left
}
