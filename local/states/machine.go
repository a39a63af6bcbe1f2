package states

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// machineRecord is a state machine. The record stays after the machine's deletion, so that a
// revision number is never used twice.
type machineRecord struct {
	Name     string
	Status   string // ACTIVE, DELETING
	Created  Millis
	Revision uint64 // the newest
}

const (
	active   = "ACTIVE"
	deleting = "DELETING"
)

// definition is one revision of a state machine. Executions keep the revision with which they
// started.
type definition struct {
	Definition, RoleARN string
	RevisionID          string `json:",omitempty"` // empty for the first revision
	Updated             Millis
	Description         string          `json:",omitempty"`
	Logging             json.RawMessage `json:",omitempty"`
	Tracing             json.RawMessage `json:",omitempty"`
	Encryption          json.RawMessage `json:",omitempty"`
}

// revision is a definition, parsed.
type revision struct {
	definition
	machine *asl.Machine
}

// machines caches records and parsed definitions. The zero value is ready.
type machines struct {
	change    sync.Mutex // serialises creations, updates and deletions
	records   sync.Map   // name -> *machineRecord
	revisions sync.Map   // revisionRef -> *revision
}

type revisionRef struct {
	machine  string
	revision uint64
}

// machine returns a state machine. A deleted state machine whose executions have all ended does not
// exist.
func (s *Service) machine(arn string) (*machineRecord, error) {
	name, err := s.arns.parseMachine(arn)
	if err != nil {
		return nil, err
	}
	m, err := s.machineNamed(name)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, machineMissing(arn)
	}
	return m, nil
}

// machineNamed returns nil if there is no state machine of that name.
func (s *Service) machineNamed(name string) (*machineRecord, error) {
	m, err := s.machineRecord(name)
	if m != nil && m.Status == deleting && s.running.count(name) == 0 {
		return nil, nil
	}
	return m, err
}

// machineRecord returns the record, even of a deleted machine; nil if the name was never used.
func (s *Service) machineRecord(name string) (*machineRecord, error) {
	if m, ok := s.machines.records.Load(name); ok {
		return m.(*machineRecord), nil
	}
	data, err := s.store.Get(machineKey(name))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m machineRecord
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("read state machine %s: %w", name, err)
	}
	s.machines.records.Store(name, &m)
	return &m, nil
}

// revision returns a definition of a state machine, parsed.
func (s *Service) revision(name string, n uint64) (*revision, error) {
	ref := revisionRef{name, n}
	if r, ok := s.machines.revisions.Load(ref); ok {
		return r.(*revision), nil
	}
	data, err := s.store.Get(definitionKey(name, n))
	if err != nil {
		return nil, fmt.Errorf("read definition %d of %s: %w", n, name, err)
	}
	r := &revision{}
	if err := json.Unmarshal(data, &r.definition); err != nil {
		return nil, fmt.Errorf("read definition %d of %s: %w", n, name, err)
	}
	m, diagnostics := asl.Parse([]byte(r.Definition), asl.Options{Stored: true})
	if err := diagnostics.Err(); err != nil {
		return nil, fmt.Errorf("parse definition %d of %s: %w", n, name, err)
	}
	r.machine = m
	s.machines.revisions.Store(ref, r)
	return r, nil
}

// writeMachine commits the record and a new definition. If definition is nil, the current one
// stays.
func (s *Service) writeMachine(m machineRecord, d *definition, tags []Tag) error {
	b := s.store.NewBatch()
	if d != nil {
		m.Revision++
		if err := b.SetJSON(definitionKey(m.Name, m.Revision), d); err != nil {
			return err
		}
	}
	if tags != nil {
		if err := b.SetJSON(tagKey(s.arns.machine(m.Name)), tags); err != nil {
			return err
		}
	}
	if err := b.SetJSON(machineKey(m.Name), m); err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return err
	}
	s.machines.records.Store(m.Name, &m)
	return nil
}

// checkDefinition returns InvalidDefinition for a definition that the engine cannot run.
func checkDefinition(text string) error {
	if text == "" {
		return validation("Value '' at 'definition' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1")
	}
	_, diagnostics := asl.Parse([]byte(text), asl.Options{})
	if err := diagnostics.Err(); err != nil {
		return &awsapi.Error{Type: "InvalidDefinition", Message: err.Error()}
	}
	return nil
}

func checkRole(arn string) error {
	if len(arn) < 4 || arn[:4] != "arn:" {
		return invalidARN("Invalid ARN prefix: " + arn)
	}
	return nil
}
