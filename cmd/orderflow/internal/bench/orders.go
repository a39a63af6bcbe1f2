package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
)

// Orders is a benchmark that keeps orders in flight until a number of them are fulfilled.
type Orders struct {
	N            int
	Concurrency  int
	InMemory     bool
	CarrierDelay time.Duration
	CPUProfile   string
}

// OrdersResult is the report of Orders.
type OrdersResult struct {
	Orders        int     `json:"orders"`
	Concurrency   int     `json:"concurrency"`
	Durable       bool    `json:"durable"`
	Seconds       float64 `json:"seconds"`
	PerSecond     float64 `json:"ordersPerSecond"`
	AnswerP50     float64 `json:"apiAnswerP50Milliseconds"`
	AnswerP99     float64 `json:"apiAnswerP99Milliseconds"`
	FulfilledP50  float64 `json:"placedToFulfilledP50Milliseconds"`
	FulfilledP99  float64 `json:"placedToFulfilledP99Milliseconds"`
	CPU           float64 `json:"cpuMillisecondsPerOrder"`
	FlushWaits    float64 `json:"flushWaitsPerOrder"` // of what left the process, including replies to polling clients
	PeakRSSMiB    float64 `json:"peakRssMiB"`
	Cores         int     `json:"cores"`
	NotAsExpected int     `json:"notFulfilled"`
}

// Measure starts a system and measures it. Some orders may not have been fulfilled; see Err.
func (c Orders) Measure(ctx context.Context, log *slog.Logger) (*OrdersResult, error) {
	if c.N < 1 || c.Concurrency < 1 {
		return nil, errors.New("--n and --concurrency must be at least 1")
	}
	return inSystem(ctx, c.InMemory, c.CarrierDelay, c.CPUProfile, log, c.measure)
}

// Err returns an error if orders were not fulfilled.
func (r *OrdersResult) Err() error {
	if r.NotAsExpected > 0 {
		return fmt.Errorf("%d orders were not fulfilled", r.NotAsExpected)
	}
	return nil
}

// measure keeps c.Concurrency orders in flight until c.N have ended.
func (c Orders) measure(ctx context.Context, s *system.System) (*OrdersResult, error) {
	skus, err := system.StockUp(ctx, s.Stack)
	if err != nil {
		return nil, err
	}
	cl, err := newClient(ctx, s)
	if err != nil {
		return nil, err
	}
	var (
		wg       sync.WaitGroup
		mu       sync.Mutex
		answers  []time.Duration
		ends     []time.Duration
		failures []error
	)
	next := make(chan int)
	began, cpu, waits := time.Now(), processorTime(), s.Stack.FlushesWaitedFor()
	for range c.Concurrency {
		wg.Go(func() {
			for i := range next {
				answer, end, err := fulfil(ctx, cl, i, skus)
				mu.Lock()
				if err != nil {
					failures = append(failures, err)
				} else {
					answers, ends = append(answers, answer), append(ends, end)
				}
				mu.Unlock()
			}
		})
	}
	for i := range c.N {
		next <- i
	}
	close(next)
	wg.Wait()
	seconds := time.Since(began).Seconds()
	if len(ends) == 0 {
		return nil, fmt.Errorf("no order was fulfilled: %w", errors.Join(failures...))
	}
	cpu, waits = processorTime()-cpu, s.Stack.FlushesWaitedFor()-waits
	rss, err := peakRSS()
	if err != nil {
		return nil, err
	}
	return &OrdersResult{
		Orders: c.N, Concurrency: c.Concurrency, Durable: !c.InMemory, Seconds: seconds,
		PerSecond: float64(len(ends)) / seconds,
		AnswerP50: percentile(answers, 0.50), AnswerP99: percentile(answers, 0.99),
		FulfilledP50: percentile(ends, 0.50), FulfilledP99: percentile(ends, 0.99),
		CPU: float64(cpu.Microseconds()) / 1000 / float64(len(ends)), PeakRSSMiB: rss, Cores: runtime.GOMAXPROCS(0),
		FlushWaits:    float64(waits) / float64(len(ends)),
		NotAsExpected: len(failures),
	}, nil
}

// fulfil places one order and waits for its end. The end time is that of the order's timeline, so
// that polling does not distort it.
func fulfil(ctx context.Context, cl *client.Client, i int, skus []string) (answer, end time.Duration, err error) {
	began := time.Now()
	p, err := cl.Place(ctx, "bench-"+strconv.Itoa(i), orderRequest(i, skus))
	if err != nil {
		return 0, 0, err
	}
	answer = time.Since(began)
	o, err := cl.Follow(ctx, p.OrderID, pollEvery, func(client.Order) bool { return false })
	if err != nil {
		return 0, 0, err
	}
	if o.Status != orderflow.Fulfilled {
		return 0, 0, fmt.Errorf("order %s ended %s: %s", o.OrderID, o.Status, o.Reason())
	}
	return answer, o.Timeline[len(o.Timeline)-1].At.Sub(o.PlacedAt), nil
}

// Print prints the report as text.
func (r *OrdersResult) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d orders, %d in flight, %d cores, %s
  orders/s             %10.1f
  API answer           %10.2f ms p50 %10.2f ms p99
  placed -> FULFILLED  %10.2f ms p50 %10.2f ms p99
  processor time       %10.2f ms an order, customers included
  waits for a flush    %10.2f an order, polls of the customers included
  peak RSS             %10.0f MiB
`, r.Orders, r.Concurrency, r.Cores, durability(r.Durable), r.PerSecond, r.AnswerP50, r.AnswerP99, r.FulfilledP50, r.FulfilledP99,
		r.CPU, r.FlushWaits, r.PeakRSSMiB)
	return err
}
