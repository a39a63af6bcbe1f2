package functions

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/orderflow-dev/orderflow"
)

type in struct {
	N int `json:"n"`
}

type out struct {
	Twice int `json:"twice"`
}

func TestHandler_Invoke(t *testing.T) {
	t.Parallel()
	outOfStock := fmt.Errorf("reserve stock: %w", orderflow.Errorf(orderflow.CodeOutOfStock, "not enough in stock: a"))
	for _, tt := range []struct {
		name, payload string
		err           error
		want          string
		wantErr       error
	}{
		{"result", `{"n":4}`, nil, `{"twice":8}`, nil},
		{
			"coded error", `{"n":4}`, outOfStock, "",
			messages.InvokeResponse_Error{
				Type: "OutOfStock", Message: "reserve stock: OutOfStock: not enough in stock: a",
			},
		},
		{
			"other error", `{"n":4}`, io.ErrUnexpectedEOF, "",
			messages.InvokeResponse_Error{Type: "Internal", Message: "unexpected EOF"},
		},
		{
			"wrapped error", `{"n":4}`, fmt.Errorf("publish: %w", io.ErrUnexpectedEOF), "",
			messages.InvokeResponse_Error{Type: "Internal", Message: "publish: unexpected EOF"},
		},
		{
			"out of time", `{"n":4}`, context.DeadlineExceeded, "",
			messages.InvokeResponse_Error{Type: "Internal", Message: "context deadline exceeded"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &parts{opts: Options{Logger: slog.New(slog.DiscardHandler)}}
			h := handle(p, func(_ context.Context, i in) (out, error) { return out{2 * i.N}, tt.err })
			got, err := h.Invoke(t.Context(), []byte(tt.payload))
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !reflect.DeepEqual(err, tt.wantErr) { // the runtime requires this type, unwrapped
				t.Errorf("got %#v, want %#v", err, tt.wantErr)
			}
		})
	}
}

func TestHandler_Invoke_badPayload(t *testing.T) {
	t.Parallel()
	p := &parts{opts: Options{Logger: slog.New(slog.DiscardHandler)}}
	h := handle(p, func(context.Context, in) (out, error) { return out{}, nil })
	_, err := h.Invoke(t.Context(), []byte(`{"n":"four"}`))
	if e, ok := err.(messages.InvokeResponse_Error); !ok || e.Type != "Internal" {
		t.Errorf("a payload of the wrong type: %#v", err)
	}
}

func TestHandler_Invoke_badResult(t *testing.T) {
	t.Parallel()
	p := &parts{opts: Options{Logger: slog.New(slog.DiscardHandler)}}
	h := handle(p, func(context.Context, in) (float64, error) { return math.Inf(1), nil })
	_, err := h.Invoke(t.Context(), []byte(`{}`))
	if e, ok := err.(messages.InvokeResponse_Error); !ok || e.Type != "Internal" {
		t.Errorf("a result that is no JSON: %#v", err)
	}
}

// A panic ends the process with a code instead of a Go type.
func TestHandler_Invoke_panic(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	p := &parts{opts: Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	h := handle(p, func(context.Context, in) (out, error) { panic(io.ErrUnexpectedEOF) })
	defer func() {
		v := recover()
		if e, ok := v.(messages.InvokeResponse_Error); !ok || e.Type != "Internal" || e.Message != "unexpected EOF" ||
			!e.ShouldExit {
			t.Errorf("panicked with %#v", v)
		}
		if !strings.Contains(log.String(), "TestHandler_Invoke_panic") {
			t.Errorf("the log has no stack: %s", &log)
		}
	}()
	_, err := h.Invoke(t.Context(), []byte(`{}`))
	t.Errorf("no panic, but %v", err)
}
