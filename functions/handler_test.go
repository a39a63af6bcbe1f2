package functions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"orderflow"
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
		{"coded error", `{"n":4}`, outOfStock, "", messages.InvokeResponse_Error{Type: "OutOfStock", Message: "reserve stock: OutOfStock: not enough in stock: a"}},
		{"other error", `{"n":4}`, io.ErrUnexpectedEOF, "", io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &parts{opts: Options{Logger: slog.New(slog.DiscardHandler)}}
			h := handle(p, func(_ context.Context, i in) (out, error) { return out{2 * i.N}, tt.err })
			got, err := h.Invoke(t.Context(), []byte(tt.payload))
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if coded, ok := tt.wantErr.(messages.InvokeResponse_Error); ok { // compared as the runtime takes it: by its own type, not wrapped
				if g, ok := err.(messages.InvokeResponse_Error); !ok || g.Type != coded.Type || g.Message != coded.Message {
					t.Errorf("got %#v, want %#v", err, tt.wantErr)
				}
				return
			}
			if !errors.Is(err, tt.wantErr) {
				t.Errorf("got %v, want %v", err, tt.wantErr)
			}
		})
	}
}

func TestHandler_Invoke_badPayload(t *testing.T) {
	t.Parallel()
	p := &parts{opts: Options{Logger: slog.New(slog.DiscardHandler)}}
	h := handle(p, func(context.Context, in) (out, error) { return out{}, nil })
	if _, err := h.Invoke(t.Context(), []byte(`{"n":"four"}`)); err == nil {
		t.Error("a payload of the wrong type was taken")
	}
}
