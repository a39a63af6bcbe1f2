package store

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// outside serves h through the store's outlet, and gives a client of it.
func outside(t *testing.T, s *Store, h http.HandlerFunc) (get func() (string, error)) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Listener = s.Outlet().Listener(server.Listener)
	server.Start()
	t.Cleanup(server.Close)
	return func() (string, error) {
		res, err := server.Client().Get(server.URL)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(res.Body)
		return string(body), errors.Join(err, res.Body.Close())
	}
}

// Whatever a reply or a request tells of is there after a power failure at that moment, what was
// only read included.
func TestOutlet_tellsWhatIsSaved(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s, err := Open("db", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	crash := func() uint64 { return survivors(t, fs.CrashClone(vfs.CrashCloneCfg{RNG: rng})) }
	var commits, told atomic.Int64
	commit := func() {
		set(t, s, int(commits.Add(1))-1)
	}
	provider := s.Outlet().RoundTripper(roundTripper(func(r *http.Request) (*http.Response, error) {
		if n := crash(); n < uint64(commits.Load()) {
			t.Errorf("%d commits are left, and a request tells of %d", n, commits.Load())
		}
		told.Add(1)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	}))
	get := outside(t, s, func(w http.ResponseWriter, r *http.Request) {
		commit()
		res, err := (&http.Client{Transport: provider}).Get("http://provider.example")
		if err != nil {
			t.Error(err)
			return
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		commit()
		_, _ = io.WriteString(w, "done")
	})
	for range 10 {
		if body, err := get(); err != nil || body != "done" {
			t.Fatalf("%q, %v", body, err)
		}
		if n := crash(); n < uint64(commits.Load()) {
			t.Errorf("%d commits are left, and a reply tells of %d", n, commits.Load())
		}
	}
	if told.Load() != 10 {
		t.Errorf("%d requests", told.Load())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Once the store has failed neither a reply nor a request goes out.
func TestOutlet_failed(t *testing.T) {
	t.Parallel()
	var failing atomic.Bool
	s, err := Open("db", Options{FS: errorfs.Wrap(vfs.NewCrashableMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.EIO
		}
		return nil
	}))})
	if err != nil {
		t.Fatal(err)
	}
	get := outside(t, s, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") })
	if _, err := get(); err != nil {
		t.Fatal(err)
	}
	failing.Store(true)
	set(t, s, 0)
	if body, err := get(); err == nil {
		t.Errorf("answered %q", body)
	}
	<-s.Failed()
	sent := roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("the request was sent")
		return nil, io.EOF
	})
	_, err = (&http.Client{Transport: s.Outlet().RoundTripper(sent)}).Post("http://provider.example", "text/plain", strings.NewReader("x"))
	wantFailure(t, unwrapped(err), Unusable, "input/output error")
}

// unwrapped is the failure in an error of several lines.
func unwrapped(err error) error {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return err
}

func TestOutlet_zero(t *testing.T) {
	t.Parallel()
	var none Outlet
	if err := none.Wait(); !errors.Is(err, errNoStore) {
		t.Errorf("error %v", err)
	}
	client, server := net.Pipe()
	defer client.Close()
	if _, err := (outConn{server, none}).Write([]byte("x")); !errors.Is(err, errNoStore) {
		t.Errorf("error %v", err)
	}
}
