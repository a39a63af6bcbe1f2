package cost

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/smithy-go/middleware"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
)

// What turns a duration on this machine into Lambda's: a function has processor time in proportion
// to its memory, one vCPU at 1,769 MB, and waits for the answer of each call.
const (
	vCPUMemory = 1769
	callTime   = 5 * time.Millisecond
)

// meter counts what functions do.
type meter struct {
	mu      sync.Mutex
	counts  Counts
	calls   ledger
	serving int
	moved   time.Time // when an invocation last began or ended
}

// reset starts the count of another order, and returns that of the last one.
func (m *meter) reset() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.counts
	c.Calls = m.calls.list()
	m.counts, m.calls = Counts{}, ledger{}
	return c
}

// quiet reports whether no function has run for a while.
func (m *meter) quiet() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serving == 0 && time.Since(m.moved) > calm
}

// published returns how many events were published.
func (m *meter) published() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts.Events
}

// factory meters the functions of another factory. Scheduled functions run without an order: they
// are not counted.
func (m *meter) factory(inner local.Factory) local.Factory {
	return func(fn lambda.Function, cfg aws.Config) (lambda.Handler, error) {
		if fn.Handler == "reconcile" {
			return inner(fn, cfg)
		}
		f := &metered{meter: m, fn: fn}
		cfg.APIOptions = append(slices.Clip(cfg.APIOptions), f.option)
		var err error
		f.handler, err = inner(fn, cfg)
		return f, err
	}
}

// metered is one execution environment of a function. It serves one request at a time.
type metered struct {
	meter   *meter
	fn      lambda.Function
	handler lambda.Handler
}

// Invoke implements lambda.Handler.
func (f *metered) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	f.meter.begin()
	began, calls := time.Now(), new(atomic.Int64)
	reply, err := f.handler.Invoke(context.WithValue(ctx, callsKey{}, calls), payload)
	f.meter.end(f.fn, payload, time.Since(began), calls.Load())
	return reply, err
}

// callsKey finds the number of the calls of an invocation in its context.
type callsKey struct{}

// Close ends the execution environment.
func (f *metered) Close() error {
	if c, ok := f.handler.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (m *meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serving++
}

// end counts an invocation. Lambda bills whole milliseconds.
func (m *meter) end(fn lambda.Function, payload []byte, took time.Duration, calls int64) {
	billed := took*vCPUMemory/time.Duration(fn.MemoryMB) + time.Duration(calls)*callTime
	m.mu.Lock()
	defer m.mu.Unlock()
	m.serving--
	m.moved = time.Now()
	m.counts.Invocations++
	m.counts.GBMilliseconds += math.Ceil(billed.Seconds()*1000) * float64(fn.MemoryMB) / 1024
	if strings.HasPrefix(fn.Handler, "api-") {
		m.counts.Requests++
	}
	if n := messages(payload); n > 0 { // each was sent; the batch was received and deleted
		m.counts.Queue += n + 2
	}
}

// messages returns how many messages of a queue an event holds.
func messages(payload []byte) int {
	var event struct {
		Records []struct{ EventSource string }
	}
	if json.Unmarshal(payload, &event) != nil || len(event.Records) == 0 || event.Records[0].EventSource != "aws:sqs" {
		return 0
	}
	return len(event.Records)
}

// option puts the count around everything else that a client does. DynamoDB is asked for the
// capacity that a request consumes.
func (f *metered) option(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("orderflow/cost",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			askCapacity(in.Parameters)
			out, metadata, err := next.HandleInitialize(ctx, in)
			if n, ok := ctx.Value(callsKey{}).(*atomic.Int64); ok {
				n.Add(1)
			}
			f.meter.call(f.fn.Handler, in.Parameters, out.Result)
			return out, metadata, err
		}), middleware.Before)
}

// call counts a call of a function. A call without a result has failed.
func (m *meter) call(function string, in, out any) {
	operation := operationOf(in)
	m.mu.Lock()
	defer m.mu.Unlock()
	if put, ok := in.(*eventbridge.PutEventsInput); ok && out != nil {
		m.counts.Events += len(put.Entries)
	}
	switch {
	case operation == "sns.Publish":
		m.counts.Notifications++
	case operation == "sesv2.SendEmail":
		m.counts.Mails++
	case strings.HasPrefix(operation, "sqs."):
		m.counts.Queue++
	}
	used := capacityOf(in, out)
	if len(used) == 0 {
		m.calls.of(callKey{function, operation, ""}).Count++
	}
	for _, u := range used {
		if strings.HasSuffix(u.table, sandboxTable) {
			continue
		}
		c := m.calls.of(callKey{function, operation, u.table})
		c.Count++
		c.Reads, c.Writes, c.Index = c.Reads+u.reads, c.Writes+u.writes, c.Index+u.index
		c.Bytes = max(c.Bytes, u.bytes)
		m.counts.Reads, m.counts.Writes = m.counts.Reads+u.reads, m.counts.Writes+u.writes
	}
}
