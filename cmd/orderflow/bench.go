package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"orderflow"
	"orderflow/cmd/orderflow/internal/client"
	"orderflow/cmd/orderflow/internal/system"
)

type benchOrdersCommand struct {
	N            int           `help:"How many orders." default:"2000"`
	Concurrency  int           `help:"How many orders are in flight." default:"64"`
	InMemory     bool          `help:"Keep nothing on disk."`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes." default:"0s"`
	CPUProfile   string        `name:"cpuprofile" help:"Write a CPU profile of the run." placeholder:"FILE"`
	JSON         bool          `help:"Print JSON."`
}

func (*benchOrdersCommand) Help() string {
	return `Starts the whole system and keeps --concurrency orders in flight until --n are FULFILLED: each is placed over HTTP and read until it has ended.

Example:
  orderflow bench orders --n 2000 --concurrency 64`
}

// benchOrders is what the benchmark reports.
type benchOrders struct {
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
	PeakRSSMiB    float64 `json:"peakRssMiB"`
	Cores         int     `json:"cores"`
	NotAsExpected int     `json:"notFulfilled"`
}

func (c *benchOrdersCommand) Run(e *env) error {
	if c.N < 1 || c.Concurrency < 1 {
		return errors.New("--n and --concurrency must be at least 1")
	}
	result, err := benchSystem(e, c.InMemory, c.CarrierDelay, c.CPUProfile, c.measure)
	if err != nil {
		return err
	}
	err = printResult(e.stdout, result, c.JSON)
	if result.NotAsExpected > 0 {
		return errors.Join(err, fmt.Errorf("%d orders were not fulfilled", result.NotAsExpected))
	}
	return err
}

// printResult prints what a benchmark measured, as text or as JSON.
func printResult(w io.Writer, result interface{ print(io.Writer) }, asJSON bool) error {
	if !asJSON {
		result.print(w)
		return nil
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(result)
}

// benchSystem starts the whole system in a temporary folder, measures it, and stops it.
func benchSystem[R any](e *env, inMemory bool, carrierDelay time.Duration, cpuProfile string, measure func(context.Context, *system.System) (R, error)) (result R, err error) {
	dir := ""
	if !inMemory {
		if dir, err = os.MkdirTemp("", "orderflow-bench-"); err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	s, err := system.Start(e.ctx, system.Options{Addr: system.AnyPort, AWSAddr: system.AnyPort, Dir: dir, CarrierDelay: carrierDelay, Log: logger(e, false, slog.LevelError)})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(e.ctx))) }()
	stop, err := startProfile(cpuProfile)
	if err != nil {
		return result, err
	}
	ctx, done := s.WhileHealthy(e.ctx)
	defer done()
	result, err = measure(ctx, s)
	return result, errors.Join(err, stop())
}

// startProfile starts a CPU profile, if one is wanted; stop ends it.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

// benchClient is a client with a token of the local issuer.
func benchClient(ctx context.Context, s *system.System) (*client.Client, error) {
	anon := client.New(s.API, "")
	token, err := anon.Mint(ctx, client.TokenRequest{Subject: "bench", Scopes: client.AllScopes})
	return anon.As(token), err
}

// measure keeps c.Concurrency orders in flight until c.N have ended.
func (c *benchOrdersCommand) measure(ctx context.Context, s *system.System) (*benchOrders, error) {
	skus, err := system.StockUp(ctx, s.Stack)
	if err != nil {
		return nil, err
	}
	cl, err := benchClient(ctx, s)
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
	began, cpu := time.Now(), processorTime()
	for range c.Concurrency {
		wg.Go(func() {
			for i := range next {
				answer, end, err := benchOne(ctx, cl, i, skus)
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
	cpu = processorTime() - cpu
	rss, err := peakRSS()
	if err != nil {
		return nil, err
	}
	return &benchOrders{
		Orders: c.N, Concurrency: c.Concurrency, Durable: !c.InMemory, Seconds: seconds, PerSecond: float64(len(ends)) / seconds,
		AnswerP50: percentile(answers, 0.50), AnswerP99: percentile(answers, 0.99),
		FulfilledP50: percentile(ends, 0.50), FulfilledP99: percentile(ends, 0.99),
		CPU: float64(cpu.Microseconds()) / 1000 / float64(len(ends)), PeakRSSMiB: rss, Cores: runtime.GOMAXPROCS(0), NotAsExpected: len(failures),
	}, nil
}

// benchPoll is how often an order is read until it has ended: seldom enough that reading is not what is measured.
const benchPoll = 150 * time.Millisecond

// benchOrder is a request for two products, which change from order to order.
func benchOrder(i int, skus []string) []byte {
	return fmt.Appendf(nil, `{"items":[{"sku":%q,"quantity":1},{"sku":%q,"quantity":2}],"currency":"USD",`+
		`"email":"bench@example.com","shippingAddress":{"name":"Bench","line1":"1 Quay","city":"Boston","postalCode":"02110","country":"US"},"paymentMethod":"pm_card_visa"}`,
		skus[i%len(skus)], skus[(i*7+1)%len(skus)])
}

// benchOne places one order and waits for its end. The end is taken from the order's own timeline, so that polling does not round it up.
func benchOne(ctx context.Context, cl *client.Client, i int, skus []string) (answer, end time.Duration, err error) {
	began := time.Now()
	p, err := cl.Place(ctx, "bench-"+strconv.Itoa(i), benchOrder(i, skus))
	if err != nil {
		return 0, 0, err
	}
	answer = time.Since(began)
	o, err := cl.Follow(ctx, p.OrderID, benchPoll, func(client.Order) bool { return false })
	if err != nil {
		return 0, 0, err
	}
	if o.Status != orderflow.Fulfilled {
		return 0, 0, fmt.Errorf("order %s ended %s: %s", o.OrderID, o.Status, o.Reason())
	}
	return answer, o.Timeline[len(o.Timeline)-1].At.Sub(o.PlacedAt), nil
}

// percentile of durations in milliseconds; p in 0..1, nearest rank.
func percentile(d []time.Duration, p float64) float64 {
	slices.Sort(d)
	return float64(d[min(int(float64(len(d))*p), len(d)-1)].Microseconds()) / 1000
}

// processorTime is what this process has used of the processors, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // it fails only for a wrong argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS is this process's largest resident set in MiB.
func peakRSS() (float64, error) { return residentMiB("self", "VmHWM") }

// residentMiB reads a size of a process from Linux's /proc: VmRSS is its resident set, VmHWM the largest that it ever had. 0 elsewhere.
func residentMiB(process, field string) (float64, error) {
	b, err := os.ReadFile("/proc/" + process + "/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return float64(kib) / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/%s/status", field, process)
}

func durability(durable bool) string {
	if durable {
		return "durable (every answer after its write is flushed)"
	}
	return "in memory, NOT durable"
}

func (r *benchOrders) print(w io.Writer) {
	fmt.Fprintf(w, `%d orders, %d in flight, %d cores, %s
  orders/s             %10.1f
  API answer           %10.2f ms p50 %10.2f ms p99
  placed -> FULFILLED  %10.2f ms p50 %10.2f ms p99
  processor time       %10.2f ms an order, customers included
  peak RSS             %10.0f MiB
`, r.Orders, r.Concurrency, r.Cores, durability(r.Durable), r.PerSecond, r.AnswerP50, r.AnswerP99, r.FulfilledP50, r.FulfilledP99, r.CPU, r.PeakRSSMiB)
}
