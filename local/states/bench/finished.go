package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/orderflow-dev/orderflow/local/states"
)

// Finished is the engine's performance over a store with many finished executions. Times are
// milliseconds.
type Finished struct {
	Executions     int     `json:"executions"`
	StartUp        float64 `json:"startUpMs"`
	RSS            float64 `json:"residentMB"` // after start-up, listings and descriptions
	ListP50        float64 `json:"listP50Ms"`
	ListP99        float64 `json:"listP99Ms"`
	DescribeP50    float64 `json:"describeP50Ms"`
	DescribeP99    float64 `json:"describeP99Ms"`
	InFlight       int     `json:"inFlight"`
	PerSecond      float64 `json:"ordersPerSecond"`
	PerSecondEmpty float64 `json:"ordersPerSecondEmpty"`
}

const passOnly = `{"StartAt":"Done","States":{"Done":{"Type":"Pass","End":true}}}`

func measureFinished(ctx context.Context, o options, progress io.Writer) (*Finished, error) {
	root, err := os.MkdirTemp(o.Dir, "orderflow-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(root)
	dir := filepath.Join(root, "full")
	if err := fill(ctx, dir, o, progress); err != nil {
		return nil, err
	}
	forget()
	h := &handlers{}
	e, err := open(dir, o, h.invoke)
	if err != nil {
		return nil, err
	}
	defer func() { e.stop() }()
	f := &Finished{Executions: o.Finished, StartUp: ms(e.opened), InFlight: slices.Max(o.InFlight)}
	machine := "arn:aws:states:us-east-1:000000000000:stateMachine:pass"
	if f.ListP50, f.ListP99, err = e.listings(ctx, machine); err != nil {
		return nil, err
	}
	if f.DescribeP50, f.DescribeP99, err = e.descriptions(ctx, o.Finished); err != nil {
		return nil, err
	}
	f.RSS = resident()
	var full, empty []Result
	order7Machine, err := e.createMachine(ctx, "order-7", order7)
	if err != nil {
		return nil, err
	}
	for i := range 3 {
		res, err := e.orders(ctx, order7Machine, fmt.Sprintf("RUN-%d", i), o, f.InFlight, o.Orders, false)
		if err != nil {
			return nil, err
		}
		full = append(full, res)
		if err := inDir(o, &empty,
			func(dir string) (Result, error) { return runOrders(ctx, dir, o, f.InFlight, o.Orders, false) }); err != nil {
			return nil, err
		}
	}
	f.PerSecond, f.PerSecondEmpty = median(full).PerSecond, median(empty).PerSecond
	return f, nil
}

func executionName(i int) string { return fmt.Sprintf("order-%08d", i) }

// fill writes the finished executions, also through the API.
func fill(ctx context.Context, dir string, o options, progress io.Writer) error {
	e, err := open(dir, o, nil)
	if err != nil {
		return err
	}
	defer e.stop()
	machine, err := e.createMachine(ctx, "pass", passOnly)
	if err != nil {
		return err
	}
	return each(o.Finished, progress, func(i int) error {
		input := fmt.Sprintf(`{"orderId":%q,"total":%d}`, executionName(i), i)
		_, err := do[states.StartExecutionOutput](ctx, e, "StartExecution",
			states.StartExecutionInput{StateMachineARN: machine, Name: executionName(i), Input: &input})
		return err
	})
}

// each calls f for 0..n-1, 256 at a time.
func each(n int, progress io.Writer, f func(i int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, 256)
	for range 256 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if i%100_000 == 0 {
					fmt.Fprintf(progress, "%d of %d\n", i, n)
				}
				if err := f(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

// listings reads pages of 100 from the whole listing, with and without a status filter.
func (e *engine) listings(ctx context.Context, machine string) (p50, p99 float64, err error) {
	var took []time.Duration
	for _, status := range []string{"", "SUCCEEDED", "RUNNING", "FAILED"} {
		in := map[string]any{"stateMachineArn": machine}
		if status != "" {
			in["statusFilter"] = status
		}
		for range 250 {
			begin := time.Now()
			out, err := do[states.ListExecutionsOutput](ctx, e, "ListExecutions", in)
			if err != nil {
				return 0, 0, err
			}
			took = append(took, time.Since(begin))
			delete(in, "nextToken")
			if out.NextToken != "" {
				in["nextToken"] = out.NextToken
			}
		}
	}
	slices.Sort(took)
	return ms(took[len(took)/2]), ms(took[len(took)*99/100]), nil
}

func (e *engine) descriptions(ctx context.Context, n int) (p50, p99 float64, err error) {
	rng := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	for range 2000 {
		name := executionName(rng.IntN(n))
		in, err := json.Marshal(map[string]string{
			"executionArn": "arn:aws:states:us-east-1:000000000000:execution:pass:" + name})
		if err != nil {
			return 0, 0, err
		}
		begin := time.Now()
		if _, err := e.call(ctx, "DescribeExecution", in); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return ms(took[len(took)/2]), ms(took[len(took)*99/100]), nil
}
