package events

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
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

// SQSParameters give the messages for a queue a group.
type SQSParameters struct {
	MessageGroupID string `json:"MessageGroupId"`
}

// Limits of PutTargets: API reference and quotas.
const (
	maxTargets      = 100  // of one request
	maxRuleTargets  = 5    // of one rule
	maxInputBytes   = 8192 // of Input and InputTemplate
	maxInputPath    = 256
	maxTargetString = 1600 // of ARNs
)

var targetID = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)

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
		return nil, invalid("1 validation error detected: Value at 'targets' failed to satisfy constraint: Member "+
			"must have length between 1 and %d", maxTargets)
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
	if err := checkCount(rec.Targets); err != nil {
		return nil, err
	}
	if err := s.save(rec, r); err != nil {
		return nil, err
	}
	return noFailures(), nil
}

func checkCount(targets []Target) error {
	if len(targets) > maxRuleTargets {
		return awsapi.Errorf("LimitExceededException",
			"The requested resource exceeds the maximum number allowed: a rule has at most %d targets.", maxRuleTargets)
	}
	return nil
}

func noFailures() map[string]any {
	return map[string]any{"FailedEntryCount": 0, "FailedEntries": []any{}}
}

// check refuses a target that EventBridge refuses: ValidationException.
func (t *Target) check() error {
	switch {
	case t.ID == "" || t.ARN == "":
		return invalid("Parameter Id and Arn of a target are required.")
	case !targetID.MatchString(t.ID):
		return invalid("1 validation error detected: Value '%s' at 'targets.1.member.id' failed to satisfy "+
			"constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+", t.ID)
	case len(t.ARN) > maxTargetString || !strings.HasPrefix(t.ARN, "arn:"):
		return invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", t.ARN)
	case !slices.Contains([]string{"sqs", "lambda", "sns", "events", "states"}, t.service()):
		return awsapi.NotImplemented("targets of the kind " + t.ARN)
	case t.service() == "states" && t.RoleARN == "":
		return invalid("RoleArn is required for target %s.", t.ARN)
	case t.SQSParameters != nil && t.service() != "sqs":
		return invalid("Parameter(s) SqsParameters not valid for target %s.", t.ID)
	case t.SQSParameters != nil && !awsapi.IsMessageGroup(t.SQSParameters.MessageGroupID):
		return invalid("Parameter MessageGroupId of target %s is not valid.", t.ID)
	}
	if err := t.checkInput(); err != nil {
		return err
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
	return nil
}

// checkInput checks the input of the target: one of a constant, a part of the event and a template.
func (t *Target) checkInput() error {
	given := 0
	for _, set := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		return invalid("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", t.ID)
	case t.InputTransformer != nil:
		return t.InputTransformer.check(t.ID)
	case t.InputPath != nil && *t.InputPath != "":
		if len(*t.InputPath) > maxInputPath {
			return invalid("Parameter InputPath of target %s is longer than %d characters.", t.ID, maxInputPath)
		}
		_, err := parsePath(*t.InputPath)
		return err
	case t.Input != nil && *t.Input != "":
		if len(*t.Input) > maxInputBytes {
			return invalid("Parameter Input of target %s is longer than %d characters.", t.ID, maxInputBytes)
		}
		if !json.Valid([]byte(*t.Input)) {
			return invalid("JSON syntax error in input for target %s: %v", t.ID, json.Unmarshal([]byte(*t.Input), new(any)))
		}
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

// removeTargets ignores ids that the rule does not have, as AWS does.
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
