package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// asyncWorkers is how many asynchronous invocations of one function run at the same time.
const asyncWorkers = 16

// pending is an accepted asynchronous invocation. Its key is its due time; it is rewritten after
// each attempt.
type pending struct {
	ID        string          `json:"id"`
	Payload   json.RawMessage `json:"payload"`
	Accepted  time.Time       `json:"accepted"`
	Due       time.Time       `json:"due"`
	Attempts  int             `json:"attempts,omitempty"`  // requests that reached the function
	Throttled int             `json:"throttled,omitempty"` // refusals in a row
	// Ended is set once the function is done with it and only a destination must still learn of it.
	Ended *ending `json:"ended,omitempty"`
}

type ending struct {
	Condition string          `json:"condition"` // Success, RetriesExhausted, EventAgeExceeded
	Error     string          `json:"error,omitempty"`
	Reply     json.RawMessage `json:"reply,omitempty"`
	Failures  int             `json:"failures,omitempty"` // failed deliveries
	Sent      []string        `json:"sent,omitempty"`     // destinations that have it
}

// InvokeAsync accepts an invocation for later. When it returns, the request is committed; the
// answer is 202 without a payload. Failed requests are retried after 1 and 2 minutes, throttled
// ones with a backoff of 1 s to 5 min until the event is too old.
func (s *Service) InvokeAsync(nameOrARN string, payload []byte) (*Result, error) {
	f, err := s.find(nameOrARN, "")
	if err != nil {
		return nil, err
	}
	if payload, err = checkPayload(payload, MaxAsyncPayload); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	p := pending{ID: s.opt.NewID(), Payload: payload, Accepted: now, Due: now}
	if err := f.move(nil, &p); err != nil {
		return nil, fmt.Errorf("accept invocation of %s: %w", f.Name, err)
	}
	f.signal()
	return &Result{StatusCode: http.StatusAccepted, RequestID: p.ID, ExecutedVersion: "$LATEST"}, nil
}

func (f *function) pendingPrefix() store.Key { return store.NewKey("lambda", "async", f.Name) }

func (f *function) pendingKey(p *pending) store.Key {
	return f.pendingPrefix().Uint(uint64(max(p.Due.UnixNano(), 0))).String(p.ID)
}

// move replaces an invocation by its next form, or removes it (next nil), in one batch.
func (f *function) move(old, next *pending) error {
	b := f.service.st.NewBatch()
	if old != nil {
		b.Delete(f.pendingKey(old))
	}
	if next != nil {
		value, err := json.Marshal(next)
		if err != nil {
			b.Discard()
			return fmt.Errorf("marshal invocation: %w", err)
		}
		b.Set(f.pendingKey(next), value)
	}
	return b.Commit()
}

func (f *function) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// dispatch runs the function's asynchronous invocations when they are due, until ctx ends.
func (f *function) dispatch(ctx context.Context) error {
	workers := asyncWorkers
	if f.gate.reserved {
		workers = max(1, min(workers, f.gate.limit))
	}
	for {
		list, next, err := f.dueNow(workers)
		if err != nil {
			return fmt.Errorf("dispatch invocations of %s: %w", f.Name, err)
		}
		for _, p := range list {
			f.service.background.Add(1) // Run waits for the worker too; it has not begun to wait, for this loop still runs
			go func() {
				defer f.service.background.Done()
				f.work(ctx, p)
			}()
		}
		if !f.awaitDue(ctx, next) {
			return nil
		}
	}
}

func (f *function) awaitDue(ctx context.Context, next time.Time) bool {
	var due <-chan time.Time
	if !next.IsZero() {
		t := f.service.clock.NewTimer(next.Sub(f.service.clock.Now()))
		defer t.Stop()
		due = t.Chan()
	}
	select {
	case <-f.wake:
		return ctx.Err() == nil
	case <-due:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// dueNow claims the invocations that are due, as many as workers are free, and returns when to look
// again (zero: when woken).
func (f *function) dueNow(workers int) (list []*pending, next time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, prefix := f.service.clock.Now(), f.pendingPrefix()
	for pair, err := range f.service.st.Scan(prefix, prefix.End()) {
		if err != nil {
			return nil, next, err
		}
		if len(f.inFlight) >= workers {
			break
		}
		p := new(pending)
		if err := json.Unmarshal(pair.Value, p); err != nil {
			return nil, next, fmt.Errorf("read invocation: %w", err)
		}
		if p.Due.After(now) {
			return list, p.Due, nil
		}
		if !f.inFlight[p.ID] {
			f.inFlight[p.ID] = true
			list = append(list, p)
		}
	}
	return list, time.Time{}, nil
}

// work performs one step of an invocation: an attempt, or a delivery to its destinations.
func (f *function) work(ctx context.Context, p *pending) {
	defer func() {
		f.mu.Lock()
		delete(f.inFlight, p.ID)
		f.mu.Unlock()
		f.signal()
	}()
	next, err := f.step(ctx, p)
	if err != nil {
		return // interrupted: it stays as it is and is repeated after the restart
	}
	if err := f.move(p, next); err != nil {
		f.service.log.Error("save invocation", "function", f.Name, "requestId", p.ID, "error", err)
	}
}

func (f *function) step(ctx context.Context, p *pending) (*pending, error) {
	next, now := *p, f.service.clock.Now()
	if p.Ended == nil {
		if err := f.attempt(ctx, &next, now); err != nil {
			return nil, err
		}
	}
	if next.Ended == nil {
		return &next, nil
	}
	end := *next.Ended
	next.Ended = &end
	if f.conclusion(context.WithoutCancel(ctx), &next) {
		return nil, nil
	}
	end.Failures++
	next.Due = now.Add(backoff(end.Failures))
	return &next, nil
}

// attempt invokes the function and sets the time of the next attempt, or the outcome.
func (f *function) attempt(ctx context.Context, p *pending, now time.Time) error {
	if now.Sub(p.Accepted) > f.Async.MaximumEventAge {
		p.Ended = &ending{Condition: "EventAgeExceeded"}
		return nil
	}
	r, err := f.invokeInTurn(context.WithoutCancel(ctx), ofSource, p.ID, p.Payload)
	switch {
	case errors.Is(err, ErrStopping):
		return err
	case err != nil:
		p.Throttled++
		p.Due = f.service.clock.Now().Add(min(time.Second<<min(p.Throttled-1, 10), 5*time.Minute))
		return nil
	}
	p.Attempts++
	p.Throttled = 0
	if r.FunctionError == "" {
		p.Ended = &ending{Condition: "Success", Reply: asJSON(r.Payload)}
	} else if p.Attempts > *f.Async.MaximumRetryAttempts {
		p.Ended = &ending{Condition: "RetriesExhausted", Error: r.FunctionError, Reply: asJSON(r.Payload)}
	} else {
		p.Due = f.service.clock.Now().Add(time.Duration(p.Attempts) * time.Minute)
	}
	return nil
}
