package sqs

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// poll takes messages as an event source mapping does and compares their receive counts, in the
// order of the queue.
func (w *world) poll(url string, counts ...string) []Message {
	w.t.Helper()
	got, err := w.svc.Poll(w.t.Context(), url, 10, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	var have []string
	for _, m := range got {
		have = append(have, m.Body+" "+m.Attributes["ApproximateReceiveCount"])
	}
	if fmt.Sprint(have) != fmt.Sprint(counts) {
		w.t.Fatalf("polled %q, want %q", have, counts)
	}
	return got
}

func (w *world) restart(url string) {
	w.t.Helper()
	w.crash()
	if err := w.svc.ReleaseInFlight(url); err != nil {
		w.t.Fatal(err)
	}
}

// newSource makes a queue whose messages become dead letters after two receives.
func (w *world) newSource() (url, dead string) {
	w.t.Helper()
	dead = w.create("dead", nil)
	return w.create("q", map[string]string{
		"VisibilityTimeout": "600", "RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dead") + `","maxReceiveCount":2}`,
	}), dead
}

// However often the process dies while it holds a message, the message is there at once, as if it
// had never been received.
func TestService_ReleaseInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, dead := w.newSource()
	w.send(url, "a")
	w.send(url, "b")
	for range 7 {
		first := w.poll(url, "a 1", "b 1")[0].Attributes["ApproximateFirstReceiveTimestamp"]
		if want := fmt.Sprint(w.clock.Now().UnixMilli()); first != want {
			t.Errorf("first receive at %s, want %s: the ones before do not count", first, want)
		}
		w.clock.Advance(time.Second)
		w.restart(url)
		w.wantCounts(url, "2/0/0")
	}
	w.wantCounts(dead, "0/0/0")
}

// The receive is given back even if its visibility timeout ended before the restart.
func TestService_ReleaseInFlight_late(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, dead := w.newSource()
	w.send(url, "a")
	for range 5 {
		w.poll(url, "a 1")
		w.clock.Advance(time.Hour)
		w.restart(url)
	}
	w.wantCounts(dead, "0/0/0")
}

func TestService_ReleaseInFlight_others(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(w *world, url string)
		counts string // visible, in flight and delayed after the restart
	}{
		{"another process has received it", func(w *world, url string) { w.want(url, "a") }, "0/1/0"},
		{"the function has failed", func(w *world, url string) {
			if err := w.svc.Fail(w.t.Context(), url, w.poll(url, "a 1")[0].ReceiptHandle); err != nil {
				w.t.Fatal(err)
			}
		}, "0/1/0"},
		{"polled, then received by another process", func(w *world, url string) {
			w.poll(url, "a 1")
			w.clock.Advance(10 * time.Minute)
			w.want(url, "a")
		}, "0/1/0"},
		{"the function has done it", func(w *world, url string) {
			if err := w.svc.Delete(w.t.Context(), url, w.poll(url, "a 1")[0].ReceiptHandle); err != nil {
				w.t.Fatal(err)
			}
		}, "0/0/0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			url, _ := w.newSource()
			w.send(url, "a")
			tt.before(w, url)
			w.restart(url)
			w.wantCounts(url, tt.counts)
		})
	}
}

// A message that its function fails on becomes a dead letter, whatever restarts happen in between.
func TestService_Fail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, dead := w.newSource()
	w.send(url, "a")
	for _, count := range []string{"a 1", "a 2"} {
		w.poll(url, count)
		w.restart(url)
		got := w.poll(url, count)
		if err := w.svc.Fail(t.Context(), url, got[0].ReceiptHandle); err != nil {
			t.Fatal(err)
		}
		w.restart(url)
		w.poll(url) // it waits for its visibility timeout
		w.clock.Advance(10 * time.Minute)
	}
	w.poll(url)
	w.wantCounts(dead, "1/0/0")
}

func TestService_GiveBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, dead := w.newSource()
	w.send(url, "a")
	for range 5 {
		got := w.poll(url, "a 1")
		if err := w.svc.GiveBack(t.Context(), url, got[0].ReceiptHandle); err != nil {
			t.Fatal(err)
		}
	}
	w.crash()
	w.poll(url, "a 1")
	w.wantCounts(dead, "0/0/0")
	for want, err := range map[string]error{
		"ReceiptHandleIsInvalid": w.svc.GiveBack(t.Context(), url, "none"),
		"QueueDoesNotExist":      w.svc.Fail(t.Context(), "nowhere", "none"),
	} {
		if e, ok := errors.AsType[*awsapi.Error](err); !ok || e.Type != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
