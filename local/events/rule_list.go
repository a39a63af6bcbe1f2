package events

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/pattern"
)

type listIn struct {
	EventBusName, NamePrefix, NextToken, Rule string
	TargetARN                                 string `json:"TargetArn"`
	Limit                                     int
}

// page returns the requested page of names: 100 at most.
func (in *listIn) page(names []string) (page []string, next string) {
	limit := in.Limit
	if limit <= 0 || limit > 100 {
		limit = 100
	}
	return awsapi.Page(names, in.NextToken, limit)
}

// rulesOf are the rules of a bus by name.
func (s *Service) rulesOf(busRef string) (map[string]*rule, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buses[busName(busRef)]
	if b == nil {
		return nil, notFound("Event bus %s does not exist.", busName(busRef))
	}
	return maps.Clone(b.rules), nil
}

func (s *Service) listRules(_ context.Context, in listIn) (any, error) {
	rules, err := s.rulesOf(in.EventBusName)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rules, func(n string, _ *rule) bool { return !strings.HasPrefix(n, in.NamePrefix) })
	names, next := in.page(slices.Collect(maps.Keys(rules)))
	out := make([]map[string]any, len(names))
	for i, n := range names {
		out[i] = rules[n].describe()
	}
	return awsapi.Listing("Rules", out, next), nil
}

func (s *Service) listRuleNamesByTarget(_ context.Context, in listIn) (any, error) {
	rules, err := s.rulesOf(in.EventBusName)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rules, func(_ string, r *rule) bool {
		return !slices.ContainsFunc(r.Targets, func(t Target) bool { return t.ARN == in.TargetARN })
	})
	names, next := in.page(slices.Collect(maps.Keys(rules)))
	if names == nil {
		names = []string{}
	}
	return awsapi.Listing("RuleNames", names, next), nil
}

type testPatternIn struct{ EventPattern, Event string }

// testEventPattern matches one event, which must have the fields that every event has.
func (s *Service) testEventPattern(_ context.Context, in testPatternIn) (any, error) {
	p, err := pattern.Compile([]byte(in.EventPattern))
	if err != nil {
		return nil, badPattern(err)
	}
	e, err := pattern.ParseEvent([]byte(in.Event))
	if err != nil {
		return nil, invalid("Parameter Event is not valid.")
	}
	for _, name := range []string{"id", "account", "source", "time", "region", "detail-type"} {
		if _, ok := e[name]; !ok {
			return nil, invalid("Parameter Event is not valid. Reason: %s is a required field.", name)
		}
	}
	return map[string]bool{"Result": p.MatchEvent(e)}, nil
}
