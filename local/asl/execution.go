package asl

import (
	"time"

	"orderflow/local/asl/value"
)

// Limits of Step Functions.
const (
	MaxPayload       = 262_144 // bytes of an input, output or variable
	MaxHistory       = 25_000  // events of one execution
	MaxDefinition    = 1 << 20 // bytes of a definition
	MaxStateName     = 80
	redrivableEvents = 24_999 // an execution with so many events is not redrivable
)

// Execution is one run of a Machine. See the package documentation for the contract.
type Execution struct {
	machine *Machine
	info    Info
	status  Status
}

// Failure is where and why an execution, or one of its tasks, failed last.
type Failure struct {
	State        string
	EventID      int64
	Error, Cause *string
}

// Options of Parse.
type Options struct {
	// Express checks the definition as one of an EXPRESS state machine.
	Express bool
	// AnyIntegration accepts the service integrations that AWS has and this engine's
	// usual host does not perform. Patterns (.sync) stay refused.
	AnyIntegration bool
}

// Machine is a parsed, valid definition. It never changes, and all its executions
// share it.
type Machine struct{ definition value.JSON }

// Parse parses and validates a definition. The Machine is nil if diagnostics
// contain an error (Diagnostics.Err): either the definition is invalid, or it needs
// what this engine does not run; Diagnostics.Invalid and Unsupported tell which.
func Parse(definition []byte, opt Options) (*Machine, Diagnostics) { panic("being built") }

// New makes an execution that waits for Start.
func New(m *Machine, info Info) *Execution { panic("being built") }

// Step takes in what happened at time now; see the package documentation.
func (x *Execution) Step(now time.Time, in Input) ([]Event, []Command, error) { panic("being built") }

// Restore rebuilds an execution from its journal (all events, journal-only ones
// included, in order). The events returned are what the journal misses of its last
// batch: usually none; append them before performing the commands.
func Restore(m *Machine, info Info, history []Event) (*Execution, []Event, []Command, error) {
	panic("being built")
}

// Status is the execution's current status.
func (x *Execution) Status() Status { return x.status }

// Result is what End told: only after the execution has ended.
func (x *Execution) Result() End { panic("being built") }

// EventCount is the number of events in the public history.
func (x *Execution) EventCount() int64 { panic("being built") }

// RedriveCount is how often the execution was redriven.
func (x *Execution) RedriveCount() int { panic("being built") }

// CurrentStates names the states that are entered and not left, outermost first.
func (x *Execution) CurrentStates() []string { panic("being built") }

// LastFailure is the last failure, also one that is being retried or was caught;
// nil if nothing failed yet.
func (x *Execution) LastFailure() *Failure { panic("being built") }

// Redrivable tells whether Redrive would be accepted, or why not (the text of
// redriveStatusReason). Reasons of time and of the state machine are the host's.
func (x *Execution) Redrivable() (bool, string) { panic("being built") }

// AppendEvents appends the journal form of one Step's events: compact, with a
// version byte. DecodeEvents takes it apart; several batches may stand in a row.
func AppendEvents(dst []byte, events []Event) []byte { panic("being built") }

// DecodeEvents decodes batches that AppendEvents wrote, appending to events.
func DecodeEvents(events []Event, data []byte) ([]Event, error) { panic("being built") }
