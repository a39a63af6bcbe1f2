package tasks

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// logged returns the last line of a log without time and level.
func logged(t *testing.T, log *bytes.Buffer) map[string]any {
	t.Helper()
	line := map[string]any{}
	if log.Len() == 0 {
		return line
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	delete(line, "level")
	return line
}

func TestPublish_Handle_logs(t *testing.T) {
	t.Parallel()
	status := func(sequence int64, s orderflow.Status) orderflow.Change {
		return orderflow.Change{Sequence: sequence, Type: orderflow.OrderStatusChanged, Status: s}
	}
	timeline := []orderflow.Change{{
		Sequence: 1, Type: orderflow.OrderPlaced, Status: orderflow.Placed,
	}, status(2, orderflow.Confirmed),
		{Sequence: 3, Type: orderflow.OrderAttentionChanged, Attention: true},
		{Sequence: 4, Type: orderflow.OrderAttentionChanged},
		status(5, orderflow.Fulfilled), status(6, orderflow.Rejected), status(7, orderflow.Cancelled)}
	var batch Stream
	for i := range timeline {
		batch.Records = append(batch.Records, StreamRecord{SequenceNumber: "1", Published: int64(i),
			Order: &orderflow.Order{ID: "ord_1", Timeline: timeline[:i+1]}})
	}
	for _, tt := range []struct {
		name string
		bus  busOf
		want map[string]any
	}{
		{
			"all taken", busOf{},
			map[string]any{
				"msg": "published", "events": 7., "placed": 1., "fulfilled": 1., "rejected": 1., "cancelled": 1.,
				"failed": 1.,
			},
		},
		{"what follows a refusal is not counted", busOf{refuse: map[int64]int{3: 9}},
			map[string]any{
				"msg": "published", "events": 2., "placed": 1., "fulfilled": 0., "rejected": 0., "cancelled": 0.,
				"failed": 0.,
			}},
		{"nothing taken", busOf{refuse: map[int64]int{1: 9}}, map[string]any{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			if _, err := (Publish{
				&tt.bus, slog.New(slog.NewJSONHandler(&log, nil)),
			}).Handle(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
			if got := logged(t, &log); !maps.Equal(got, tt.want) {
				t.Errorf("logged %v, want %v", got, tt.want)
			}
		})
	}
}
