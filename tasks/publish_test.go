package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"orderflow"
)

var quiet = slog.New(slog.DiscardHandler)

// orderImage is a part of an order as the stream has it: one change per sequence number.
func orderImage(sequences int) string {
	var timeline []string
	for i := range sequences {
		timeline = append(timeline, fmt.Sprintf(`{"M":{"sequence":{"N":"%d"},"at":{"S":"2026-11-22T12:00:00.5Z"},"type":{"S":"Order Placed"},"status":{"S":"PLACED"},
			"paymentStatus":{"S":"NONE"},"stockStatus":{"S":"NONE"},"attention":{"BOOL":true},"actor":{"S":"customer:cus_1"}}}`, i+1))
	}
	return fmt.Sprintf(`{"id":{"S":"ord_1"},"customerId":{"S":"cus_1"},"total":{"M":{"amount":{"N":"1250"},"currency":{"S":"USD"}}},"email":{"S":"ada@example.com"},
		"shipment":{"M":{"id":{"S":"shp_1"},"status":{"S":"REQUESTED"}}},"wait":{"NULL":true},"sequence":{"N":"%d"},"timeline":{"L":[%s]}}`, sequences, strings.Join(timeline, ","))
}

func record(number, images string) string {
	return fmt.Sprintf(`{"eventID":"e","eventName":"MODIFY","dynamodb":{"SequenceNumber":%q,%s,"StreamViewType":"NEW_AND_OLD_IMAGES"}}`, number, images)
}

func TestStreamRecord_Changes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, images string
		want         []int64
	}{
		{"inserted", `"NewImage":` + orderImage(1), []int64{1}},
		{"one more", `"NewImage":` + orderImage(3) + `,"OldImage":` + orderImage(2), []int64{3}},
		{"two more", `"NewImage":` + orderImage(3) + `,"OldImage":` + orderImage(1), []int64{2, 3}},
		{"none", `"NewImage":` + orderImage(2) + `,"OldImage":` + orderImage(2), nil},
		{"removed", `"OldImage":` + orderImage(2), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var s Stream
			if err := json.Unmarshal([]byte(`{"Records":[`+record("7", tt.images)+`]}`), &s); err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, e := range s.Records[0].Changes() {
				got = append(got, e.Sequence)
				if e.OrderID != "ord_1" || e.CustomerID != "cus_1" || e.Total.Amount != 1250 || e.ShipmentID != "shp_1" || !e.Attention || e.At.Nanosecond() != 5e8 {
					t.Errorf("event %+v", e)
				}
			}
			if !slices.Equal(got, tt.want) || s.Records[0].SequenceNumber != "7" {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestStreamRecord_refuses(t *testing.T) {
	t.Parallel()
	for _, images := range []string{`"NewImage":{"id":{"X":"?"}}`, `"NewImage":{"id":"plain"}`, `"NewImage":{"total":{"S":"much"}}`} {
		var s Stream
		if err := json.Unmarshal([]byte(`{"Records":[`+record("1", images)+`]}`), &s); err == nil {
			t.Errorf("took %s", images)
		}
	}
}

// busOf refuses the sequences that it is told to, as often as it is told to.
type busOf struct {
	refuse map[int64]int
	fail   int // whole calls
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

// streamOf is a batch in which each record adds some changes; sequences go on from one to the next.
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
		{"refused for good", busOf{refuse: map[int64]int{3: 9, 5: 9}}, []int{2, 1, 2}, []ItemFailure{{"101"}}, "[[1 2 3 4 5] [3 5] [3 5]]"},
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

// A field of a change that the image leaves out would be stored, and never published.
func TestImageOfChange_isComplete(t *testing.T) {
	t.Parallel()
	names := func(typ reflect.Type) (out []string) {
		for i := range typ.NumField() {
			out = append(out, strings.TrimSuffix(typ.Field(i).Tag.Get("json"), ",omitempty"))
		}
		slices.Sort(out)
		return out
	}
	image, change := names(reflect.TypeFor[imageOfChange]()), names(reflect.TypeFor[orderflow.Change]())
	if !slices.Equal(image, change) {
		t.Errorf("the image has %v, a change has %v", image, change)
	}
}
