package tasks

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

var quiet = slog.New(slog.DiscardHandler)

func TestStreamRecord_Changes(t *testing.T) {
	t.Parallel()
	o := &orderflow.Order{ID: "ord_1", Timeline: []orderflow.Change{{Sequence: 1}, {Sequence: 2}, {Sequence: 3}}}
	for _, tt := range []struct {
		name   string
		record StreamRecord
		want   []int64
	}{
		{"inserted", StreamRecord{Order: o}, []int64{1, 2, 3}},
		{"one more", StreamRecord{Order: o, Published: 2}, []int64{3}},
		{"none", StreamRecord{Order: o, Published: 3}, nil},
		{"removed", StreamRecord{}, nil},
	} {
		var got []int64
		for _, e := range tt.record.Changes() {
			got = append(got, e.Sequence)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// busOf refuses given sequences a given number of times.
type busOf struct {
	refuse map[int64]int
	fail   int // calls that fail as a whole
	calls  [][]int64
}

func (b *busOf) Publish(_ context.Context, events []orderflow.EventDetail) (failed []int, err error) {
	var sequences []int64
	for i, e := range events {
		sequences = append(sequences, e.Sequence)
		if b.refuse[e.Sequence] > 0 {
			b.refuse[e.Sequence]--
			failed = append(failed, i)
		}
	}
	b.calls = append(b.calls, sequences)
	if b.fail > 0 {
		b.fail--
		return nil, errLost
	}
	return failed, nil
}

// streamOf returns a batch in which each record adds some changes. Sequences continue from one
// record to the next.
func streamOf(counts ...int) Stream {
	var s Stream
	o := &orderflow.Order{ID: "ord_1"}
	for i, n := range counts {
		r := StreamRecord{SequenceNumber: fmt.Sprint(100 + i), Published: int64(len(o.Timeline))}
		for range n {
			o.Timeline = append(o.Timeline, orderflow.Change{Sequence: int64(len(o.Timeline) + 1)})
		}
		r.Order = &orderflow.Order{ID: o.ID, Timeline: slices.Clone(o.Timeline)}
		s.Records = append(s.Records, r)
	}
	return s
}

func TestPublish_Handle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		bus    busOf
		counts []int
		want   []ItemFailure
		calls  string
	}{
		{"all taken", busOf{}, []int{1, 2, 0, 1}, []ItemFailure{}, "[[1 2 3 4]]"},
		{"nothing new", busOf{}, []int{0, 0}, []ItemFailure{}, "[]"},
		{"ten at once", busOf{}, []int{12}, []ItemFailure{}, "[[1 2 3 4 5 6 7 8 9 10] [11 12]]"},
		{"one refused twice", busOf{refuse: map[int64]int{2: 2}}, []int{1, 2}, []ItemFailure{}, "[[1 2 3] [2] [2]]"},
		{
			"refused for good", busOf{refuse: map[int64]int{3: 9, 5: 9}}, []int{2, 1, 2}, []ItemFailure{{"101"}},
			"[[1 2 3 4 5] [3 5] [3 5]]",
		},
		{"call lost once", busOf{fail: 1}, []int{1, 1}, []ItemFailure{}, "[[1 2] [1 2]]"},
		{"bus down", busOf{fail: 9}, []int{0, 1, 1}, []ItemFailure{{"101"}}, "[[1 2] [1 2] [1 2]]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Publish{&tt.bus, quiet}.Handle(t.Context(), streamOf(tt.counts...))
			if err != nil || !slices.Equal(got.Failures, tt.want) || fmt.Sprint(tt.bus.calls) != tt.calls {
				t.Errorf("got %v, %v, calls %v", got.Failures, err, tt.bus.calls)
			}
		})
	}
}
