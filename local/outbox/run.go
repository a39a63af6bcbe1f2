package outbox

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// Run delivers until ctx ends, then waits for the attempts under way. It returns an error only if
// the store fails.
func (o *Outbox) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan *item)
	var workers, cleaner sync.WaitGroup
	for range o.workers {
		workers.Go(func() {
			for it := range jobs {
				if err := o.attempt(ctx, it); err != nil {
					cancel(err)
				}
			}
		})
	}
	cleaner.Go(func() {
		for it := range o.done {
			if err := o.clean(it); err != nil {
				cancel(err)
			}
		}
	})
	o.dispatch(ctx, jobs)
	close(jobs)
	workers.Wait()
	close(o.done)
	cleaner.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// dispatch hands each delivery to a worker when it is due.
func (o *Outbox) dispatch(ctx context.Context, jobs chan<- *item) {
	for ctx.Err() == nil {
		it, wait := o.pop()
		if it != nil {
			select {
			case jobs <- it:
				continue
			case <-ctx.Done():
				return
			}
		}
		Wait(ctx, o.clock, wait, o.wake)
	}
}

// pop returns the first item that is due, or the time until the next one, or no time if there is
// none.
func (o *Outbox) pop() (*item, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.due) == 0 {
		return nil, 0
	}
	now := o.clock.Now().UnixMilli()
	if wait := o.due[0].next - now; wait > 0 {
		return nil, time.Duration(wait) * time.Millisecond
	}
	return heap.Pop(&o.due).(*item), 0
}

func (o *Outbox) attempt(ctx context.Context, it *item) error {
	payload, err := o.st.Get(o.payloadKey(it.seq))
	if err != nil {
		return fmt.Errorf("read delivery of %s: %w", o.service, err)
	}
	r := o.deliver(ctx, Delivery{payload, it.attempt + 1, time.UnixMilli(it.created).UTC(), it.note})
	if ctx.Err() != nil && !r.Done {
		return nil
	}
	if r.Done {
		o.done <- it
		return nil
	}
	it.attempt++
	it.next, it.note = o.clock.Now().Add(r.After).UnixMilli(), r.Note
	b := o.st.NewBatch()
	b.Set(o.dueKey(it.seq), it.encode())
	if err := b.Commit(); err != nil {
		return fmt.Errorf("postpone delivery of %s: %w", o.service, err)
	}
	o.Release(Ticket{it})
	return nil
}

// clean deletes finished deliveries, all that are there in one batch: no worker waits for the
// flush.
func (o *Outbox) clean(first *item) error {
	b := o.st.NewBatch()
	o.drop(b, first)
	for range o.workers {
		select {
		case it, ok := <-o.done:
			if !ok {
				return b.Commit()
			}
			o.drop(b, it)
		default:
			return b.Commit()
		}
	}
	return b.Commit()
}

func (o *Outbox) drop(b *store.Batch, it *item) {
	b.Delete(o.payloadKey(it.seq))
	b.Delete(o.dueKey(it.seq))
}
