package system

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

func TestShare(t *testing.T) {
	t.Parallel()
	for _, n := range []int{minDescriptors, 100, fewDescriptors, 1024, 65536, 1 << 20} {
		c := share(n)
		if c.api < 8 || c.aws < 4 || c.out < 4 {
			t.Errorf("%d descriptors leave too few: %+v", n, c)
		}
		if sum := ownDescriptors + store.OpenTables(n) + c.api + c.aws + c.out; sum > n {
			t.Errorf("of %d descriptors %d are used: %+v", n, sum, c)
		}
	}
}

func TestCheckDescriptors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n        int
		isolated bool
		refused  bool
		warned   bool
	}{{63, false, true, false}, {64, false, false, true}, {255, false, false, true}, {256, false, false, false},
		{256, true, true, false}, {512, true, false, false}} {
		var log bytes.Buffer
		err := checkDescriptors(tt.n, tt.isolated, slog.New(slog.NewTextHandler(&log, nil)))
		if _, ok := errors.AsType[TooFewDescriptors](err); ok != tt.refused ||
			strings.Contains(log.String(), "ulimit -n") != tt.warned {
			t.Errorf("%+v: %v, %s", tt, err, &log)
		}
	}
}

// TestLimitedListener checks that many clients that keep their connections open share few places,
// and that all are served.
func TestLimitedListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const places = 3
	var mu sync.Mutex
	open, most := map[net.Conn]bool{}, 0
	limited := newLimitedListener(l, places)
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }),
		ConnState: func(c net.Conn, s http.ConnState) {
			mu.Lock()
			if s == http.StateNew {
				open[c] = true
			} else if s == http.StateClosed {
				delete(open, c)
			}
			most = max(most, len(open))
			mu.Unlock()
			limited.watch(c, s)
		},
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(limited) }()
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			transport := &http.Transport{}
			client := &http.Client{Transport: transport, Timeout: time.Minute}
			r, err := client.Get("http://" + l.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := io.ReadAll(r.Body); string(b) != "ok" || err != nil {
				t.Errorf("%q, %v", b, err)
			}
			if err := r.Body.Close(); err != nil { // the connection stays open
				t.Error(err)
			}
			t.Cleanup(transport.CloseIdleConnections)
		})
	}
	clients.Wait()
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	mu.Lock() // a connection may report its end after the shutdown
	defer mu.Unlock()
	if most > places+1 { // one is counted until the server has noticed that it is closed
		t.Errorf("%d connections at the same time, want %d", most, places)
	}
}
