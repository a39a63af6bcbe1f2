package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// lane processes the batches of some of a stream's items, one after the other.
type lane struct {
	*streamMapping
	number  int
	input   chan []*StreamRecord
	waiting []*StreamRecord
	failed  int // failures in a row: the backoff
}

// errInterrupted ends a lane without progress, because the service stops.
var errInterrupted = errors.New("interrupted")

// run returns nil when ctx ends; an error is a failed store.
func (l *lane) run(ctx context.Context) error {
	for {
		batch := l.next(ctx)
		if batch == nil {
			return nil
		}
		if err := l.process(ctx, batch); errors.Is(err, errInterrupted) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// next waits for records and takes a batch: those that are there, or that come within the window.
// It is nil when ctx has ended.
func (l *lane) next(ctx context.Context) []*StreamRecord {
	for len(l.waiting) == 0 {
		select {
		case part := <-l.input:
			l.waiting = part
		case <-ctx.Done():
			return nil
		}
	}
	l.gather(ctx)
	if ctx.Err() != nil {
		return nil
	}
	n, size := 0, 0
	for n < min(len(l.waiting), l.BatchSize) {
		if size += len(l.waiting[n].Body) + 1; size > eventRoom && n > 0 {
			break
		}
		n++
	}
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return batch
}

func (l *lane) gather(ctx context.Context) {
	var window <-chan time.Time
	if l.BatchingWindow > 0 {
		t := l.f.service.clock.NewTimer(l.BatchingWindow)
		defer t.Stop()
		window = t.Chan()
	}
	for len(l.waiting) < l.BatchSize {
		if window == nil {
			select {
			case part := <-l.input:
				l.waiting = append(l.waiting, part...)
				continue
			default:
				return
			}
		}
		select {
		case part := <-l.input:
			l.waiting = append(l.waiting, part...)
		case <-window:
			return
		case <-ctx.Done():
			return
		}
	}
}

// attempt is a batch, or the rest of one, and how often the function has failed on it.
type attempt struct {
	records []*StreamRecord
	failed  int
}

// process returns when a batch is done, or discarded with a notice to the destination.
func (l *lane) process(ctx context.Context, batch []*StreamRecord) error {
	todo := []attempt{{records: batch}}
	for len(todo) > 0 {
		a := todo[0]
		rest, err := l.try(ctx, a)
		if err != nil {
			return err
		}
		todo = append(rest, todo[1:]...)
		if len(rest) == 0 {
			l.failed = 0
		} else if !l.f.service.sleep(ctx, backoff(l.failed)) {
			return errInterrupted
		}
	}
	return nil
}

// backoff doubles from 1 s to 1 min; AWS does not say how long it waits.
func backoff(failures int) time.Duration {
	return min(time.Second<<min(max(failures-1, 0), 6), time.Minute)
}

// try invokes the function once and returns the records to try again, in order; none if all are
// done.
func (l *lane) try(ctx context.Context, a attempt) ([]attempt, error) {
	a, err := l.expire(ctx, a)
	if err != nil || len(a.records) == 0 {
		return nil, err
	}
	r, err := l.invoke(ctx, a.records)
	switch {
	case errors.Is(err, ErrStopping):
		return nil, errInterrupted
	case err != nil: // throttled: the function has not seen the records, so it does not count
		l.failed++
		l.f.service.log.Warn("invoke for stream", "stream", l.StreamARN, "function", l.f.Name, "error", err)
		return []attempt{a}, nil
	}
	from := l.firstFailure(a.records, r)
	if from > 0 {
		if err := l.cursor.finish(l.number, a.records[from-1].Sequence); err != nil {
			return nil, err
		}
	}
	if from == len(a.records) {
		return nil, nil
	}
	l.failed++
	return l.retry(ctx, a, from, r)
}

func (l *lane) invoke(ctx context.Context, records []*StreamRecord) (*Result, error) {
	size := len(`{"Records":[]}`)
	for _, r := range records {
		size += len(r.Body) + 1
	}
	event := append(make([]byte, 0, size), `{"Records":[`...)
	for i, r := range records {
		if i > 0 {
			event = append(event, ',')
		}
		event = append(event, r.Body...)
	}
	event = append(event, "]}"...)
	return l.f.invokeInTurn(context.WithoutCancel(ctx), ofSource, l.f.service.opt.NewID(), event)
}

// firstFailure is the index of the first record that is not done: the lowest sequence number that
// the reply names.
func (l *lane) firstFailure(records []*StreamRecord, r *Result) int {
	if r.FunctionError != "" {
		return 0
	}
	if !l.ReportBatchItemFailures {
		return len(records)
	}
	ids, ok := batchFailures(r.Payload)
	if !ok {
		return 0
	}
	index := map[string]int{}
	for i, rec := range records {
		index[rec.Number] = i
	}
	first := len(records)
	for _, id := range ids {
		i, known := index[id]
		if !known {
			return 0
		}
		first = min(first, i)
	}
	return first
}

// retry decides what happens to the records from the first failure on. A smaller batch than before
// is a new batch with all its attempts.
func (l *lane) retry(ctx context.Context, a attempt, from int, r *Result) ([]attempt, error) {
	left := a.records[from:]
	switch {
	case from > 0:
		return []attempt{{records: left}}, nil
	case l.BisectOnError && len(left) > 1: // does not count as a retry
		half := len(left) / 2
		return []attempt{{left[:half], a.failed}, {left[half:], a.failed}}, nil
	case a.failed < *l.MaximumRetryAttempts:
		return []attempt{{left, a.failed + 1}}, nil
	}
	notice := batchNotice{
		Context:  requestContext{r.RequestID, l.f.ARN, "RetryAttemptsExhausted", a.failed + 1},
		Response: &responseContext{r.StatusCode, r.ExecutedVersion, r.FunctionError},
	}
	return nil, l.discard(ctx, left, notice)
}

// expire discards the records at the head that are too old.
func (l *lane) expire(ctx context.Context, a attempt) (attempt, error) {
	oldest := l.f.service.clock.Now().Add(-l.MaximumRecordAge)
	n := 0
	for n < len(a.records) && a.records[n].Created.Before(oldest) {
		n++
	}
	if n == 0 {
		return a, nil
	}
	notice := batchNotice{Context: requestContext{l.f.service.opt.NewID(), l.f.ARN, "RecordAgeExceeded", a.failed}}
	if err := l.discard(ctx, a.records[:n], notice); err != nil {
		return a, err
	}
	return attempt{a.records[n:], a.failed}, nil
}

// batchNotice is the message for an on-failure destination: the position of the records in the
// stream, not the records.
type batchNotice struct {
	Context  requestContext   `json:"requestContext"`
	Response *responseContext `json:"responseContext,omitempty"`
	Version  string           `json:"version"`
	Time     string           `json:"timestamp"`
	Batch    batchInfo        `json:"DDBStreamBatchInfo"`
}

type batchInfo struct {
	ShardID   string `json:"shardId"`
	Start     string `json:"startSequenceNumber"`
	End       string `json:"endSequenceNumber"`
	First     string `json:"approximateArrivalOfFirstRecord"`
	Last      string `json:"approximateArrivalOfLastRecord"`
	BatchSize int    `json:"batchSize"`
	StreamARN string `json:"streamArn"`
}

// shardID names the one shard of every stream of the local stack.
const shardID = "shardId-00000000000000000000-00000001"

// discard notifies the destination, then moves the cursor: a crash in between repeats the notice
// and does not lose it.
func (l *lane) discard(ctx context.Context, records []*StreamRecord, notice batchNotice) error {
	first, last := records[0], records[len(records)-1]
	l.f.service.log.Error("discard stream records", "stream", l.StreamARN, "function", l.f.Name, "records", len(records), "condition", notice.Context.Condition)
	if l.OnFailure != "" {
		notice.Version, notice.Time = "1.0", l.f.service.clock.Now().UTC().Format(timestampLayout)
		notice.Batch = batchInfo{shardID, first.Number, last.Number, first.Created.UTC().Format(timestampLayout),
			last.Created.UTC().Format(timestampLayout), len(records), l.StreamARN}
		body, err := json.Marshal(notice)
		if err != nil {
			return fmt.Errorf("marshal notice: %w", err)
		}
		for try := 1; ; try++ {
			err := l.f.deliver(context.WithoutCancel(ctx), l.OnFailure, body, nil)
			if err == nil {
				break
			}
			l.f.service.log.Error("notify of discarded records", "stream", l.StreamARN, "destination", l.OnFailure, "error", err)
			if !l.f.service.sleep(ctx, backoff(try)) {
				return errInterrupted
			}
		}
	}
	return l.cursor.finish(l.number, last.Sequence)
}
