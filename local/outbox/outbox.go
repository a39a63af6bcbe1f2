// Package outbox delivers messages that a service has committed: at least once, with retries,
// across crashes.
//
// A delivery is written in the batch of the change that causes it (Add), handed to the workers once
// that batch is committed (Release), and deleted when it is done. After a crash, the rest is
// delivered after the next start.
package outbox

import (
	"container/heap"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// Delivery is one attempt.
type Delivery struct {
	Payload []byte
	Attempt int       // 1 for the first
	Created time.Time // when it was added
	Note    []byte    // what the attempt before left in Result.Note
}

// Result of an attempt. The zero Result asks for the next attempt at once.
type Result struct {
	Done  bool
	After time.Duration // until the next attempt
	Note  []byte        // kept for the next attempt
}

// Deliver makes one attempt. It runs on many goroutines. When ctx ends it returns at once; its
// result is then ignored, and the attempt is made again after the next start.
type Deliver func(ctx context.Context, d Delivery) Result

// Outbox holds the deliveries of one service. Make it with New.
type Outbox struct {
	st      *store.Store
	clock   clockwork.Clock
	service string
	deliver Deliver
	workers int

	epoch uint64 // counts the starts: sequence numbers begin with it, so that none is given twice
	mu    sync.Mutex
	count uint64
	due   itemHeap
	wake  chan struct{} // has room for one; a value means: look again
	done  chan *item
}

// Ticket is a delivery whose batch is not yet committed.
type Ticket struct{ it *item }

type item struct {
	seq     uint64
	created int64 // Unix milliseconds, as the next
	next    int64
	attempt int // attempts made
	note    []byte
}

// New opens the outbox of a service; workers is how many attempts run at once. Nothing is delivered
// before Run.
func New(st *store.Store, clock clockwork.Clock, service string, workers int, deliver Deliver) (*Outbox, error) {
	o := &Outbox{
		st: st, clock: clock, service: service, deliver: deliver, workers: workers,
		wake: make(chan struct{}, 1), done: make(chan *item, workers),
	}
	var err error
	if o.epoch, err = st.Increment(store.NewKey(service, "outboxepoch")); err != nil {
		return nil, fmt.Errorf("count starts of %s: %w", service, err)
	}
	prefix := store.NewKey(service, "due")
	for p, err := range st.Scan(prefix, prefix.End()) {
		if err != nil {
			return nil, fmt.Errorf("read outbox of %s: %w", service, err)
		}
		it, err := decodeItem(p.Key[len(prefix):], p.Value)
		if err != nil {
			return nil, fmt.Errorf("read outbox of %s: %w", service, err)
		}
		o.due = append(o.due, it)
	}
	heap.Init(&o.due)
	return o, nil
}

// Add writes a delivery into b. Release hands it to the workers after the commit.
func (o *Outbox) Add(b *store.Batch, payload []byte) Ticket {
	now := o.clock.Now().UnixMilli()
	o.mu.Lock()
	it := &item{seq: o.epoch<<40 | o.count, created: now, next: now}
	o.count++
	o.mu.Unlock()
	b.Set(o.payloadKey(it.seq), payload)
	b.Set(o.dueKey(it.seq), it.encode())
	return Ticket{it}
}

// Release makes deliveries due. Their batch must be committed.
func (o *Outbox) Release(tickets ...Ticket) {
	if len(tickets) == 0 {
		return
	}
	o.mu.Lock()
	for _, t := range tickets {
		heap.Push(&o.due, t.it)
	}
	o.mu.Unlock()
	o.poke()
}

// Len is the number of deliveries that are waiting for an attempt.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.due)
}

func (o *Outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *Outbox) dueKey(seq uint64) store.Key { return store.NewKey(o.service, "due").Uint(seq) }
func (o *Outbox) payloadKey(seq uint64) store.Key {
	return store.NewKey(o.service, "delivery").Uint(seq)
}

func (it *item) encode() []byte {
	out := make([]byte, 0, 20+len(it.note))
	out = binary.BigEndian.AppendUint64(out, uint64(it.created))
	out = binary.BigEndian.AppendUint64(out, uint64(it.next))
	out = binary.BigEndian.AppendUint32(out, uint32(it.attempt))
	return append(out, it.note...)
}

func decodeItem(key, v []byte) (*item, error) {
	seq, _, err := store.CutUint(key)
	if err != nil {
		return nil, err
	}
	if len(v) < 20 {
		return nil, errors.New("malformed delivery")
	}
	return &item{
		seq: seq, created: int64(binary.BigEndian.Uint64(v)), next: int64(binary.BigEndian.Uint64(v[8:])),
		attempt: int(binary.BigEndian.Uint32(v[16:])), note: append([]byte(nil), v[20:]...),
	}, nil
}

// itemHeap has the item that is due first at its head.
type itemHeap []*item

func (h itemHeap) Len() int { return len(h) }
func (h itemHeap) Less(i, j int) bool {
	if h[i].next != h[j].next {
		return h[i].next < h[j].next
	}
	return h[i].seq < h[j].seq
}
func (h itemHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *itemHeap) Push(x any)   { *h = append(*h, x.(*item)) }
func (h *itemHeap) Pop() any {
	old := *h
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return it
}
