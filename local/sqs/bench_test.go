package sqs

import (
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// BenchmarkSendReceiveDelete runs the whole life of a message from 64 goroutines against a durable
// store.
func BenchmarkSendReceiveDelete(b *testing.B) {
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	svc, err := New(st, clockwork.NewRealClock())
	if err != nil {
		b.Fatal(err)
	}
	defer svc.Close()
	if err := svc.Ensure("q", nil); err != nil {
		b.Fatal(err)
	}
	in := []byte(`{"QueueUrl":"http://x/000000000000/q","MessageBody":"` + strings.Repeat("x", 500) + `"}`)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := svc.Do(b.Context(), "SendMessage", in); err != nil {
				b.Error(err)
			}
			got, err := svc.Receive(b.Context(), "q", 1, 20*time.Second)
			if err != nil || len(got) != 1 {
				b.Errorf("received %d, %v", len(got), err)
				return
			}
			if err := svc.Delete(b.Context(), "q", got[0].ReceiptHandle); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkLoad measures the first use of a queue with 100,000 messages after a start.
func BenchmarkLoad(b *testing.B) {
	const n = 100_000
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	batch := st.NewBatch()
	q := queueRecord{Name: "q", ID: 1}
	if err := putQueue(batch, q); err != nil {
		b.Fatal(err)
	}
	for i := range uint64(n) {
		batch.Set(stateKey(1, i), (&entry{seq: i, sent: 1}).encode())
		batch.Set(bodyKey(1, i), make([]byte, 300))
	}
	if err := batch.Commit(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		svc, err := New(st, clockwork.NewRealClock())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := svc.Attributes("q"); err != nil {
			b.Fatal(err)
		}
		svc.Close()
	}
}
