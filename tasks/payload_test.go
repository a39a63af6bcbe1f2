package tasks

import (
	"encoding/json"
	"strings"
	"time"
)

// input returns the payload that the state machine's definition builds for the function.
func (s *simulation) input() Input {
	context := map[string]any{
		"Task": map[string]any{"Token": s.token}, "Execution": map[string]any{"RedriveCount": s.redrive},
		"State": map[string]any{"EnteredTime": s.entered.Format(time.RFC3339Nano), "RetryCount": s.retry},
	}
	raw, err := json.Marshal(s.fill(s.machine[s.state].Parameters.Payload, context))
	if err != nil {
		s.t.Fatal(err)
	}
	var in Input
	if err := json.Unmarshal(raw, &in); err != nil {
		s.t.Fatalf("%s: %v in %s", s.state, err, raw)
	}
	return in
}

// fill replaces the paths of a payload template by their values in the data ($) or the context
// object ($$).
func (s *simulation) fill(template, context map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range template {
		if inner, ok := v.(map[string]any); ok {
			out[name] = s.fill(inner, context)
		} else if name, ok := strings.CutSuffix(name, ".$"); ok {
			out[name] = s.lookup(v.(string), context)
		} else {
			out[name] = v
		}
	}
	return out
}

func (s *simulation) lookup(path string, context map[string]any) any {
	switch path {
	case "States.StringToJson('${ReviewSeconds}')", "States.StringToJson('${PaymentMethodSeconds}')":
		return int(reviewTime.Seconds())
	}
	steps := strings.Split(path, ".")
	at := any(s.data)
	if steps[0] == "$$" {
		at = context
	}
	for _, step := range steps[1:] {
		m, ok := at.(map[string]any)
		if !ok || m[step] == nil {
			s.t.Fatalf("%s: nothing at %s", s.state, path)
		}
		at = m[step]
	}
	return at
}
