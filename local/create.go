package local

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"orderflow/local/awsapi"
)

// create makes everything that the template describes, or brings it up to date, in the order in which things need each other.
// Each step may be repeated: a crash half way is healed by the next start.
func (s *Stack) create(ctx context.Context) error {
	steps := []func(context.Context) error{
		s.createTables, s.createQueues, s.createTopics,
		func(context.Context) error { return s.setPolicies() },
		func(context.Context) error { return s.registerFunctions() },
		s.createStateMachines, s.createBuses, s.createRules, s.createSubscriptions, s.createAPIs,
		func(context.Context) error { return s.mapSources() },
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// createTables also learns the ARNs of the streams, which only the tables know, and resolves the template again with them.
func (s *Stack) createTables(ctx context.Context) error {
	streams := map[string]string{}
	for _, t := range s.template.Tables {
		arn, err := s.ensureTable(ctx, t.Name, t.Create)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.LogicalID, err)
		}
		if arn != "" {
			streams[t.Name] = arn
		}
	}
	if len(streams) == 0 {
		return nil
	}
	resolved, err := s.load(streams)
	if err != nil {
		return err
	}
	s.template = resolved
	return nil
}

func (s *Stack) createQueues(context.Context) error {
	policies := map[string]json.RawMessage{}
	for _, p := range s.template.QueuePolicies {
		for _, url := range p.Resources {
			policies[awsapi.ResourceName(url)] = p.Document
		}
	}
	for _, q := range s.template.Queues {
		attrs := maps.Clone(q.Attributes)
		if p := policies[q.Name]; p != nil {
			attrs["Policy"] = string(p)
		}
		if err := s.sqs.Ensure(q.Name, attrs); err != nil {
			return fmt.Errorf("queue %s: %w", q.LogicalID, err)
		}
	}
	s.attachPolicies(s.sqs.Policies)
	return nil
}

func (s *Stack) createStateMachines(ctx context.Context) error {
	for _, m := range s.template.StateMachines {
		if _, err := s.states.Put(ctx, m.Name, m.RoleARN, m.Definition); err != nil {
			return fmt.Errorf("state machine %s: %w", m.LogicalID, err)
		}
	}
	return nil
}
