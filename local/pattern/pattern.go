// Package pattern compiles and matches event patterns. The rules of EventBridge, the filters of SNS
// subscriptions and those of Lambda event source mappings use them: exact values, null, "", prefix,
// suffix, equals-ignore-case, anything-but, numeric, exists, cidr, wildcard and $or. It is pure: no
// I/O, no state.
//
// Source: "Comparison operators for use in event patterns", Amazon EventBridge user guide; messages
// and corner cases follow what TestEventPattern answers on AWS.
package pattern

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Pattern is a compiled event pattern. It is immutable and safe for concurrent use.
type Pattern struct{ root *node }

// Error describes why a pattern is not valid, in the words of InvalidEventPatternException after
// "Reason: ".
type Error struct{ Reason string }

func (e *Error) Error() string { return "Event pattern is not valid. Reason: " + e.Reason }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Event is a decoded event.
type Event map[string]any

// ParseEvent decodes an event. It must be a JSON object.
func ParseEvent(text []byte) (Event, error) {
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("parse event: %w", err)
	}
	if v == nil {
		return nil, fmt.Errorf("parse event: not an object")
	}
	return undot(v), nil
}

// undot makes a member "a.b" reachable as b of a: a path in a pattern does not distinguish the two.
func undot(object map[string]any) map[string]any {
	for name, v := range object {
		undotValue(v)
		head, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			continue
		}
		inner, ok := object[head].(map[string]any)
		if _, taken := object[head]; taken && !ok {
			continue
		}
		if inner == nil {
			inner = map[string]any{}
		}
		if _, taken := inner[rest]; !taken {
			inner[rest] = v
			object[head] = undot(inner)
		}
	}
	return object
}

func undotValue(v any) {
	switch v := v.(type) {
	case map[string]any:
		undot(v)
	case []any:
		for _, e := range v {
			undotValue(e)
		}
	}
}

// Match reports whether the event, a JSON object, matches. It returns an error if the event is not
// a JSON object.
func (p *Pattern) Match(event []byte) (bool, error) {
	e, err := ParseEvent(event)
	if err != nil {
		return false, err
	}
	return p.MatchEvent(e), nil
}

// MatchEvent is Match for a decoded event, which can be matched against many patterns.
func (p *Pattern) MatchEvent(e Event) bool {
	return p.root.match(map[string]any(e), e)
}
