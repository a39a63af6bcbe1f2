package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/orderflow-dev/orderflow/local/lambda"
)

// largestOrder is how many lines an order may have (api/openapi.yaml).
const largestOrder = 100

// largest makes the largest invocations: orders of 100 products through every outcome, the longest
// lists, and full batches.
func (b *memoryBench) largest(ctx context.Context, n int) error {
	skus, err := stockLarge(ctx, b.stack)
	if err != nil {
		return err
	}
	b.meter.setLargest(true)
	stopped, err := b.everyOutcome(ctx, n, n, func() ([]byte, error) { return orderOf(skus...) })
	if err != nil {
		return err
	}
	for range n {
		if err := b.read(ctx, "/orders?limit=100", "/products?limit=100"); err != nil {
			return err
		}
	}
	return b.batches(ctx, n, stopped)
}

// batches delivers full batches, n times each. Their records belong to the large orders. A message
// whose work is already done makes the same calls.
//
// The carrier answers for orders whose execution was stopped, so that an answer wakes no execution
// and can be repeated.
func (b *memoryBench) batches(ctx context.Context, n int, stopped []string) error {
	ofStopped := func(record []byte) bool {
		return slices.ContainsFunc(stopped, func(id string) bool { return bytes.Contains(record, []byte(id)) })
	}
	b.held.Store(false)
	for _, one := range []struct {
		handler string
		wanted  func(record []byte) bool
	}{
		{"publish", nil}, {"start", nil}, {"repay", nil}, {"carrier", ofStopped}, {"wake", ofStopped},
	} {
		if one.handler == "wake" { // the carrier's last answers are still in transit
			if err := b.waitUntil(ctx, func() (bool, error) {
				r, err := records(b.meter.events("wake"), ofStopped)
				return len(r) >= min(len(stopped), b.batchSize("carrier")), err
			}); err != nil {
				return err
			}
		}
		if err := b.batch(ctx, one.handler, n, one.wanted); err != nil {
			return fmt.Errorf("function %s: %w", one.handler, err)
		}
	}
	reconcile, err := b.process("reconcile")
	if err != nil {
		return err
	}
	return errors.Join(reconcile.repeat(ctx, n, []byte(`{}`)), reconcile.Close())
}

// batch delivers a full batch of the largest records that a function received.
func (b *memoryBench) batch(ctx context.Context, handler string, n int, wanted func([]byte) bool) error {
	all, err := records(b.meter.events(handler), wanted)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("the function received no records")
	}
	slices.SortStableFunc(all, func(x, y json.RawMessage) int { return cmp.Compare(len(y), len(x)) })
	var batch []json.RawMessage
	size := 0
	for i := range b.batchSize(handler) {
		r := all[i%len(all)]
		if size += len(r) + 1; size > maxEvent { // a batch must not exceed the size of an event
			break
		}
		batch = append(batch, r)
	}
	payload, err := json.Marshal(map[string]any{"Records": batch})
	if err != nil {
		return err
	}
	p, err := b.process(handler)
	if err != nil {
		return err
	}
	return errors.Join(p.repeat(ctx, n, payload), p.Close())
}

// maxEvent is the largest batch that Lambda passes to a function, less room for the event around
// the records (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html: 6
// MB).
const maxEvent = 6<<20 - 1<<10

// records returns the wanted records of batches; nil wants all.
func records(batches [][]byte, wanted func([]byte) bool) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for _, b := range batches {
		var batch struct{ Records []json.RawMessage }
		if err := json.Unmarshal(b, &batch); err != nil {
			return nil, fmt.Errorf("read batch: %w", err)
		}
		for _, r := range batch.Records {
			if wanted == nil || wanted(r) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// batchSize returns the BatchSize of a function's event source mapping, 0 without one.
func (b *memoryBench) batchSize(handler string) int {
	for _, fn := range b.stack.Functions() {
		for _, m := range b.stack.Template().Mappings {
			if fn.Handler == handler && m.Function == fn.Name {
				return m.BatchSize
			}
		}
	}
	return 0
}

// meteredFunction is a process that is invoked directly.
type meteredFunction struct {
	*meteredProcess
	fn lambda.Function
}

// repeat invokes the function n times, after one invocation that does not count. Every record must
// succeed.
func (f *meteredFunction) repeat(ctx context.Context, n int, payload []byte) error {
	for range n + 1 {
		if _, err := (coldEvent{payload: string(payload)}).invoke(ctx, f, f.fn); err != nil {
			return err
		}
	}
	return nil
}
