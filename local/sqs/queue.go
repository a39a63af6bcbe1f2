package sqs

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// queueRecord is a queue in the store.
type queueRecord struct {
	Name       string            `json:"name"`
	ID         uint64            `json:"id"`
	Created    int64             `json:"created"`  // Unix seconds
	Modified   int64             `json:"modified"` // Unix seconds
	Attributes map[string]string `json:"attributes"`
	Tags       map[string]string `json:"tags,omitempty"`
}

// queue is one queue. A message is ready, or pending (delayed or in flight), or busy while a batch
// about it is committed.
type queue struct {
	s    *Service
	name string
	id   uint64

	mu      sync.Mutex
	changed *sync.Cond // active fell, an entry is no longer busy, the queue is no longer frozen
	rec     queueRecord
	cfg     settings
	purged  int64

	loaded  bool
	active  int  // operations between begin and end
	frozen  bool // a purge or deletion waits for the active operations, or runs
	deleted bool

	entries map[uint64]*entry
	ready   entryHeap // by sequence: about the order of sending
	pending entryHeap // by the time of visibility
	delayed int       // of the pending ones
	oldest  int64     // no message was sent before this time; 0 if unknown
	count   uint64    // sequence numbers given out in this epoch

	waiters []*waiter
	timer   clockwork.Timer
	timerAt int64
}

// waiter is one long poll. Its channel is buffered for the only wake-up that it can get.
type waiter struct{ wake chan struct{} }

func newQueue(s *Service, rec queueRecord, cfg settings) *queue {
	q := &queue{s: s, name: rec.Name, id: rec.ID, rec: rec, cfg: cfg, entries: map[uint64]*entry{}}
	q.ready.less, q.pending.less = bySeq, byVisibility
	q.changed = sync.NewCond(&q.mu)
	return q
}

// begin starts an operation: the queue is neither deleted nor purged before end. It returns
// QueueDoesNotExist for a deleted queue.
func (q *queue) begin() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.frozen && !q.deleted {
		q.changed.Wait()
	}
	return q.enter()
}

// begin finds a queue by name, URL or ARN and starts an operation on it, which the caller ends. It
// returns QueueDoesNotExist if there is none.
func (s *Service) begin(ref string) (*queue, error) {
	q, err := s.queue(ref)
	if err != nil {
		return nil, err
	}
	if err := q.begin(); err != nil {
		return nil, err
	}
	return q, nil
}

// tryBegin is begin for an operation that already holds another queue: it does not wait for a purge
// but reports false.
func (q *queue) tryBegin() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.frozen && q.enter() == nil
}

func (q *queue) enter() error {
	if q.deleted {
		return errNoQueue()
	}
	if err := q.load(); err != nil {
		return err
	}
	q.active++
	return nil
}

func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
	q.changed.Broadcast()
}

// freeze waits until no operation is active and keeps new ones out until thaw. It returns
// QueueDoesNotExist for a deleted queue.
func (q *queue) freeze() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.frozen && !q.deleted {
		q.changed.Wait()
	}
	if q.deleted {
		return errNoQueue()
	}
	q.frozen = true
	for q.active > 0 {
		q.changed.Wait()
	}
	return nil
}

// thaw ends freeze. If the queue was emptied or deleted, the index follows.
func (q *queue) thaw(emptied, deleted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frozen, q.deleted = false, deleted
	if emptied {
		q.entries, q.ready.items, q.pending.items, q.delayed = map[uint64]*entry{}, nil, nil, 0
		q.oldest = 0
	}
	if deleted {
		q.wake(len(q.waiters))
		q.disarm()
	}
	q.changed.Broadcast()
}

