package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// condition is whether a store still works. The first failure decides. After it Pebble is not
// called for writes, because it neither returns nor releases its locks if its log cannot be
// written.
type condition struct {
	dir    string
	failed chan struct{}
	once   *sync.Once
	opened *atomic.Bool // the folder may have been written to
	cause  *Failure     // set before failed is closed
}

func newCondition(dir string) condition {
	return condition{dir: dir, failed: make(chan struct{}), once: new(sync.Once), opened: new(atomic.Bool)}
}

func (c *condition) err() error {
	select {
	case <-c.failed:
		return c.cause
	default:
		return nil
	}
}

// fail ends the store, unless it has ended. The last error is reported; the first that has a kind
// decides the kind, otherwise the store is unusable.
func (c *condition) fail(errs ...error) {
	c.once.Do(func() {
		err := errs[len(errs)-1]
		c.cause = &Failure{classify(errors.Join(errs...), Unusable), c.dir, err, c.opened.Load()}
		close(c.failed)
	})
}

// reading ends the store if damaged data was read, and returns the error to report.
func (c *condition) reading(err error) error {
	if k := classify(err, 0); k != 0 {
		c.fail(err)
		return c.err()
	}
	return err
}

// opening makes the Failure of a store that was not opened.
func (c *condition) opening(err error) error {
	if f := c.err(); f != nil {
		return f
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{classify(err, Damaged), c.dir, err, false}
}

// guard runs f, which calls Pebble. It returns early, with the failure, if f detects that the store
// does not work and does not return.
func (c *condition) guard(f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("%w: %v", pebble.ErrCorruption, v)
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-c.failed:
		return c.cause
	}
}

// committing calls f, which writes to the log. Pebble panics when it cannot.
func (c *condition) committing(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if err = c.err(); err == nil {
				panic(v)
			}
		}
	}()
	return f()
}

// logger takes Pebble's messages: only the fatal ones matter.
type logger struct{ c *condition }

func (logger) Infof(string, ...any)  {}
func (logger) Errorf(string, ...any) {}

// Fatalf implements pebble.Logger. It must not return. A committer panics, which committing
// recovers. A goroutine of Pebble's own blocks for ever: it may hold locks that protect incomplete
// state.
func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf(strings.ReplaceAll(format, "%v", "%w"), args...)
	l.c.fail(err)
	if strings.HasPrefix(format, "pebble: fatal commit error") {
		panic(err)
	}
	select {}
}
