package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/lambda/runtimeapi"
)

// meter measures every invocation of the functions' processes.
type meter struct {
	mu       sync.Mutex
	largest  bool // which of the two loads runs
	serving  int  // how many invocations run
	handlers map[string]*metered
}

// metered is what was measured of one handler.
type metered struct {
	inits, firsts  []time.Duration // processor time: start -> first request for work, and the first invocation of each process
	usual, largest []sample
	peakMiB        float64
	events         [][]byte // what it was invoked with while the largest load ran
}

// sample is one invocation.
type sample struct{ cpu, wall time.Duration }

func newMeter() *meter { return &meter{handlers: map[string]*metered{}} }

// of is the record of a handler; m.mu must be held.
func (m *meter) of(handler string) *metered {
	h := m.handlers[handler]
	if h == nil {
		h = &metered{}
		m.handlers[handler] = h
	}
	return h
}

func (m *meter) setLargest(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.largest = on
}

// idle reports whether no invocation runs.
func (m *meter) idle() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serving == 0
}

// serve counts the invocations that begin (1) and those that have been measured (-1).
func (m *meter) serve(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serving += n
}

// events are what a handler was invoked with while the largest load ran.
func (m *meter) events(handler string) [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.of(handler).events)
}

// factory makes each execution environment a process of the deployed program, and measures it.
func (m *meter) factory(o lambda.IsolatedOptions) local.Factory {
	start := lambda.Isolated(o)
	return func(fn lambda.Function, _ aws.Config) (lambda.Handler, error) { return m.start(fn, start) }
}

func (m *meter) start(fn lambda.Function, start func(lambda.Function) (lambda.Handler, error)) (*meteredProcess, error) {
	h, err := start(fn)
	if err != nil {
		return nil, err
	}
	process, ok := h.(*runtimeapi.Environment)
	if !ok {
		return nil, fmt.Errorf("a %T is no process", h)
	}
	p := &meteredProcess{Environment: process, meter: m, handler: fn.Handler}
	if p.used, err = processTime(process.PID()); err != nil {
		return nil, errors.Join(err, process.Close())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(fn.Handler).inits = append(m.of(fn.Handler).inits, p.used)
	return p, nil
}

// meteredProcess is one execution environment. It serves one request at a time, so that what its process has used since the last one is the
// request's.
type meteredProcess struct {
	*runtimeapi.Environment
	meter   *meter
	handler string
	used    time.Duration // processor time up to the last request's end
	warm    bool
}

// Invoke implements lambda.Handler.
func (p *meteredProcess) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	p.meter.serve(1)
	defer p.meter.serve(-1)
	began := time.Now()
	reply, err := p.Environment.Invoke(ctx, payload)
	wall := time.Since(began)
	used, usedErr := processTime(p.PID())
	peak, peakErr := residentMiB(strconv.Itoa(p.PID()), "VmHWM")
	if usedErr != nil || peakErr != nil { // it has exited, or there is no /proc
		return reply, errors.Join(err, usedErr, peakErr)
	}
	p.meter.note(p, payload, sample{used - p.used, wall}, peak)
	p.used, p.warm = used, true
	return reply, err
}

func (m *meter) note(p *meteredProcess, payload []byte, s sample, peakMiB float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.of(p.handler)
	h.peakMiB = max(h.peakMiB, peakMiB)
	if m.largest {
		h.events = append(h.events, bytes.Clone(payload))
	}
	switch {
	case !p.warm && m.largest: // seldom, and like no other: it is counted in the peak alone
	case !p.warm:
		h.firsts = append(h.firsts, s.cpu)
	case m.largest:
		h.largest = append(h.largest, s)
	default:
		h.usual = append(h.usual, s)
	}
}

// processTime is the processor time, user and system, that a process has used: the sum over its threads, to the nanosecond (Linux,
// /proc/PID/task/TID/schedstat). The Go runtime keeps its threads, so that none is missed.
func processTime(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("no /proc/%d/task/*/schedstat: the processor time of a process is measured on Linux alone, while it runs", pid)
	}
	var sum time.Duration
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return 0, err
		}
		onCPU, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(onCPU, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		sum += time.Duration(n)
	}
	return sum, nil
}
