package states

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// outbox publishes status changes in order. A change is written with the step that made it, and
// stays until it was published.
//
// The package local/outbox does not fit: it has a retry for each delivery, so that deliveries
// overtake each other, and two records. Here a bus that is down delays all changes alike, and every
// execution writes at least two changes: one record for each.
type outbox struct {
	s    *Service
	wake chan struct{}

	mu      sync.Mutex
	last    uint64
	pending []uint64
}

func newOutbox(s *Service) (*outbox, error) {
	o := &outbox{s: s, wake: make(chan struct{}, 1)}
	for p, err := range s.store.Scan(outboxKeys, outboxKeys.End()) {
		if err != nil {
			return nil, err
		}
		o.last = lastUint(p.Key)
		o.pending = append(o.pending, o.last)
	}
	return o, nil
}

func (o *outbox) next() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	return o.last
}

// add queues changes that are committed now.
func (o *outbox) add(sequences []uint64) {
	if len(sequences) == 0 {
		return
	}
	o.mu.Lock()
	o.pending = append(o.pending, sequences...)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run publishes until ctx is done.
func (o *outbox) run(ctx context.Context) {
	if o.s.opt.Publish == nil {
		return
	}
	const first, longest = 100 * time.Millisecond, 10 * time.Second
	delay := first
	for {
		more, err := o.publish(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			o.s.log.Warn("publish status change", "error", err, "again", delay)
			select {
			case <-o.s.clock.After(delay):
			case <-ctx.Done():
				return
			}
			delay = min(2*delay, longest)
			continue
		case more:
			delay = first
			continue
		}
		delay = first
		select {
		case <-o.wake:
		case <-ctx.Done():
			return
		}
	}
}

// publish takes a few events out of the outbox. The published ones are deleted even if a later one
// fails.
func (o *outbox) publish(ctx context.Context) (more bool, err error) {
	const atOnce = 64
	o.mu.Lock()
	list := append([]uint64(nil), o.pending[:min(len(o.pending), atOnce)]...)
	o.mu.Unlock()
	done := 0
	for _, n := range list {
		if err = o.send(ctx, n); err != nil {
			break
		}
		done++
	}
	if done == 0 || !o.s.gate.enter() {
		return false, err
	}
	defer o.s.gate.leave()
	b := o.s.store.NewBatch()
	for _, n := range list[:done] {
		b.Delete(outboxKey(n))
	}
	if cerr := b.Commit(); cerr != nil {
		return false, cerr
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = append(o.pending[:0], o.pending[done:]...)
	return len(o.pending) > 0, err
}

func (o *outbox) send(ctx context.Context, n uint64) error {
	if !o.s.gate.enter() {
		return errClosed
	}
	data, err := o.s.store.Get(outboxKey(n))
	o.s.gate.leave()
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	var c struct {
		Time   int64
		Detail json.RawMessage
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	var d struct {
		ExecutionARN string `json:"executionArn"`
	}
	if err := json.Unmarshal(c.Detail, &d); err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	return o.s.opt.Publish(ctx, StatusChange{
		ID: derivedUUID(n, uint64(c.Time)), Source: "aws.states", DetailType: "Step Functions Execution Status Change",
		Time: time.UnixMilli(c.Time).UTC(), Resources: []string{d.ExecutionARN}, Detail: c.Detail,
	})
}
