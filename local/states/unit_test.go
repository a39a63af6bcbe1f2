package states

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, typ := range map[string]string{
		"order-1": "", "Größe_ß": "", "a.b@c!(d)=e+f'": "", strings.Repeat("é", 80): "",
		"": "ValidationException", strings.Repeat("n", 81): "ValidationException",
		"a b":     "InvalidName",
		"a\tb":    "InvalidName",
		"a:b":     "InvalidName",
		"a/b":     "InvalidName",
		"a<":      "InvalidName",
		"a*":      "InvalidName",
		"a\x7f":   "InvalidName",
		"a\u0085": "InvalidName",
		"a\uFFFE": "InvalidName",
		"a`":      "InvalidName",
		"a$":      "InvalidName",
		"a&":      "InvalidName",
		"a,":      "InvalidName",
		"a;":      "InvalidName",
	} {
		if err := checkName(name); typ == "" && err != nil {
			t.Errorf("%q: %v", name, err)
		} else if typ != "" {
			wantError(t, err, typ, "")
		}
	}
}

func TestRecord_RoundTrip(t *testing.T) {
	t.Parallel()
	full := execution{
		ID:            7,
		Machine:       "m",
		Revision:      3,
		Name:          "näme",
		Status:        asl.Failed,
		Seed:          1<<64 - 1,
		Start:         1795348800123,
		Stop:          1795348800124,
		Trace:         "Root=1",
		RedriveCount:  2,
		RedriveDate:   5,
		Redrivable:    true,
		Reason:        "why",
		Error:         text("E"),
		Cause:         text(""),
		RedriveTokens: []redriveToken{{"a", 1}, {"b", 2}},
		Steps:         9,
	}
	for _, e := range []execution{full, {ID: 1, Status: asl.Running}} {
		data := e.encode(nil)
		got, err := decodeExecution(e.ID, data)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("got %+v, %v, want %+v", got, err, e)
		}
		for n := range data {
			if _, err := decodeExecution(e.ID, data[:n]); err == nil {
				t.Errorf("a record cut to %d bytes was read", n)
			}
		}
	}
	entry, err := decodeListEntry(full.encodeListEntry(nil))
	if err != nil || entry.Name != full.Name || entry.Start != full.Start || entry.Stop != full.Stop ||
		entry.RedriveCount != 2 || entry.RedriveDate != 5 {
		t.Errorf("list entry %+v, %v", entry, err)
	}
	for _, want := range []mark{{true, 9, 7}, {}} {
		data := want.encode(nil, "m")
		m, machine, err := decodeMark(data)
		if err != nil || m != want || machine != "m" {
			t.Errorf("mark %+v of %s, %v", m, machine, err)
		}
		m, machine, err = decodeMark(data[:len(data)-1]) // as earlier versions wrote it
		if want.since = 0; err != nil || m != want || machine != "m" {
			t.Errorf("old mark %+v of %s, %v", m, machine, err)
		}
	}
}

func TestMillis_JSON(t *testing.T) {
	t.Parallel()
	for m, want := range map[Millis]string{1795348800000: "1795348800", 1795348800120: "1795348800.120",
		1795348800001: "1795348800.001"} {
		b, err := json.Marshal(m)
		if err != nil || string(b) != want {
			t.Errorf("%d = %s, %v, want %s", m, b, err, want)
		}
		var back Millis
		if err := json.Unmarshal(b, &back); err != nil || back != m {
			t.Errorf("%s = %d, %v", b, back, err)
		}
	}
}

// TestTimers compares the heap with a plain list.
func TestTimers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	h, model := newTimers(), map[uint64]Millis{}
	for range 5000 {
		id := rng.Uint64N(50)
		switch rng.IntN(4) {
		case 0:
			h.set(id, 0)
			delete(model, id)
		case 3:
			now := Millis(rng.IntN(1000))
			got, ok, next := h.pop(now)
			var first Millis
			for _, due := range model {
				if first == 0 || due < first {
					first = due
				}
			}
			if ok != (first != 0 && first <= now) || ok && model[got] != first || !ok && next != first {
				t.Fatalf("pop(%d) = %d, %t, %d, the first is at %d", now, got, ok, next, first)
			}
			if ok {
				delete(model, got)
			}
		default:
			due := Millis(1 + rng.IntN(1000))
			h.set(id, due)
			model[id] = due
		}
		if h.len() != len(model) {
			t.Fatalf("%d timers, want %d", h.len(), len(model))
		}
	}
}

// TestRunning compares the set with a plain one.
func TestRunning(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	var r running
	model := map[rank]bool{}
	next, now := uint64(0), Millis(1)
	some := func() rank { return rank{1 + Millis(rng.IntN(int(now))), 1 + rng.Uint64N(next+1)} }
	for range 20000 {
		switch rng.IntN(6) {
		case 0, 1:
			next++
			now += Millis(rng.IntN(2))
			r.add("m", rank{now, next})
			model[rank{now, next}] = true
		case 2: // redriven
			p := some()
			r.add("m", p)
			model[p] = true
		default:
			p := some()
			for q := range model {
				p = q
				break
			}
			r.remove("m", p)
			delete(model, p)
		}
		if r.count("m") != len(model) {
			t.Fatalf("count = %d, want %d", r.count("m"), len(model))
		}
		if rng.IntN(3) > 0 {
			next++
			r.add("m", rank{now, next})
			model[rank{now, next}] = true
		}
	}
	want := slices.SortedFunc(maps.Keys(model), func(a, b rank) int { return b.compare(a) })
	if got := r.before("m", rank{1 << 62, 1 << 62}, 1<<30); !slices.Equal(got, want) {
		t.Errorf("ranks = %d, want %d", len(got), len(want))
	}
	if got := r.before("m", want[10], 3); !slices.Equal(got, want[11:14]) {
		t.Errorf("before the tenth: %v, want %v", got, want[11:14])
	}
}

func TestService_ConcurrencyBoundsTasks(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var mu sync.Mutex
	inFlight, most := 0, 0
	invoke := func(_ context.Context, _, _ string, payload []byte) (LambdaResult, error) {
		mu.Lock()
		inFlight++
		most = max(most, inFlight)
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		inFlight--
		mu.Unlock()
		return LambdaResult{Payload: payload}, nil
	}
	h := startOn(t, st, clockwork.NewFakeClockAt(testStart), Options{InvokeLambda: invoke, Concurrency: 3}, nil)
	defer h.stop()
	machine := h.machine("two", twoTasks)
	var arns []string
	for i := range 50 {
		arns = append(arns, h.begin(machine, fmt.Sprint(i), `{}`))
	}
	for _, arn := range arns {
		if got := h.ended(arn); got.Status != asl.Succeeded {
			t.Errorf("ended %+v", got)
		}
	}
	if most > 3 {
		t.Errorf("%d tasks were in flight at once", most)
	}
}
