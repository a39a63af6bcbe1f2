package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/orderflow-dev/orderflow/local/store"
)

// create makes everything that the template describes, or brings it up to date, in the order of the
// dependencies. Each step may be repeated: the next start completes what a crash interrupted.
func (s *Stack) create(ctx context.Context) error {
	steps := []func(context.Context) error{
		s.createTables, s.createQueues, s.createTopics, s.createConfigurationSets,
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

// replace creates things and then removes those that an earlier template described and this one
// does not. Resources that were created by hand are not touched. The list of the created things is
// written before any of them is created, so that a crash leaves none unlisted.
func (s *Stack) replace(kind string, names []string, create func() error, remove func(name string) error) error {
	key := store.NewKey("local", "made", kind)
	var before []string
	if b, err := s.store.Get(key); err == nil {
		if err := json.Unmarshal(b, &before); err != nil {
			return fmt.Errorf("read list of %s: %w", kind, err)
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read list of %s: %w", kind, err)
	}
	if err := s.note(key, before, names); err != nil {
		return err
	}
	if err := create(); err != nil {
		return err
	}
	for _, name := range before {
		if slices.Contains(names, name) {
			continue
		}
		if err := remove(name); err != nil {
			return fmt.Errorf("remove %s of an earlier template: %w", name, err)
		}
	}
	return s.note(key, names)
}

func (s *Stack) note(key store.Key, lists ...[]string) error {
	all := slices.Concat(lists...)
	slices.Sort(all)
	b, err := json.Marshal(slices.Compact(all))
	if err != nil {
		return err
	}
	batch := s.store.NewBatch()
	batch.Set(key, b)
	return batch.Commit()
}
