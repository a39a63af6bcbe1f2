package awsapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// stuckBody never ends.
type stuckBody struct{ closed chan struct{} }

func (b stuckBody) Read([]byte) (int, error) {
	<-b.closed
	return 0, io.EOF
}

func TestBodyDeadline(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	server := httptest.NewServer(BodyDeadline(50*time.Millisecond, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		read <- err
		if err != nil {
			w.WriteHeader(http.StatusRequestTimeout)
		}
	})))
	defer server.Close()
	body := stuckBody{make(chan struct{})}
	defer close(body.closed)
	res, err := server.Client().Post(server.URL, "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := <-read; res.StatusCode != http.StatusRequestTimeout || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %d, read %v", res.StatusCode, err)
	}
}

// halfBody is a body that its client does not finish.
type halfBody struct{}

func (halfBody) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestRouter_ServeHTTP_slowBody(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	(&Router{}).ServeHTTP(w, httptest.NewRequest("POST", "/", halfBody{}))
	if w.Code != http.StatusRequestTimeout || !strings.Contains(w.Body.String(), "RequestTimeout") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// deadlines is a connection that notes what deadlines it is given.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// The deadline is the body's alone: it is gone when the body has arrived, and there is none for a
// request without one.
func TestBodyDeadline_afterTheBody(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	began := time.Now()
	handler := BodyDeadline(time.Hour, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err != nil || string(b) != "{}" {
			t.Errorf("got %s, %v", b, err)
		}
	}))
	handler.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("{}")))
	if len(w.set) != 2 || w.set[0].Before(began.Add(time.Hour)) || !w.set[1].IsZero() {
		t.Errorf("deadlines %v", w.set)
	}
	w.set = nil
	BodyDeadline(time.Hour, http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", http.NoBody))
	if len(w.set) != 0 {
		t.Errorf("deadlines %v without a body", w.set)
	}
}
