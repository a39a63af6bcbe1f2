package asl

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// everyField returns an event of each type with all fields set.
func everyField() []Event {
	text := "text"
	var out []Event
	for typ := EventType(1); typ < eventTypes; typ++ {
		out = append(out, Event{
			ID:               int64(len(out) + 5),
			PreviousID:       3,
			Type:             typ,
			Time:             simStart.Add(time.Duration(typ) * time.Millisecond),
			Name:             "A",
			Input:            `{"a": "é\n"}`,
			Output:           `{"a": "é\n"}`,
			Error:            &text,
			Cause:            &text,
			Resource:         "invoke",
			ResourceType:     "lambda",
			Region:           "us-east-1",
			Parameters:       `{}`,
			Timeout:          5,
			Heartbeat:        6,
			Credentials:      `{"RoleArn":"r"}`,
			RoleARN:          "role",
			AliasARN:         "alias",
			VersionARN:       "version",
			Length:           3,
			Index:            2,
			RedriveCount:     1,
			Variables:        []Variable{{"x", `"1"`}},
			Task:             7,
			HeartbeatExpired: true,
		})
	}
	return out
}

func TestEvents_binary(t *testing.T) {
	t.Parallel()
	batches := [][]Event{everyField(), {{Type: EventTaskHeartbeat, Task: 4, Time: simStart}}, {},
		{{Type: EventExecutionAborted, ID: 99, Time: simStart}}}
	var data []byte
	var want []Event
	for _, b := range batches {
		data = AppendEvents(data, b)
		want = append(want, b...)
	}
	got, err := DecodeEvents(nil, data)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d of %d events: %v", len(got), len(want), err)
	}
	for i := range got {
		if !got[i].equal(&want[i]) {
			t.Errorf("event %d is\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
	for n := 1; n < len(data); n += 7 {
		if _, err := DecodeEvents(nil, data[:n]); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	data[0] = 99
	if _, err := DecodeEvents(nil, data); !errors.Is(err, ErrCorrupt) {
		t.Errorf("another version: %v", err)
	}
}

func TestEvent_AppendJSON(t *testing.T) {
	t.Parallel()
	for _, e := range everyField() {
		for _, opt := range []JSONOptions{{}, {Timestamp: "1.5"}, {WithoutData: true}} {
			var got map[string]any
			if err := json.Unmarshal(e.AppendJSON(nil, opt), &got); err != nil {
				t.Fatalf("%s: %v", e.Type, err)
			}
			if got["type"] != e.Type.String() || got["id"] != float64(e.ID) ||
				(got["timestamp"] != nil) != (opt.Timestamp != "") {
				t.Errorf("%s: %v", e.Type, got)
			}
		}
	}
	name, none := "E", Event{ID: 4, PreviousID: 3, Type: EventExecutionFailed}
	tests := []struct {
		e    Event
		opt  JSONOptions
		want string
	}{
		{none, JSONOptions{}, `{"type":"ExecutionFailed","id":4,"previousEventId":3,"executionFailedEventDetails":{}}`},
		{Event{ID: 4, Type: EventTaskFailed, Resource: "invoke", ResourceType: "lambda", Error: &name},
			JSONOptions{Timestamp: "17.5"},
			`{"timestamp":17.5,"type":"TaskFailed","id":4,"previousEventId":0,` +
				`"taskFailedEventDetails":{"resourceType":"lambda","resource":"invoke","error":"E"}}`},
		{Event{ID: 2, Type: EventPassStateEntered, Name: "A", Input: `"x"`}, JSONOptions{WithoutData: true},
			`{"type":"PassStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A"}}`},
		{Event{ID: 2, Type: EventPassStateEntered, Name: "A", Input: `"x"`}, JSONOptions{},
			`{"type":"PassStateEntered","id":2,"previousEventId":0,"stateEnteredEventDetails":{"name":"A",` +
				`"input":"\"x\"","inputDetails":{"truncated":false}}}`},
		{Event{ID: 2, Type: EventMapIterationStarted, Name: "M"}, JSONOptions{},
			`{"type":"MapIterationStarted","id":2,"previousEventId":0,` +
				`"mapIterationStartedEventDetails":{"name":"M","index":0}}`},
		{Event{ID: 2, Type: EventLambdaFunctionStarted}, JSONOptions{},
			`{"type":"LambdaFunctionStarted","id":2,"previousEventId":0}`},
	}
	for _, tt := range tests {
		if got := string(tt.e.AppendJSON(nil, tt.opt)); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
