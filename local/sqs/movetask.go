package sqs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Status of a message move task.
const (
	taskRunning   = "RUNNING"
	taskCompleted = "COMPLETED"
	taskCancelled = "CANCELLED"
	taskFailed    = "FAILED"
)

// moveTask is a moveRecord at work. Its lock is held only while the task itself commits.
type moveTask struct {
	mu sync.Mutex
	moveRecord
	careful bool // a lot could not be moved: one by one now, so that only the message at fault and its followers stay
}

// moveRecord is the redrive of a dead-letter queue (StartMessageMoveTask). It changes in the
// batches that move the messages.
type moveRecord struct {
	ID          string `json:"id"`
	Number      uint64 `json:"number"`
	Source      string `json:"source"`                // ARN
	Destination string `json:"destination,omitempty"` // ARN; empty: each message goes back to the queue it came from
	Rate        int    `json:"rate,omitempty"`        // messages a second; 0: as fast as possible
	Last        uint64 `json:"last"`                  // the newest message in the queue at the start; later ones stay
	Status      string `json:"status"`
	Reason      string `json:"reason,omitempty"`
	Started     int64  `json:"started"` // Unix milliseconds
	ToMove      int    `json:"toMove"`
	Moved       int    `json:"moved"`
}

type taskHandle struct {
	ID     string `json:"taskId"`
	Source string `json:"sourceArn"`
}

func (t *moveRecord) handle() (string, error) {
	v, err := json.Marshal(taskHandle{t.ID, t.Source})
	return base64.StdEncoding.EncodeToString(v), err
}

func parseTaskHandle(text string) (taskHandle, error) {
	var h taskHandle
	v, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(v, &h)
	}
	if err != nil {
		return h, invalidParameter("Value for parameter TaskHandle is invalid.")
	}
	return h, nil
}

func (s *Service) openTasks() error {
	prefix := store.NewKey("sqs", "move")
	for rec, err := range store.Records[moveRecord](s.st.Scan(prefix, prefix.End())) {
		if err != nil {
			return fmt.Errorf("read message move tasks: %w", err)
		}
		t := &moveTask{moveRecord: rec}
		s.tasks[t.ID] = t
		if t.Status == taskRunning {
			s.work.Go(func() { s.run(t) })
		}
	}
	return nil
}

// putTask adds the record to the batch; if that fails, it discards the batch.
func putTask(b *store.Batch, t *moveRecord) error {
	return b.SetJSON(store.NewKey("sqs", "move", t.ID), t)
}

// moveBatch is how many messages an unlimited task moves at once.
const moveBatch = 100

// run moves messages until none is left, the task is cancelled or the service closes.
func (s *Service) run(t *moveTask) {
	for s.ctx.Err() == nil {
		more, err := s.step(t)
		if err != nil {
			s.finish(t, taskFailed, failureReason(err))
			return
		}
		if !more {
			s.finish(t, taskCompleted, "")
			return
		}
		if t.Rate == 0 {
			continue
		}
		timer := s.clock.NewTimer(time.Second)
		select {
		case <-s.ctx.Done():
		case <-timer.Chan():
		}
		timer.Stop()
	}
}

var errNoSource = errors.New("CouldNotDetermineMessageSource")

func failureReason(err error) string {
	if e, ok := errors.AsType[*awsapi.Error](err); ok {
		return "AWS.SimpleQueueService." + e.Type
	}
	return err.Error()
}

// finish ends a task that still runs. A record that cannot be written leaves the task running in
// the store: it resumes at the next start.
func (s *Service) finish(t *moveTask, status, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Status != taskRunning {
		return
	}
	next := t.moveRecord
	next.Status, next.Reason = status, reason
	b := s.st.NewBatch()
	if putTask(b, &next) == nil && b.Commit() == nil {
		t.Status, t.Reason = status, reason
	}
}

// step moves one lot. It reports whether there may be more.
func (s *Service) step(t *moveTask) (bool, error) {
	q, err := s.begin(t.Source)
	if err != nil {
		return false, err
	}
	defer q.end()
	limit := moveBatch
	if t.Rate > 0 {
		limit = t.Rate
	}
	if t.careful {
		limit = 1
	}
	entries := q.upTo(t.Last, limit)
	if len(entries) == 0 {
		return false, nil
	}
	if err := s.moveBack(t, q, entries); err != nil {
		q.release(nil, entries)
		if errors.Is(err, errFrozen) || len(entries) > 1 {
			t.careful = t.careful || len(entries) > 1
			return true, nil
		}
		return false, err
	}
	q.release(entries, nil)
	return true, nil
}

func (q *queue) upTo(last uint64, limit int) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(q.s.now())
	var out []*entry
	for len(out) < limit && q.ready.len() > 0 && q.ready.head().seq <= last {
		e := q.ready.head()
		q.take(e)
		out = append(out, e)
	}
	return out
}

// moveBack writes the messages into their queues as new ones: new id, new enqueue time, receive
// count 0.
func (s *Service) moveBack(t *moveTask, from *queue, entries []*entry) error {
	open, fresh := map[string]*queue{}, map[*queue][]*entry{}
	defer func() {
		for _, q := range open {
			q.end()
		}
	}()
	b := s.st.NewBatch()
	for _, e := range entries {
		q, ne, err := s.moveOne(b, t, from, e, open)
		if err != nil {
			b.Discard()
			return err
		}
		fresh[q] = append(fresh[q], ne)
	}
	from.drop(b, entries)
	if err := s.commitMove(b, t, len(entries)); err != nil {
		return err
	}
	for q, list := range fresh {
		q.add(list...)
	}
	return nil
}

func (s *Service) moveOne(b *store.Batch, t *moveTask, from *queue, e *entry, open map[string]*queue) (*queue, *entry,
	error) {
	m, err := from.read(e)
	if err != nil {
		return nil, nil, err
	}
	to := t.Destination
	if to == "" {
		to = m.Source
	}
	if to == "" {
		return nil, nil, errNoSource
	}
	q := open[to]
	if q == nil {
		if q, err = s.queue(to); err != nil {
			return nil, nil, err
		}
		if !q.tryBegin() {
			return nil, nil, errFrozen
		}
		open[to] = q
	}
	m.ID, m.Source = uuid.NewString(), ""
	ne := &entry{seq: q.reserve(1), sent: s.now(), visibleAt: s.now()}
	return q, ne, q.put(b, ne, m)
}

func (s *Service) commitMove(b *store.Batch, t *moveTask, n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Status != taskRunning {
		b.Discard()
		return errCancelled
	}
	next := t.moveRecord
	next.Moved += n
	if err := putTask(b, &next); err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return err
	}
	t.Moved = next.Moved
	return nil
}

var (
	errCancelled = errors.New("task cancelled")
	errFrozen    = errors.New("destination is being purged")
)

func (t *moveTask) snapshot() moveRecord {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moveRecord
}
