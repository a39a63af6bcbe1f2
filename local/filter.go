package local

import (
	"encoding/json"

	"orderflow/local/events/pattern"
)

// compileFilter compiles a pattern of an event source mapping's FilterCriteria, which are EventBridge's.
func compileFilter(p json.RawMessage) (func(json.RawMessage) bool, error) {
	compiled, err := pattern.Compile(p)
	if err != nil {
		return nil, err
	}
	return func(event json.RawMessage) bool {
		ok, err := compiled.Match(event)
		return err == nil && ok
	}, nil
}
