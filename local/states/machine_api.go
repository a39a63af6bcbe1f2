package states

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// CreateStateMachineInput is the request of CreateStateMachine.
type CreateStateMachineInput struct {
	Name                    string          `json:"name"`
	Definition              string          `json:"definition"`
	RoleARN                 string          `json:"roleArn"`
	Type                    string          `json:"type,omitempty"`
	Tags                    []Tag           `json:"tags,omitempty"`
	Publish                 bool            `json:"publish,omitempty"`
	VersionDescription      string          `json:"versionDescription,omitempty"`
	LoggingConfiguration    json.RawMessage `json:"loggingConfiguration,omitempty"`
	TracingConfiguration    json.RawMessage `json:"tracingConfiguration,omitempty"`
	EncryptionConfiguration json.RawMessage `json:"encryptionConfiguration,omitempty"`
}

// CreateStateMachineOutput is the answer of CreateStateMachine.
type CreateStateMachineOutput struct {
	StateMachineARN string `json:"stateMachineArn"`
	CreationDate    Millis `json:"creationDate"`
}

// CreateStateMachine creates a Standard state machine. Calling it again with the same request
// returns the same answer; another definition under the same name is StateMachineAlreadyExists.
func (s *Service) CreateStateMachine(_ context.Context, in CreateStateMachineInput) (CreateStateMachineOutput, error) {
	return inside(s, in, s.createStateMachine)
}

func (s *Service) createStateMachine(in CreateStateMachineInput) (out CreateStateMachineOutput, err error) {
	if err := checkName(in.Name); err != nil {
		return out, err
	}
	if err := checkRole(in.RoleARN); err != nil {
		return out, err
	}
	if in.Type != "" && in.Type != "STANDARD" {
		return out, awsapi.Errorf("StateMachineTypeNotSupported", "State Machine Type is not supported: '%s'", in.Type)
	}
	if err := checkPublish(in.Publish, in.VersionDescription); err != nil {
		return out, err
	}
	if len(in.Tags) > maxTags {
		return out, tooManyTags()
	}
	if err := checkTags(in.Tags); err != nil {
		return out, err
	}
	if err := checkDefinition(in.Definition); err != nil {
		return out, err
	}
	s.machines.change.Lock()
	defer s.machines.change.Unlock()
	d := definition{Definition: in.Definition, RoleARN: in.RoleARN, Updated: millis(s.clock.Now())}
	if err := d.configure(in.LoggingConfiguration, in.TracingConfiguration, in.EncryptionConfiguration); err != nil {
		return out, err
	}
	old, err := s.machineNamed(in.Name)
	if err != nil {
		return out, err
	}
	if old != nil {
		return s.createdBefore(old, d)
	}
	m := machineRecord{Name: in.Name, Status: active, Created: d.Updated}
	if tombstone, err := s.machineRecord(in.Name); err != nil {
		return out, err
	} else if tombstone != nil {
		m.Revision = tombstone.Revision
		d.RevisionID = s.opt.NewID()
	}
	if err := s.writeMachine(m, &d, append([]Tag{}, in.Tags...)); err != nil {
		return out, err
	}
	return CreateStateMachineOutput{s.arns.machine(m.Name), m.Created}, nil
}

// createdBefore answers a creation of an existing state machine: idempotent on name, definition,
// type, logging and tracing.
func (s *Service) createdBefore(m *machineRecord, d definition) (out CreateStateMachineOutput, err error) {
	arn := s.arns.machine(m.Name)
	if m.Status == deleting {
		return out, machineDeleting(arn)
	}
	rev, err := s.revision(m.Name, m.Revision)
	if err != nil {
		return out, err
	}
	if rev.Definition != d.Definition || !bytes.Equal(rev.logging(), d.logging()) ||
		!bytes.Equal(rev.tracing(), d.tracing()) {
		return out, awsapi.Errorf("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", arn)
	}
	return CreateStateMachineOutput{arn, m.Created}, nil
}

// Put makes the definition the current one of the named state machine, and creates it if necessary:
// the way in which a template is deployed. Other settings of an existing machine are unchanged. Put
// returns the ARN.
func (s *Service) Put(ctx context.Context, name, roleARN, definition string) (arn string, err error) {
	arn = s.arns.machine(name)
	current, err := s.DescribeStateMachine(ctx, DescribeStateMachineInput{StateMachineARN: arn})
	if e, ok := err.(*awsapi.Error); ok && e.Type == "StateMachineDoesNotExist" {
		_, err := s.CreateStateMachine(ctx, CreateStateMachineInput{Name: name, RoleARN: roleARN, Definition: definition})
		return arn, err
	}
	if err != nil || current.Definition == definition && current.RoleARN == roleARN {
		return arn, err
	}
	_, err = s.UpdateStateMachine(ctx,
		UpdateStateMachineInput{StateMachineARN: arn, RoleARN: roleARN, Definition: definition})
	return arn, err
}

