package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/events"
	"github.com/orderflow-dev/orderflow/local/template"
)

func (s *Stack) newEvents() (*events.Service, error) {
	return events.New(s.store, s.clock, events.Options{Call: s.call, InvokeAsync: s.invokeTarget, Logger: s.log})
}

func (s *Stack) createBuses(context.Context) error {
	for _, b := range s.template.Buses {
		if err := s.events.EnsureBus(b.Name); err != nil {
			return fmt.Errorf("event bus %s: %w", b.LogicalID, err)
		}
	}
	return nil
}

// createRules makes the rules and their targets match the template, and deletes those of an earlier
// template.
func (s *Stack) createRules(ctx context.Context) error {
	var names []string
	for _, r := range s.template.Rules {
		names = append(names, r.Bus+"/"+r.Name)
	}
	return s.replace("rules", names, func() error {
		for _, r := range s.template.Rules {
			if err := s.createRule(r); err != nil {
				return fmt.Errorf("rule %s: %w", r.LogicalID, err)
			}
		}
		return nil
	}, func(name string) error {
		bus, rule, _ := strings.Cut(name, "/")
		return s.deleteRule(ctx, bus, rule)
	})
}

func (s *Stack) createRule(r template.Rule) error {
	out := events.Rule{Bus: r.Bus, Name: r.Name, EventPattern: string(r.Pattern), ScheduleExpression: r.Schedule,
		Description: r.Description}
	if !r.Enabled {
		out.State = "DISABLED"
	}
	for _, t := range r.Targets {
		out.Targets = append(out.Targets, ruleTarget(t))
	}
	return s.events.EnsureRule(out)
}

func ruleTarget(t template.Target) events.Target {
	out := events.Target{ID: t.ID, ARN: t.ARN, RoleARN: t.RoleARN}
	if t.Input != "" {
		out.Input = &t.Input
	}
	if t.InputPath != "" {
		out.InputPath = &t.InputPath
	}
	if t.Transformer != nil {
		out.InputTransformer = &events.InputTransformer{InputPathsMap: t.Transformer.Paths,
			InputTemplate: t.Transformer.Template}
	}
	if t.DeadLetterARN != "" {
		out.DeadLetterConfig = &events.DeadLetterConfig{ARN: t.DeadLetterARN}
	}
	if t.MessageGroupID != "" {
		out.SQSParameters = &events.SQSParameters{MessageGroupID: t.MessageGroupID}
	}
	if p := t.Retry; p != nil {
		out.RetryPolicy = &events.RetryPolicy{MaximumRetryAttempts: p.MaxAttempts}
		if p.MaxEventAge != nil {
			seconds := int(*p.MaxEventAge / time.Second)
			out.RetryPolicy.MaximumEventAgeInSeconds = &seconds
		}
	}
	return out
}

// deleteRule removes a rule and its targets. A rule that does not exist is no error.
func (s *Stack) deleteRule(ctx context.Context, bus, rule string) error {
	out, err := s.call(ctx, "events", "ListTargetsByRule", map[string]string{"Rule": rule, "EventBusName": bus})
	if awsapi.IsType(err, "ResourceNotFoundException") {
		return nil
	}
	if err != nil {
		return err
	}
	var have struct {
		Targets []struct{ ID string }
	}
	if err := json.Unmarshal(out, &have); err != nil {
		return fmt.Errorf("read targets: %w", err)
	}
	var ids []string
	for _, t := range have.Targets {
		ids = append(ids, t.ID)
	}
	if len(ids) > 0 {
		if _, err := s.call(ctx, "events", "RemoveTargets",
			map[string]any{"Rule": rule, "EventBusName": bus, "Ids": ids}); err != nil {
			return err
		}
	}
	_, err = s.call(ctx, "events", "DeleteRule", map[string]string{"Name": rule, "EventBusName": bus})
	return err
}
