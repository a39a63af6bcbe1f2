package lambda

import (
	"context"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

func BenchmarkInvoke(b *testing.B) {
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	s, err := New(st, clockwork.NewRealClock(), Options{Factory: func(Function) (Handler, error) {
		return handlerFunc(func(_ context.Context, p []byte) ([]byte, error) { return p, nil }), nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Register(Function{Name: "f"}); err != nil {
		b.Fatal(err)
	}
	payload := []byte(`{"orderId":"ord_01","step":"charge","amount":{"amount":1999,"currency":"USD"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Invoke(b.Context(), "f", payload); err != nil {
			b.Fatal(err)
		}
	}
}
