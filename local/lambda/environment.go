package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// environment is an execution environment: a handler, and the one goroutine that runs it, request
// after request. A new goroutine for each request would have to grow its stack again through all
// the layers of the SDK, which costs more than a small request.
type environment struct {
	handler  Handler
	requests chan request
	log      *logTail
}

type request struct {
	ctx     context.Context
	payload []byte
	done    chan<- reply
}

type reply struct {
	payload []byte
	err     error
	lost    bool // the deadline came first
}

// errExited is the error of a handler that ended its goroutine (runtime.Goexit). On AWS this is a
// process that exited.
var errExited = errors.New("handler exited")

func newEnvironment(h Handler, log *logTail) *environment {
	e := &environment{handler: h, requests: make(chan request), log: log}
	go func() {
		for r := range e.requests {
			r.call(e.handler)
		}
	}()
	return e
}

// call runs the handler and sends its reply, also after a panic or Goexit. It copies the payload so
// that the handler cannot keep or change the caller's.
func (r request) call(h Handler) {
	out := reply{err: errExited}
	defer func() {
		if v := recover(); v != nil {
			out = reply{err: panicError(v)}
		}
		r.done <- out
	}()
	p, err := h.Invoke(r.ctx, bytes.Clone(r.payload))
	out = reply{payload: bytes.Clone(p), err: err}
}

// take returns an idle environment, or makes one.
func (f *function) take() (e *environment, cold bool, err error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		e, f.idle = f.idle[n-1], f.idle[:n-1]
		f.mu.Unlock()
		return e, false, nil
	}
	f.mu.Unlock()
	log := &logTail{}
	h, err := f.construct(log)
	if err != nil {
		return nil, true, err
	}
	return newEnvironment(h, log), true, nil
}

// construct is the init phase. A panic in it is an error of the request, as on AWS.
func (f *function) construct(log *logTail) (h Handler, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError(v)
		}
	}()
	fn := f.Function
	fn.Log = log
	if h, err = f.service.opt.Factory(fn); err == nil && h == nil {
		err = fmt.Errorf("function %s has no handler %q", f.Name, f.Handler)
	}
	return h, err
}

// put returns an environment to the pool, or ends it.
func (f *function) put(e *environment, healthy bool) {
	f.mu.Lock()
	keep := healthy && !f.closed
	if keep {
		f.idle = append(f.idle, e)
	}
	f.mu.Unlock()
	if !keep {
		f.end(e)
	}
}

// end discards an environment. A handler that still runs is abandoned: its goroutine ends when it
// returns.
func (f *function) end(e *environment) {
	close(e.requests)
	if c, ok := e.handler.(io.Closer); ok {
		if err := c.Close(); err != nil {
			f.service.log.Warn("close execution environment", "function", f.Name, "error", err)
		}
	}
}

func (f *function) closeIdle() {
	f.mu.Lock()
	idle := f.idle
	f.idle, f.closed = nil, true
	f.mu.Unlock()
	for _, e := range idle {
		f.end(e)
	}
}
