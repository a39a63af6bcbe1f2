package lambda

import (
	"encoding/json"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/pattern"
)

// filter is the FilterCriteria of a mapping: an event passes if one pattern matches; without
// patterns all pass.
type filter []*pattern.Pattern

func compileFilter(patterns []json.RawMessage) (filter, error) {
	if len(patterns) > 10 {
		return nil, fmt.Errorf("%d filters, AWS allows 10 at most", len(patterns))
	}
	var f filter
	for _, text := range patterns {
		p, err := pattern.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("compile filter %s: %w", text, err)
		}
		f = append(f, p)
	}
	return f, nil
}

// pass reports whether a pattern matches. An event that is not a JSON object never matches.
func (f filter) pass(event json.RawMessage) bool {
	for _, p := range f {
		if ok, err := p.Match(event); err == nil && ok {
			return true
		}
	}
	return len(f) == 0
}
