package sqs

import (
	"context"
	"strings"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestLongPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	poll := func(ctx context.Context) <-chan string {
		out := make(chan string, 1)
		go func() {
			m, err := w.svc.Receive(ctx, url, 1, 20*time.Second)
			switch {
			case err != nil:
				out <- err.Error()
			case len(m) == 0:
				out <- "none"
			default:
				out <- m[0].Body
			}
		}()
		return out
	}
	t.Run("wakes when a message arrives", func(t *testing.T) {
		got := poll(t.Context())
		w.await(1)
		w.send(url, "arrived")
		if b := <-got; b != "arrived" {
			t.Errorf("got %s", b)
		}
	})
	t.Run("wakes when a message becomes visible", func(t *testing.T) {
		got := poll(t.Context())
		w.await(1)
		w.clock.Advance(19 * time.Second)
		select {
		case b := <-got:
			t.Fatalf("got %s too early", b)
		default:
		}
		w.clock.Advance(time.Second)
		if b := <-got; b != "none" {
			t.Errorf("got %s after the wait", b)
		}
		got = poll(t.Context())
		w.await(1)
		w.clock.Advance(10 * time.Second)
		if b := <-got; b != "arrived" {
			t.Errorf("got %s", b)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got := poll(ctx)
		w.await(1)
		cancel()
		if b := <-got; b != context.Canceled.Error() {
			t.Errorf("got %s", b)
		}
	})
	t.Run("ends when the queue is deleted", func(t *testing.T) {
		got := poll(t.Context())
		w.await(1)
		if _, err := w.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: &url}); err != nil {
			t.Fatal(err)
		}
		if b := <-got; !strings.Contains(b, "QueueDoesNotExist") {
			t.Errorf("got %s", b)
		}
	})
}

// await returns when n long polls are waiting.
func (w *world) await(n int) {
	w.t.Helper()
	q, err := w.svc.queue("q")
	if err != nil {
		w.t.Fatal(err)
	}
	w.until("long polls wait", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.waiters) >= n
	})
}
