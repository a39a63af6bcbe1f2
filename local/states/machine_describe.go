package states

import (
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// DescribeStateMachineInput is the request of DescribeStateMachine.
type DescribeStateMachineInput struct {
	StateMachineARN string `json:"stateMachineArn"`
	IncludedData    string `json:"includedData,omitempty"` // ALL_DATA (default) or METADATA_ONLY
}

// DescribeStateMachineOutput is the answer of DescribeStateMachine.
type DescribeStateMachineOutput struct {
	StateMachineARN         string          `json:"stateMachineArn"`
	Name                    string          `json:"name"`
	Status                  string          `json:"status,omitempty"`
	Definition              string          `json:"definition"`
	RoleARN                 string          `json:"roleArn"`
	Type                    string          `json:"type,omitempty"`
	CreationDate            Millis          `json:"creationDate,omitempty"`
	UpdateDate              Millis          `json:"updateDate,omitempty"` // of DescribeStateMachineForExecution
	LoggingConfiguration    json.RawMessage `json:"loggingConfiguration"`
	TracingConfiguration    json.RawMessage `json:"tracingConfiguration"`
	EncryptionConfiguration json.RawMessage `json:"encryptionConfiguration"`
	RevisionID              string          `json:"revisionId,omitempty"`
	// VariableReferences are the variables that each state reads.
	VariableReferences map[string][]string `json:"variableReferences,omitempty"`
}

// DescribeStateMachine returns the newest revision.
func (s *Service) DescribeStateMachine(_ context.Context,
	in DescribeStateMachineInput) (DescribeStateMachineOutput, error) {
	return inside(s, in, s.describeStateMachine)
}

func (s *Service) describeStateMachine(in DescribeStateMachineInput) (out DescribeStateMachineOutput, err error) {
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return out, err
	}
	rev, err := s.revision(m.Name, m.Revision)
	if err != nil {
		return out, err
	}
	if out, err = s.describeRevision(m.Name, rev, in.IncludedData); err != nil {
		return out, err
	}
	out.Status, out.Type, out.CreationDate = m.Status, "STANDARD", m.Created
	return out, nil
}

func (s *Service) describeRevision(name string, rev *revision,
	includedData string) (out DescribeStateMachineOutput, err error) {
	metadataOnly, err := onlyMetadata(includedData)
	if err != nil {
		return out, err
	}
	out = DescribeStateMachineOutput{
		StateMachineARN:         s.arns.machine(name),
		Name:                    name,
		Definition:              rev.Definition,
		RoleARN:                 rev.RoleARN,
		RevisionID:              rev.RevisionID,
		LoggingConfiguration:    rev.logging(),
		TracingConfiguration:    rev.tracing(),
		EncryptionConfiguration: rev.encryption(),
		VariableReferences:      asl.VariableReferences(rev.Definition),
	}
	if metadataOnly {
		out.Definition, out.VariableReferences = "{}", nil
	}
	return out, nil
}

// onlyMetadata parses includedData: METADATA_ONLY leaves out data that may be encrypted.
func onlyMetadata(includedData string) (bool, error) {
	switch includedData {
	case "", "ALL_DATA":
		return false, nil
	case "METADATA_ONLY":
		return true, nil
	}
	return false,
		validation("Value '%s' at 'includedData' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [ALL_DATA, METADATA_ONLY]", includedData)
}

// DescribeStateMachineForExecution returns the revision that an execution runs.
func (s *Service) DescribeStateMachineForExecution(_ context.Context,
	in ExecutionInput) (DescribeStateMachineOutput, error) {
	return inside(s, in, s.describeStateMachineForExecution)
}

func (s *Service) describeStateMachineForExecution(in ExecutionInput) (out DescribeStateMachineOutput, err error) {
	e, err := s.execution(in.ExecutionARN)
	if err != nil {
		return out, err
	}
	rev, err := s.revision(e.Machine, e.Revision)
	if err != nil {
		return out, err
	}
	if out, err = s.describeRevision(e.Machine, rev, in.IncludedData); err != nil {
		return out, err
	}
	out.UpdateDate = rev.Updated
	return out, nil
}

// ListStateMachinesInput is the request of ListStateMachines.
type ListStateMachinesInput struct {
	MaxResults int    `json:"maxResults,omitempty"`
	NextToken  string `json:"nextToken,omitempty"`
}

// ListStateMachinesOutput is the answer of ListStateMachines, sorted by name.
type ListStateMachinesOutput struct {
	StateMachines []StateMachineItem `json:"stateMachines"`
	NextToken     string             `json:"nextToken,omitempty"`
}

// StateMachineItem is one state machine of a listing.
type StateMachineItem struct {
	StateMachineARN string `json:"stateMachineArn"`
	Name            string `json:"name"`
	Type            string `json:"type"`
	CreationDate    Millis `json:"creationDate"`
}

// ListStateMachines lists the state machines.
func (s *Service) ListStateMachines(_ context.Context, in ListStateMachinesInput) (ListStateMachinesOutput, error) {
	return inside(s, in, s.listStateMachines)
}

func (s *Service) listStateMachines(in ListStateMachinesInput) (ListStateMachinesOutput, error) {
	out := ListStateMachinesOutput{StateMachines: []StateMachineItem{}}
	limit, err := pageSize(in.MaxResults)
	if err != nil {
		return out, err
	}
	lower := []byte(machineKeys)
	if in.NextToken != "" {
		after, err := openPage(pageMachines, in.NextToken)
		if err != nil {
			return out, err
		}
		lower = machineKeys.Clone().Bytes(after).End()
	}
	for m, err := range store.Records[machineRecord](s.store.Scan(lower, machineKeys.End())) {
		if err != nil {
			return out, err
		}
		if m.Status == deleting && s.running.count(m.Name) == 0 {
			continue
		}
		if len(out.StateMachines) == limit {
			last := out.StateMachines[limit-1].Name
			out.NextToken = sealPage(pageMachines, []byte(last))
			break
		}
		out.StateMachines = append(out.StateMachines,
			StateMachineItem{StateMachineARN: s.arns.machine(m.Name), Name: m.Name, Type: "STANDARD",
				CreationDate: m.Created})
	}
	return out, nil
}
