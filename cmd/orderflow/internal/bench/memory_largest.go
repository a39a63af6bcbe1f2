package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/orderflow-dev/orderflow/local/lambda"
)

// largestOrder is how many products an order may have (api/openapi.yaml).
const largestOrder = 100

// largest makes the largest invocations: orders of 100 products along every way, the longest lists, the fullest batches.
func (b *memoryBench) largest(ctx context.Context, n int) error {
	skus, err := stockLarge(ctx, b.stack)
	if err != nil {
		return err
	}
	b.meter.setLargest(true)
	stopped, err := b.everyWay(ctx, n, n, func() ([]byte, error) { return orderOf(skus...) })
	if err != nil {
		return err
	}
	for range n {
		for _, path := range []string{"/orders?limit=100", "/products?limit=100"} {
			if _, err := b.client.Do(ctx, http.MethodGet, path, nil, nil); err != nil {
				return err
			}
		}
	}
	return b.batches(ctx, n, stopped)
}

// batches delivers the fullest batches, n times each. Their records are those of the large orders, so that each message finds its work to be done
// or done already: the calls are the same.
//
// The carrier answers for orders whose execution was stopped, so that the answers wake nobody and can be given again and again.
func (b *memoryBench) batches(ctx context.Context, n int, stopped []string) error {
	ofStopped := func(record []byte) bool {
		return slices.ContainsFunc(stopped, func(id string) bool { return bytes.Contains(record, []byte(id)) })
	}
	b.held.Store(false)
	for _, one := range []struct {
		handler string
		wanted  func(record []byte) bool
	}{
		{"publish", nil}, {"start", nil}, {"carrier", ofStopped}, {"wake", ofStopped},
	} {
		if one.handler == "wake" { // what the carrier has just answered is on its way
			if err := b.until(ctx, func() (bool, error) {
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

// batch delivers a full batch of the largest records that a function was given.
func (b *memoryBench) batch(ctx context.Context, handler string, n int, wanted func([]byte) bool) error {
	all, err := records(b.meter.events(handler), wanted)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("it was given no records")
	}
	slices.SortStableFunc(all, func(x, y json.RawMessage) int { return cmp.Compare(len(y), len(x)) })
	var batch []json.RawMessage
	size := 0
	for i := range b.batchSize(handler) {
		r := all[i%len(all)]
		if size += len(r) + 1; size > maxEvent { // a batch ends before it is larger than an event may be
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

// maxEvent is the largest batch that Lambda hands to a function, with room for what is around the records
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html: 6 MB).
const maxEvent = 6<<20 - 1<<10

// records are the records of batches.
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

// batchSize is the BatchSize of the mapping of a function; 0 if it has none.
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

// repeat invokes it n times, after once that does not count; every record must be taken.
func (f *meteredFunction) repeat(ctx context.Context, n int, payload []byte) error {
	for range n + 1 {
		if _, err := (coldEvent{payload: string(payload)}).invoke(ctx, f, f.fn); err != nil {
			return err
		}
	}
	return nil
}
