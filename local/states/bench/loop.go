package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// Result is one measurement. The times are milliseconds.
type Result struct {
	Workload     string  `json:"workload"` // order-7, order-7 with retries, bare store
	Durable      bool    `json:"durable"`
	Interface    string  `json:"interface"` // in process, HTTP; the store's own
	InFlight     int     `json:"inFlight"`
	Orders       int     `json:"orders"`
	PerSecond    float64 `json:"ordersPerSecond"`
	P50          float64 `json:"p50Ms"`
	P99          float64 `json:"p99Ms"`
	PeakRSS      float64 `json:"peakRssMB"`
	CPU          float64 `json:"cpuMsPerOrder"`
	BytesWritten float64 `json:"bytesPerOrder"`
	Flushes      float64 `json:"flushesPerOrder"`
}

// closed runs the orders 0..n-1 with a constant number in flight, and measures them. The throughput
// counts until the last order starts: after that the loop is not closed any more.
func closed(n, inFlight int, d *disk, one func(i int) error) (Result, error) {
	forget()
	var (
		next, finished atomic.Int64
		took           = make([]time.Duration, n)
		mu             sync.Mutex
		failed         error
		steady         time.Duration
		steadyDone     int64
		wg             sync.WaitGroup
	)
	bytes, flushes, busy, begin := d.bytes.Load(), d.flushes.Load(), cpu(), time.Now()
	for range inFlight {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i == n-1 {
					steady, steadyDone = time.Since(begin), finished.Load()
				}
				if i >= n {
					return
				}
				t := time.Now()
				if err := one(i); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				took[i] = time.Since(t)
				finished.Add(1)
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return Result{}, failed
	}
	busy = cpu() - busy
	slices.Sort(took)
	per := 1 / float64(n)
	return Result{
		InFlight: inFlight, Orders: n, PerSecond: float64(steadyDone) / steady.Seconds(),
		P50: ms(took[n/2]), P99: ms(took[n*99/100]), PeakRSS: peak(), CPU: ms(busy) * per,
		BytesWritten: float64(d.bytes.Load()-bytes) * per, Flushes: float64(d.flushes.Load()-flushes) * per,
	}, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// runOrders runs the workload: one order is one execution; it counts after its output was checked.
func runOrders(ctx context.Context, dir string, o options, inFlight, n int, retries bool) (Result, error) {
	h := &handlers{}
	e, err := open(dir, o, h.invoke)
	if err != nil {
		return Result{}, err
	}
	defer e.stop()
	machine, err := e.createMachine(ctx, "order-7", order7)
	if err != nil {
		return Result{}, err
	}
	res, err := e.orders(ctx, machine, "RUN", o, inFlight, n, retries)
	return res, err
}

// orders runs n orders. With retries, the first charge of 1% of them fails. Such an order does not
// count as one in flight: it spends its time waiting, and the benchmark measures its cost for the
// other orders, not its wait.
func (e *engine) orders(ctx context.Context, machine, run string, o options, inFlight, n int,
	retries bool) (Result, error) {
	one := func(i int, run string, failOnce bool) error {
		ord := newOrder(run, i, failOnce)
		input, err := json.Marshal(ord)
		if err != nil {
			return err
		}
		out, err := e.execute(ctx, machine, ord.OrderID, string(input), o.HTTP)
		if err != nil {
			return err
		}
		if out.status != "SUCCEEDED" {
			return fmt.Errorf("order %s ended %s", ord.OrderID, out.status)
		}
		return ord.check(out.output)
	}
	for i := range 50 { // warm up
		if err := one(i, run+"-WARM", false); err != nil {
			return Result{}, err
		}
	}
	var aside sync.WaitGroup
	failed := make(chan error, n/100+1)
	res, err := closed(n, inFlight, e.disk, func(i int) error {
		if !retries || i%100 != 50 {
			return one(i, run, false)
		}
		aside.Go(func() {
			if err := one(i, run, true); err != nil {
				failed <- err
			}
		})
		return nil
	})
	aside.Wait()
	close(failed)
	if ferr := <-failed; err == nil {
		err = ferr
	}
	res.Workload, res.Durable, res.Interface = "order-7", !o.InMemory, "in process"
	if retries {
		res.Workload = "order-7, 1% retried after 1 s"
	}
	if o.HTTP {
		res.Interface = "HTTP"
	}
	return res, err
}

// steps are the tasks of the workload, and where their results are stored.
var steps = [...]struct{ function, result string }{
	{"Validate", "validate"}, {"ReserveStock", "reserveStock"}, {"Charge", "charge"}, {"RecordPaid", "recordPaid"},
	{"Ship", "ship"},
	{"RecordFulfilled", "recordFulfilled"}, {"Notify", "notify"},
}

// runBare measures a loop without an engine over the same store. It calls the seven functions in a
// row, and after each it writes the order with its results so far durably. That is seven records
// for each order; no history, no retries, no timers, no API.
func runBare(ctx context.Context, dir string, o options, inFlight, n int) (Result, error) {
	d, h := newDisk(), &handlers{}
	so := store.Options{InMemory: o.InMemory}
	if !o.InMemory {
		so.FS = d
	}
	st, err := store.Open(dir, so)
	if err != nil {
		return Result{}, err
	}
	defer st.Close()
	res, err := closed(n, inFlight, d, func(i int) error {
		ord := newOrder("RUN", i, false)
		record, err := json.Marshal(ord)
		if err != nil {
			return err
		}
		for step, s := range steps {
			out, err := h.invoke(ctx, s.function, "", record)
			if err != nil {
				return err
			}
			record = append(append(record[:len(record)-1], `,"`+s.result+`":`...), out.Payload...)
			record = append(record, '}')
			b := st.NewBatch()
			b.Set(store.NewKey("bare").Uint(uint64(i)).Uint(uint64(step)), record)
			if err := errors.Join(b.Commit(), st.Flush()); err != nil {
				return err
			}
		}
		return ord.check(string(record))
	})
	res.Workload, res.Durable, res.Interface = "bare loop, 7 records", !o.InMemory, "store"
	return res, err
}
