package local

import (
	"context"
	"errors"
	"time"
)

// lastGrace is how long work in progress may take to end once the store has failed: it may wait for
// a commit that never returns.
const lastGrace = time.Second

// Drain is the first part of Close, for a stack that was started. Work that no caller waits for no
// longer begins, and work in flight has a few seconds to finish, or until ctx ends. The API's
// functions still run meanwhile: other functions may need them to finish.
func (s *Stack) Drain(ctx context.Context) {
	defer context.AfterFunc(ctx, s.lambda.Close)()
	_ = s.unlessFailed(func() error { s.lambda.Drain(); return nil }) // Close returns the failure
}

// Close stops the stack: pollers first, then work in flight has a few seconds to finish, or until
// ctx ends; then the store is closed. A store that has failed is left as it is: what was committed
// is on the disk.
func (s *Stack) Close(ctx context.Context) error {
	s.close.Do(func() {
		close(s.done)
		s.closed = s.unlessFailed(func() error { return s.stop(ctx) })
	})
	return s.closed
}

// unlessFailed returns when f does, or soon after the store has failed.
func (s *Stack) unlessFailed(f func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	select {
	case err := <-ended:
		return err
	case <-s.store.Failed():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(lastGrace):
		return s.store.Err()
	}
}

func (s *Stack) stop(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.lambda.Close)()
	if s.runners == nil {
		s.lambda.Close()
		s.states.Close()
	}
	for _, r := range s.runners {
		r.stop()
	}
	return s.release()
}

// release closes what Open opened.
func (s *Stack) release() error {
	var errs []error
	if s.sqs != nil {
		errs = append(errs, s.sqs.Close())
	}
	errs = append(errs, s.store.Close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// watchStore reports a store that has failed: a service may wait for a commit that never returns.
func (s *Stack) watchStore() {
	select {
	case <-s.store.Failed():
		s.failed <- s.store.Err()
	case <-s.done:
	}
}
