// Package bench measures the system and the deployed program.
package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
)

// inSystem starts the whole system, measures it, and stops it.
func inSystem[R any](
	ctx context.Context, inMemory bool, carrierDelay time.Duration, cpuProfile string, log *slog.Logger,
	measure func(context.Context, *system.System) (R, error),
) (result R, err error) {
	dir := ""
	if !inMemory {
		if dir, err = os.MkdirTemp("", "orderflow-bench-"); err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	s, err := system.Start(ctx, system.Options{
		Addr: system.AnyPort, AWSAddr: system.AnyPort, Dir: dir, CarrierDelay: carrierDelay, Log: log,
	})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	stop, err := startProfile(cpuProfile)
	if err != nil {
		return result, err
	}
	ctx, done := s.WhileHealthy(ctx)
	defer done()
	result, err = measure(ctx, s)
	return result, errors.Join(err, stop())
}

// startProfile starts a CPU profile unless path is empty; stop ends it.
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

// newClient returns a client with a token of the local issuer.
func newClient(ctx context.Context, s *system.System) (*client.Client, error) {
	anon := client.New(s.API, "")
	token, err := anon.Mint(ctx, client.TokenRequest{Subject: "bench", Scopes: client.AllScopes,
		Groups: []string{client.Operators}})
	return anon.WithToken(token), err
}

// pollEvery is how often an order is read until it ends. Reading is rare enough not to be what is
// measured.
const pollEvery = 150 * time.Millisecond

// orderRequest returns a request for two products, which depend on i.
func orderRequest(i int, skus []string) []byte {
	return fmt.Appendf(nil, `{"items":[{"sku":%q,"quantity":1},{"sku":%q,"quantity":2}],"currency":"USD",`+
		`"email":"bench@example.com","shippingAddress":{"name":"Bench","line1":"1 Quay","city":"Boston","postalCode":"02110","country":"US"},"paymentMethod":"pm_card_visa"}`,
		skus[i%len(skus)], skus[(i*7+1)%len(skus)])
}

// percentile returns a percentile of durations in milliseconds. p is 0 to 1; nearest rank.
func percentile(d []time.Duration, p float64) float64 {
	slices.Sort(d)
	return float64(d[min(int(float64(len(d))*p), len(d)-1)].Microseconds()) / 1000
}

// processorTime returns the processor time that this process has used, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // fails only for an invalid argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS returns the largest resident set of this process in MiB.
func peakRSS() (float64, error) { return residentMiB("self", "VmHWM") }

// residentMiB reads a size of a process from Linux's /proc: VmRSS is its resident set, VmHWM the
// largest that it has had. It returns 0 on other systems.
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
		return "durable (every answer waits for the flush of what it reports)"
	}
	return "in memory, NOT durable"
}