// load reads the index of a queue that was stored before this start. The caller holds mu.
func (q *queue) load() error {
	if q.loaded {
		return nil
	}
	prefix := store.NewKey("sqs", "state").Uint(q.id)
	for p, err := range q.s.st.Scan(prefix, prefix.End()) {
		if err != nil {
			return fmt.Errorf("load queue %s: %w", q.name, err)
		}
		seq, _, err := store.CutUint(p.Key[len(prefix):])
		if err != nil {
			return fmt.Errorf("load queue %s: %w", q.name, err)
		}
		e, err := decodeEntry(seq, p.Value)
		if err != nil {
			return fmt.Errorf("load queue %s: %w", q.name, err)
		}
		q.entries[seq] = e
		q.place(e)
	}
	q.loaded = true
	return nil
}

// reserve takes n sequence numbers and returns the first.
func (q *queue) reserve(n int) uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.s.epoch<<40 | q.count
	q.count += uint64(n)
	return first
}

// add puts committed new messages into the index.
func (q *queue) add(entries ...*entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range entries {
		q.entries[e.seq] = e
		q.place(e)
	}
	q.settle(q.s.now())
}

// place puts an entry into the heap that fits its time of visibility. The caller holds mu and
// settles afterwards.
func (q *queue) place(e *entry) {
	q.sawSent(e)
	q.pending.push(e)
	if e.delayed {
		q.delayed++
	}
}

func (q *queue) sawSent(e *entry) {
	if q.oldest == 0 || e.sent < q.oldest {
		q.oldest = e.sent
	}
}

// take removes an entry from its heap and marks it as busy. The caller holds mu.
func (q *queue) take(e *entry) {
	if e.heap == &q.pending && e.delayed {
		q.delayed--
	}
	e.heap.remove(e)
	e.busy = true
}

// release ends busy: the messages that are gone leave the index, the others are placed anew.
func (q *queue) release(gone, kept []*entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range gone {
		e.busy = false
		delete(q.entries, e.seq)
	}
	for _, e := range kept {
		e.busy = false
		q.place(e)
	}
	q.settle(q.s.now())
	q.changed.Broadcast()
}

// settle makes the messages that are due ready, wakes long polls for them, and sets the timer for
// the next. The caller holds mu.
func (q *queue) settle(now int64) {
	for e := q.pending.head(); e != nil && e.visibleAt <= now; e = q.pending.head() {
		q.pending.pop()
		if e.delayed {
			e.delayed = false
			q.delayed--
		}
		q.ready.push(e)
	}
	q.wake(q.ready.len())
	q.arm(now)
}

func (q *queue) wake(n int) {
	for ; n > 0 && len(q.waiters) > 0; n-- {
		q.waiters[0].wake <- struct{}{}
		q.waiters = q.waiters[1:]
	}
}

// await registers a long poll. The caller holds mu and has seen that nothing is ready.
func (q *queue) await() *waiter {
	w := &waiter{wake: make(chan struct{}, 1)}
	q.waiters = append(q.waiters, w)
	q.arm(q.s.now())
	return w
}

// leave ends a long poll that was not woken, or passes its wake-up on to another.
func (q *queue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiters, w); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
		return
	}
	q.settle(q.s.now())
}

// arm sets the timer to the next visibility while a long poll waits for it. The caller holds mu.
func (q *queue) arm(now int64) {
	head := q.pending.head()
	if len(q.waiters) == 0 || head == nil {
		q.disarm()
		return
	}
	if q.timer != nil && q.timerAt == head.visibleAt {
		return
	}
	q.disarm()
	q.timerAt = head.visibleAt
	at := head.visibleAt
	q.timer = q.s.clock.AfterFunc(time.Duration(at-now)*time.Millisecond, func() { q.fire(at) })
}

func (q *queue) fire(at int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.timerAt == at {
		q.timer, q.timerAt = nil, 0
	}
	q.settle(q.s.now())
}

func (q *queue) disarm() {
	if q.timer != nil {
		q.timer.Stop()
		q.timer, q.timerAt = nil, 0
	}
}

func (q *queue) stopTimer() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.disarm()
}