// UpdateStateMachineInput is the request of UpdateStateMachine. Empty members are unchanged.
type UpdateStateMachineInput struct {
	StateMachineARN         string          `json:"stateMachineArn"`
	Definition              string          `json:"definition,omitempty"`
	RoleARN                 string          `json:"roleArn,omitempty"`
	Publish                 bool            `json:"publish,omitempty"`
	VersionDescription      string          `json:"versionDescription,omitempty"`
	LoggingConfiguration    json.RawMessage `json:"loggingConfiguration,omitempty"`
	TracingConfiguration    json.RawMessage `json:"tracingConfiguration,omitempty"`
	EncryptionConfiguration json.RawMessage `json:"encryptionConfiguration,omitempty"`
}

// UpdateStateMachineOutput is the answer of UpdateStateMachine.
type UpdateStateMachineOutput struct {
	UpdateDate Millis `json:"updateDate"`
	RevisionID string `json:"revisionId,omitempty"`
}

// UpdateStateMachine creates a new revision, unless nothing changes. Running executions, and
// redrives of older ones, keep the revision with which they started.
func (s *Service) UpdateStateMachine(_ context.Context, in UpdateStateMachineInput) (UpdateStateMachineOutput, error) {
	return inside(s, in, s.updateStateMachine)
}

func (s *Service) updateStateMachine(in UpdateStateMachineInput) (out UpdateStateMachineOutput, err error) {
	if err := checkPublish(in.Publish, in.VersionDescription); err != nil {
		return out, err
	}
	s.machines.change.Lock()
	defer s.machines.change.Unlock()
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return out, err
	}
	if m.Status == deleting {
		return out, machineDeleting(in.StateMachineARN)
	}
	if in.Definition == "" && in.RoleARN == "" && in.LoggingConfiguration == nil &&
		in.TracingConfiguration == nil && in.EncryptionConfiguration == nil {
		return out,
			awsapi.Errorf("MissingRequiredParameter",
				"Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration, "+
					"or the EncryptionConfiguration must be specified")
	}
	rev, err := s.revision(m.Name, m.Revision)
	if err != nil {
		return out, err
	}
	d := rev.definition
	if in.Definition != "" {
		if err := checkDefinition(in.Definition); err != nil {
			return out, err
		}
		d.Definition = in.Definition
	}
	if in.RoleARN != "" {
		if err := checkRole(in.RoleARN); err != nil {
			return out, err
		}
		d.RoleARN = in.RoleARN
	}
	if err := d.configure(in.LoggingConfiguration, in.TracingConfiguration, in.EncryptionConfiguration); err != nil {
		return out, err
	}
	now := millis(s.clock.Now())
	if d.same(&rev.definition) {
		return UpdateStateMachineOutput{now, rev.RevisionID}, nil
	}
	d.Updated, d.RevisionID = now, s.opt.NewID()
	if err := s.writeMachine(*m, &d, nil); err != nil {
		return out, err
	}
	return UpdateStateMachineOutput{d.Updated, d.RevisionID}, nil
}

// DeleteStateMachineInput is the request of DeleteStateMachine.
type DeleteStateMachineInput struct {
	StateMachineARN string `json:"stateMachineArn"`
}

// DeleteStateMachine deletes the state machine once its running executions have ended. Until then
// it is DELETING, and starts no executions. Deleting a state machine that does not exist is a
// no-op.
func (s *Service) DeleteStateMachine(_ context.Context, in DeleteStateMachineInput) (struct{}, error) {
	return inside(s, in, s.deleteStateMachine)
}

func (s *Service) deleteStateMachine(in DeleteStateMachineInput) (none struct{}, err error) {
	s.machines.change.Lock()
	defer s.machines.change.Unlock()
	name, err := s.arns.parseMachine(in.StateMachineARN)
	if err != nil {
		return none, err
	}
	m, err := s.machineNamed(name)
	if err != nil || m == nil || m.Status == deleting {
		return none, err
	}
	gone := *m
	gone.Status = deleting
	return none, s.writeMachine(gone, nil, []Tag{})
}
