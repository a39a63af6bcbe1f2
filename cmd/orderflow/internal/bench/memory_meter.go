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
	serving  int  // how many invocations are running
	handlers map[string]*metered
}

// metered holds the measurements of one handler.
type metered struct {
	// processor time from the start to the first request for work, and of the first invocation of
	// each process
	inits, firsts  []time.Duration
	usual, largest []sample
	peakMiB        float64
	events         [][]byte // the events of the invocations during the largest load
}

// sample is one invocation.
type sample struct{ cpu, wall time.Duration }

func newMeter() *meter { return &meter{handlers: map[string]*metered{}} }

// of returns the measurements of a handler; m.mu must be held.
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

// idle reports whether no invocation is running.
func (m *meter) idle() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serving == 0
}

// serve counts running invocations: n is 1 at the start, and -1 after the measurement.
func (m *meter) serve(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serving += n
}

// events returns the events of a handler during the largest load.
func (m *meter) events(handler string) [][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.of(handler).events)
}

// factory makes each execution environment a metered process of the deployed program.
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
		return nil, fmt.Errorf("a %T is not a process", h)
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

// meteredProcess is one execution environment. It serves one request at a time, so that what the
// process has used since the last request belongs to the current one.
type meteredProcess struct {
	*runtimeapi.Environment
	meter   *meter
	handler string
	used    time.Duration // processor time up to the end of the last request
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
	if usedErr != nil || peakErr != nil { // the process has exited, or there is no /proc
		return reply, errors.Join(err, usedErr, peakErr)
	}
	p.meter.record(p, payload, sample{used - p.used, wall}, peak)
	p.used, p.warm = used, true
	return reply, err
}

func (m *meter) record(p *meteredProcess, payload []byte, s sample, peakMiB float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.of(p.handler)
	h.peakMiB = max(h.peakMiB, peakMiB)
	if m.largest {
		h.events = append(h.events, bytes.Clone(payload))
	}
	switch {
	case !p.warm && m.largest: // rare and not typical: counted only in the peak
	case !p.warm:
		h.firsts = append(h.firsts, s.cpu)
	case m.largest:
		h.largest = append(h.largest, s)
	default:
		h.usual = append(h.usual, s)
	}
}

// processTime returns the processor time of a process, user and system: the sum over its threads,
// in nanoseconds (Linux, /proc/PID/task/TID/schedstat). The Go runtime keeps its threads, so that
// none is missing.
func processTime(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("no /proc/%d/task/*/schedstat: the processor time of a process can only be measured on Linux, while it runs", pid)
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
