package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"orderflow/cmd/orderflow/internal/screen"
)

// answers is a system that gives one answer after the other, and then none.
type answers chan string

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case body := <-a:
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestFollow_timeout: that an order has not ended in time is said of the order, not of the system.
func TestFollow_timeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []string
		want    string
	}{
		{"no answer", nil, "the API has not answered in time about order ord_1"},
		{"one answer", []string{`{"status":"PAID"}`}, "order ord_1 is still PAID"},
		{"the last answer counts", []string{`{"status":"CONFIRMED"}`, `{"status":"PAID"}`}, "order ord_1 is still PAID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := make(answers, len(c.answers))
				for _, a := range c.answers {
					api <- a
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				cl := &client{base: "http://orders.test", http: &http.Client{Transport: api}}
				if _, err := follow(ctx, cl, "ord_1", 50*time.Millisecond, func(orderView) bool { return false }); err == nil || err.Error() != c.want {
					t.Errorf("got %v, want %s", err, c.want)
				}
			})
		})
	}
}

// TestWatcher_show: as JSON, entries are what the API sent, each once.
func TestWatcher_show(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := watcher{out: screen.New(&out), asJSON: true}
	for _, answer := range []string{
		`{"status":"PLACED","timeline":[{"sequence":1,"type":"Order Placed"}]}`,
		`{"status":"PAID","timeline":[{"sequence":1,"type":"Order Placed"},{"sequence":2,"unheard":"of"}]}`,
	} {
		o := orderView{answer: []byte(answer)}
		if err := decode(o.answer, &o); err != nil {
			t.Fatal(err)
		}
		if err := w.show(o); err != nil {
			t.Fatal(err)
		}
	}
	if want := `{"sequence":1,"type":"Order Placed"}` + "\n" + `{"sequence":2,"unheard":"of"}` + "\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
