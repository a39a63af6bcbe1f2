package lambda

import (
	"context"
	"errors"
	"testing"
)

// What is in flight may call the API before it ends: Drain waits for it, and the API's functions
// are served meanwhile.
func TestService_Drain(t *testing.T) {
	t.Parallel()
	begun, answered := make(chan struct{}), make(chan struct{})
	b := newBench(t, setup{
		handlers: map[string]any{
			"task": func() error { close(begun); <-answered; return nil },
			"api":  func() error { close(answered); return nil },
			"more": func() error { return nil },
		},
		functions: []Function{{Name: "task", Handler: "task"}, {Name: "api", Handler: "api"}, {Name: "more", Handler: "more"}},
	})
	stop := b.start(t)
	ctx := context.Background()
	task := make(chan error, 1)
	go func() { _, err := b.InvokeTask(ctx, "task", nil); task <- err }()
	<-begun
	drained := make(chan struct{})
	go func() { b.Drain(); close(drained) }()
	until(t, "no task begins any more", func() bool {
		_, err := b.InvokeTask(ctx, "more", nil)
		return errors.Is(err, ErrStopping)
	})
	select {
	case <-drained:
		t.Error("drained with a task in flight")
	default:
	}
	if _, err := b.Invoke(ctx, "api", nil); err != nil {
		t.Errorf("the API while draining: %v", err)
	}
	<-drained
	if err := <-task; err != nil {
		t.Errorf("the task in flight: %v", err)
	}
	b.Drain() // once more is no harm
	if _, err := b.Invoke(ctx, "more", nil); err != nil {
		t.Errorf("the API when drained: %v", err)
	}
	stop()
	if _, err := b.Invoke(ctx, "more", nil); !errors.Is(err, ErrStopping) {
		t.Errorf("the API after the end: %v", err)
	}
}
