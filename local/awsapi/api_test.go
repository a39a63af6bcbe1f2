package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
)

type shelf struct{ items map[string]int }

type itemIn struct{ Name string }

type itemOut struct{ Count int }

func (s *shelf) count(_ context.Context, in itemIn) (itemOut, error) {
	n, ok := s.items[in.Name]
	if !ok {
		return itemOut{Count: -1}, Errorf("NotFound", "no %s", in.Name)
	}
	return itemOut{n}, nil
}

func (s *shelf) clear(context.Context, struct{}) (any, error) {
	clear(s.items)
	return nil, nil
}

func TestAPI_Do(t *testing.T) {
	t.Parallel()
	api := API[*shelf]{Name: "shelf", Operations: Operations[*shelf]{"Count": Typed((*shelf).count), "Clear": Typed((*shelf).clear)}}
	for _, tt := range []struct{ name, op, in, want, code string }{
		{"typed output", "Count", `{"Name":"nut","Unknown":1}`, `{"Count":3}`, ""},
		{"no output", "Clear", "", "{}", ""},
		{"error without an output", "Count", `{"Name":"bolt"}`, "{}", "NotFound"},
		{"malformed input", "Count", `{"Name":`, "{}", "SerializationException"},
		{"input of another type", "Count", `{"Name":7}`, "{}", "SerializationException"},
		{"unknown operation", "Fly", `{}`, "{}", "NotImplemented"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := api.Do(t.Context(), &shelf{map[string]int{"nut": 3}}, tt.op, json.RawMessage(tt.in))
			code := ""
			if e, ok := errors.AsType[*Error](err); ok {
				code = e.Type
			} else if err != nil {
				t.Fatal(err)
			}
			got, err := Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want || code != tt.code {
				t.Errorf("%s %s, want %s %s", got, code, tt.want, tt.code)
			}
		})
	}
}
