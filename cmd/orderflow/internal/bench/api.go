package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
)

// API is a benchmark in which customers arrive at a constant rate, whether or not earlier customers
// have been served.
type API struct {
	Rate         int
	For          time.Duration
	InMemory     bool
	CarrierDelay time.Duration
	CPUProfile   string
}

// APIResult is the report of API.
type APIResult struct {
	Rate           int     `json:"customersPerSecond"`
	Orders         int     `json:"orders"`
	Durable        bool    `json:"durable"`
	Cores          int     `json:"cores"`
	Place          Answers `json:"place"`
	Read           Answers `json:"read"`
	List           Answers `json:"list"`
	FulfilledP50   float64 `json:"placedToFulfilledP50Milliseconds"`
	FulfilledP99   float64 `json:"placedToFulfilledP99Milliseconds"`
	FulfilledSoFar int     `json:"fulfilledWhenTheLastWasPlaced"`
	DrainedSeconds float64 `json:"secondsUntilAllWereFulfilled"`
	CPU            float64 `json:"cpuMillisecondsPerOrder"`
	PeakRSSMiB     float64 `json:"peakRssMiB"`
	Failures       int     `json:"failures"`
	causes         []error // of the first failures
}

// Answers sums up the response times of one kind of request.
type Answers struct {
	P50 float64 `json:"p50Milliseconds"`
	P99 float64 `json:"p99Milliseconds"`
	Max float64 `json:"maxMilliseconds"`
}

func answersOf(d []time.Duration) Answers {
	return Answers{percentile(d, 0.50), percentile(d, 0.99), percentile(d, 1)}
}

// Measure starts a system and measures it. Some customers may not have been served; see Err.
func (c API) Measure(ctx context.Context, log *slog.Logger) (*APIResult, error) {
	if c.Rate < 1 || c.For < time.Second {
		return nil, errors.New("--rate must be at least 1, and --for at least 1s")
	}
	return inSystem(ctx, c.InMemory, c.CarrierDelay, c.CPUProfile, log, c.measure)
}

// Err returns an error if customers were not served, with the first causes.
func (r *APIResult) Err() error {
	if r.Failures == 0 {
		return nil
	}
	return fmt.Errorf("%d customers were not served: %w", r.Failures, errors.Join(r.causes...))
}

// visit is the visit of one customer: the order, and the time of each answer.
type visit struct {
	order             string
	place, read, list time.Duration
}

func (c API) measure(ctx context.Context, s *system.System) (*APIResult, error) {
	skus, err := system.StockUp(ctx, s.Stack)
	if err != nil {
		return nil, err
	}
	cl, err := newClient(ctx, s)
	if err != nil {
		return nil, err
	}
	cpu := processorTime()
	visits, failures := c.customers(ctx, cl, skus)
	if len(visits) == 0 {
		return nil, fmt.Errorf("no customer was served: %w", errors.Join(failures...))
	}
	result := &APIResult{Rate: c.Rate, Orders: len(visits), Durable: !c.InMemory, Cores: runtime.GOMAXPROCS(0),
		Failures: len(failures), causes: failures[:min(10, len(failures))]}
	if err := c.drain(ctx, cl, visits, result); err != nil {
		return nil, err
	}
	result.CPU = float64((processorTime() - cpu).Microseconds()) / 1000 / float64(len(visits))
	var place, read, list []time.Duration
	for _, v := range visits {
		place, read, list = append(place, v.place), append(read, v.read), append(list, v.list)
	}
	result.Place, result.Read, result.List = answersOf(place), answersOf(read), answersOf(list)
	result.PeakRSSMiB, err = peakRSS()
	return result, err
}

// customers starts visits at the rate, as an open loop.
func (c API) customers(ctx context.Context, cl *client.Client, skus []string) (visits []visit, failures []error) {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	began, gap := time.Now(), time.Second/time.Duration(c.Rate)
	for i := range int(c.For / gap) {
		time.Sleep(time.Until(began.Add(time.Duration(i) * gap)))
		wg.Go(func() {
			v, err := newVisit(ctx, cl, i, skus)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures = append(failures, err)
			} else {
				visits = append(visits, v)
			}
		})
	}
	wg.Wait()
	return visits, failures
}

func newVisit(ctx context.Context, cl *client.Client, i int, skus []string) (v visit, err error) {
	began := time.Now()
	took := func() time.Duration { d := time.Since(began); began = time.Now(); return d }
	p, err := cl.Place(ctx, "bench-"+strconv.Itoa(i), orderRequest(i, skus))
	v.order, v.place = p.OrderID, took()
	if err != nil {
		return v, err
	}
	if err := cl.Get(ctx, "/orders/"+url.PathEscape(p.OrderID), new(client.Order)); err != nil {
		return v, err
	}
	v.read = took()
	err = cl.Get(ctx, "/orders?limit=10", new(json.RawMessage))
	v.list = took()
	return v, err
}

// drain waits until every order is FULFILLED.
func (c API) drain(ctx context.Context, cl *client.Client, visits []visit, result *APIResult) error {
	stopped := time.Now()
	var last time.Time
	var ends []time.Duration
	pace := time.NewTicker(time.Millisecond) // the route takes 2,000 requests a second
	defer pace.Stop()
	for _, v := range visits {
		<-pace.C
		o, err := cl.Follow(ctx, v.order, pollEvery, func(client.Order) bool { return false })
		if err != nil {
			return err
		}
		if o.Status != orderflow.Fulfilled {
			return fmt.Errorf("order %s ended %s: %s", o.OrderID, o.Status, o.Reason())
		}
		at := o.Timeline[len(o.Timeline)-1].At
		ends = append(ends, at.Sub(o.PlacedAt))
		if at.Before(stopped) {
			result.FulfilledSoFar++
		}
		if at.After(last) {
			last = at
		}
	}
	result.FulfilledP50, result.FulfilledP99 = percentile(ends, 0.50), percentile(ends, 0.99)
	result.DrainedSeconds = max(last.Sub(stopped).Seconds(), 0)
	return nil
}

// Print prints the report as text.
func (r *APIResult) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d orders, %d customers a second, %d cores, %s
  POST /orders         %10.2f ms p50 %10.2f ms p99 %10.2f ms max
  GET /orders/{id}     %10.2f ms p50 %10.2f ms p99 %10.2f ms max
  GET /orders          %10.2f ms p50 %10.2f ms p99 %10.2f ms max
  placed -> FULFILLED  %10.2f ms p50 %10.2f ms p99
  FULFILLED            %10d when the last order was placed, all of them %.1f s later
  processor time       %10.2f ms an order, customers included
  peak RSS             %10.0f MiB
`, r.Orders, r.Rate, r.Cores, durability(r.Durable), r.Place.P50, r.Place.P99, r.Place.Max, r.Read.P50, r.Read.P99, r.Read.Max,
		r.List.P50, r.List.P99, r.List.Max, r.FulfilledP50, r.FulfilledP99, r.FulfilledSoFar, r.DrainedSeconds, r.CPU, r.PeakRSSMiB)
	return err
}
