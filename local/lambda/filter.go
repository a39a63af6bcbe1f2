package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
)

// filter is the FilterCriteria of a mapping: an event passes if one pattern matches; without patterns all pass.
type filter []func(json.RawMessage) bool

func (s *Service) compile(patterns []json.RawMessage) (filter, error) {
	if len(patterns) > 0 && s.opt.CompileFilter == nil {
		return nil, errors.New("filter criteria need Options.CompileFilter")
	}
	if len(patterns) > 10 {
		return nil, fmt.Errorf("%d filters, AWS allows 10 at most", len(patterns))
	}
	var f filter
	for _, p := range patterns {
		match, err := s.opt.CompileFilter(p)
		if err != nil {
			return nil, fmt.Errorf("compile filter %s: %w", p, err)
		}
		f = append(f, match)
	}
	return f, nil
}

func (f filter) pass(event json.RawMessage) bool {
	for _, match := range f {
		if match(event) {
			return true
		}
	}
	return len(f) == 0
}
