package events

import (
	"context"
	"slices"
	"strings"

	"orderflow/local/awsapi"
)

// Target is a target of a rule, as PutTargets takes it.
type Target struct {
	ID               string            `json:"Id"`
	ARN              string            `json:"Arn"`
	RoleARN          string            `json:"RoleArn,omitempty"`
	Input            *string           `json:",omitempty"`
	InputPath        *string           `json:",omitempty"`
	InputTransformer *InputTransformer `json:",omitempty"`
	RetryPolicy      *RetryPolicy      `json:",omitempty"`
	DeadLetterConfig *DeadLetterConfig `json:",omitempty"`
	SQSParameters    *SQSParameters    `json:"SqsParameters,omitempty"`
}

// InputTransformer builds a target's input from values of the event.
type InputTransformer struct {
	InputPathsMap map[string]string `json:",omitempty"`
	InputTemplate string
}

// RetryPolicy bounds the retries of a target. Unset: 185 attempts, 86400 seconds.
type RetryPolicy struct {
	MaximumRetryAttempts     *int `json:",omitempty"`
	MaximumEventAgeInSeconds *int `json:",omitempty"`
}

// DeadLetterConfig names the queue for events that could not be delivered.
type DeadLetterConfig struct {
	ARN string `json:"Arn"`
}

// SQSParameters are for FIFO queues, which the local SQS does not have.
type SQSParameters struct {
	MessageGroupID string `json:"MessageGroupId"`
}

const maxTargets = 100 // of one PutTargets request; the quota of 5 a rule can be raised

type targetsIn struct {
	Rule, EventBusName string
	Targets            []Target
	IDs                []string `json:"Ids"`
}

func (s *Service) putTargets(_ context.Context, in targetsIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	r, err := s.existing(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	if n := len(in.Targets); n < 1 || n > maxTargets {
		return nil, invalid("1 validation error detected: Value at 'targets' failed to satisfy constraint: Member must have length between 1 and %d", maxTargets)
	}
	rec := r.ruleRecord
	rec.Targets = slices.Clone(rec.Targets)
	for _, t := range in.Targets {
		if err := t.check(); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(rec.Targets, func(have Target) bool { return have.ID == t.ID }); i >= 0 {
			rec.Targets[i] = t
			continue
		}
		rec.Targets = append(rec.Targets, t)
	}
	if err := s.save(rec, r); err != nil {
		return nil, err
	}
	return noFailures(), nil
}

func noFailures() map[string]any {
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}
}

func (t *Target) check() error {
	if t.ID == "" || t.ARN == "" {
		return invalid("Parameter Id and Arn of a target are required.")
	}
	if !slices.Contains([]string{"sqs", "lambda", "sns", "events", "states"}, t.service()) {
		return awsapi.NotImplemented("targets of the kind " + t.ARN)
	}
	if t.SQSParameters != nil && t.SQSParameters.MessageGroupID != "" {
		return awsapi.NotImplemented("targets with SqsParameters (FIFO queues)")
	}
	given := 0
	for _, set := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if set {
			given++
		}
	}
	if given > 1 {
		return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	}
	if p := t.RetryPolicy; p != nil {
		if p.MaximumRetryAttempts != nil && (*p.MaximumRetryAttempts < 0 || *p.MaximumRetryAttempts > 185) {
			return invalid("MaximumRetryAttempts must be between 0 and 185.")
		}
		if p.MaximumEventAgeInSeconds != nil && (*p.MaximumEventAgeInSeconds < 60 || *p.MaximumEventAgeInSeconds > 86400) {
			return invalid("MaximumEventAgeInSeconds must be between 60 and 86400.")
		}
	}
	if d := t.DeadLetterConfig; d != nil && d.ARN != "" && !strings.HasPrefix(d.ARN, "arn:aws:sqs:") {
		return invalid("Parameter DeadLetterConfig.Arn is not valid. Reason: Provided Arn is not in correct format.")
	}
	if t.InputTransformer != nil {
		return t.InputTransformer.check()
	}
	if t.InputPath != nil && *t.InputPath != "" {
		_, err := parsePath(*t.InputPath)
		return err
	}
	return nil
}

// service is the third element of the target's ARN.
func (t *Target) service() string {
	parts := strings.SplitN(t.ARN, ":", 4)
	if len(parts) < 4 || parts[0] != "arn" {
		return ""
	}
	return parts[2]
}

// removeTargets leaves ids that the rule does not have without an error, as AWS does.
func (s *Service) removeTargets(_ context.Context, in targetsIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	r, err := s.existing(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	rec := r.ruleRecord
	rec.Targets = slices.DeleteFunc(slices.Clone(rec.Targets), func(t Target) bool { return slices.Contains(in.IDs, t.ID) })
	if err := s.save(rec, r); err != nil {
		return nil, err
	}
	return noFailures(), nil
}

func (s *Service) listTargetsByRule(_ context.Context, in listIn) (any, error) {
	r, err := s.existing(in.EventBusName, in.Rule)
	if err != nil {
		return nil, err
	}
	byID := map[string]Target{}
	var ids []string
	for _, t := range r.Targets {
		byID[t.ID] = t
		ids = append(ids, t.ID)
	}
	ids, next := in.page(ids)
	out := make([]Target, len(ids))
	for i, id := range ids {
		out[i] = byID[id]
	}
	return awsapi.Listing("Targets", out, next), nil
}
