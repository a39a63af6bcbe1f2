package states

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// BenchmarkService_TwoTasks runs executions of two tasks from start to end, many at once: three
// steps of the journal each.
func BenchmarkService_TwoTasks(b *testing.B) {
	for _, mode := range []struct {
		name     string
		inMemory bool
	}{{"durable", false}, {"in memory", true}} {
		b.Run(mode.name, func(b *testing.B) {
			st, err := store.Open(b.TempDir(), store.Options{InMemory: mode.inMemory})
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			h := startOn(b, st, clockwork.NewFakeClockAt(testStart), Options{},
				newFunctions(map[string]func(string) (string, error){"a": echo, "b": echo}))
			defer h.stop()
			machine := h.machine("two", twoTasks)
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					arn := h.begin(machine, fmt.Sprint(n.Add(1)), `{"orderId":"o-1","total":4200}`)
					if err := h.Wait(b.Context(), arn); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkJournal_Load rebuilds an execution with 100 recorded tasks from its journal.
func BenchmarkJournal_Load(b *testing.B) {
	h := start(b, map[string]func(string) (string, error){"f": echo})
	machine := h.machine("m", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","Next":"W","ItemProcessor":{"StartAt":"T","States":{
		"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}}}},"W":{"Type":"Wait","Seconds":86400,"End":true}}}`)
	items := `[0`
	for i := range 99 {
		items += fmt.Sprintf(",%d", i)
	}
	arn := h.begin(machine, "x", `{"items":`+items+`]}`)
	until(b, "it waits", func() bool { return h.timers.len() == 1 && h.runs.len() == 0 })
	e, err := h.execution(arn)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := h.acquire(e.ID)
		if err != nil {
			b.Fatal(err)
		}
		r.release()
	}
}

// BenchmarkTimers moves timers among a million.
func BenchmarkTimers(b *testing.B) {
	h := newTimers()
	const n = 1 << 20
	for i := range uint64(n) {
		h.set(i, Millis(i*7919%n)+1)
	}
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		i += 7919
		h.set(i%n, Millis(time.Duration(i)%n)+1)
	}
}
