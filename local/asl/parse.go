package asl

import (
	"fmt"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Options of Parse.
type Options struct {
	// Express checks the definition as one of an EXPRESS state machine.
	Express bool
	// AnyIntegration accepts all service integrations of AWS, including those that the standard
	// host does not perform.
	AnyIntegration bool
	// Template accepts a Resource with a placeholder ${Name}, which a deployment replaces.
	Template bool
	// Stored parses a definition that was accepted before, perhaps by less strict rules than
	// today's: valid JSON returns a Machine, and the diagnostics are only warnings.
	Stored bool
}

// Parse parses and validates a definition. The Machine is nil if the diagnostics contain an error
// (Diagnostics.Err): either the definition is invalid, or it needs a feature that this engine does
// not run. Diagnostics.Invalid and Unsupported separate the two.
func Parse(definition []byte, opt Options) (*Machine, Diagnostics) {
	p := &parser{opt: opt, text: string(definition)}
	m := p.machine()
	if opt.Stored && m != nil {
		for i := range p.diags {
			p.diags[i].Severity = SeverityWarning
		}
	}
	p.diags.locate(p.text)
	if p.diags.Err() != nil {
		return nil, p.diags
	}
	return m, p.diags
}

type parser struct {
	opt     Options
	text    string
	jsonata bool // the query language of the machine
	diags   Diagnostics
	names   map[string]bool // of all states
	scope   *nameScope      // of the workflow that is being parsed
	depth   int
	mocked  bool // the state is tested with a mock, so its work is not performed
}

// maxDiagnostics is the maximum number of diagnostics reported: more than one answer of the API
// holds.
const maxDiagnostics = 200

func (p *parser) report(code, location, format string, args ...any) {
	p.add(Diagnostic{Code: code, Location: location, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) add(d Diagnostic) {
	if len(p.diags) < maxDiagnostics {
		d.Severity = SeverityError
		p.diags = append(p.diags, d)
	}
}

func (p *parser) fail(location, format string, args ...any) {
	p.report(CodeSchema, location, format, args...)
}

// failField reports a field that must not be set. AWS locates it at the object that contains it.
func (p *parser) failField(n *node, name, format string, args ...any) {
	p.add(Diagnostic{Code: CodeSchema, Location: n.location(), Message: fmt.Sprintf(format, args...), member: name})
}

func (p *parser) unsupported(location, format string, args ...any) {
	p.report(CodeUnsupported, location, format, args...)
}

// unperformed reports a feature that this engine does not perform. A state with a mock does not
// need it.
func (p *parser) unperformed(location, format string, args ...any) {
	if !p.mocked {
		p.unsupported(location, format, args...)
	}
}

func (p *parser) machine() *Machine {
	if len(p.text) > MaxDefinition {
		p.fail("/", "The definition is larger than %d bytes", MaxDefinition)
		return nil
	}
	v, err := value.Parse(p.text)
	if err != nil {
		p.invalidJSON(err)
		return nil
	}
	if v.Kind() != value.Object {
		p.fail("/", "Expected value of type Object")
		return nil
	}
	p.duplicates(v)
	p.names = make(map[string]bool)
	n := p.node("", v)
	p.conform(n, machineSchema, false)
	p.machineLanguage(n)
	return &Machine{timeout: n.integer("TimeoutSeconds", 0), flow: p.workflow(n)}
}

// machineLanguage reads the query language of the machine. Any value other than JSONPath counts as
// JSONata, as on AWS.
func (p *parser) machineLanguage(n *node) {
	v, ok := n.get("QueryLanguage")
	if p.jsonata = ok && v != `"JSONPath"`; p.jsonata {
		p.noJSONata(n)
	}
}

// stateLanguage reads the query language of a state: its own, or the machine's.
func (p *parser) stateLanguage(n *node) (jsonata bool) {
	v, ok := n.get("QueryLanguage")
	switch {
	case !ok:
		return p.jsonata
	case v != `"JSONPath"`:
		p.noJSONata(n)
		return true
	case p.jsonata:
		p.fail(n.loc, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
	}
	return false
}

func (p *parser) noJSONata(n *node) {
	if lang, _ := n.text("QueryLanguage"); lang == "JSONata" {
		p.unsupported(n.at("QueryLanguage"),
			"the query language JSONata is not supported by this engine; write the state machine in JSONPath")
	}
}

// workflow parses StartAt and States.
func (p *parser) workflow(n *node) *workflow {
	w := &workflow{states: make(map[string]*state)}
	states, ok := n.object("States")
	if !ok {
		return w
	}
	for _, m := range states.members {
		w.states[m.Key] = &state{name: m.Key}
	}
	defer p.enter(states.members)()
	reached := map[string]bool{}
	start, hasStart := n.text("StartAt")
	if w.start = w.states[start]; hasStart && w.start == nil {
		p.missingTarget(n.at("StartAt"), start)
	}
	reached[start] = true
	ends := false
	for _, m := range states.members {
		p.stateName(states, m.Key)
		if m.Value.Kind() != value.Object {
			p.fail(states.at(m.Key), "Expected value of type Object")
			continue
		}
		inner := p.node(states.at(m.Key), m.Value)
		p.state(w, w.states[m.Key], inner, reached)
		ends = ends || inner.has("End") || w.states[m.Key].kind == succeedKind || w.states[m.Key].kind == failKind
	}
	p.ways(states, ends, hasStart, reached)
	return w
}

// ways checks that the workflow can end, and that a transition leads to each of its states. AWS
// checks the second only if the first holds, and counts transitions from any state.
func (p *parser) ways(states *node, ends, hasStart bool, reached map[string]bool) {
	switch {
	case len(states.members) == 0:
		return
	case !ends:
		p.report(CodeNoEnd, "", "Workflow has no terminal state")
		return
	case !hasStart:
		return
	}
	for _, m := range states.members {
		if !reached[m.Key] {
			p.report(CodeMissingTarget, states.at(m.Key), "State \"%s\" is not reachable.", m.Key)
		}
	}
}

func (p *parser) stateName(states *node, name string) {
	switch at := states.at(name); {
	case name == "":
		p.report(CodeStateName, at, "Invalid State name: the name of a state cannot be empty")
	case utf8.RuneCountInString(name) > MaxStateName:
		p.report(CodeStateName, at,
			"Invalid State name: State '%s' exceeds the %d-character limit allowed by the service", name, MaxStateName)
	case p.names[name]:
		p.report(CodeDuplicateState, at, "Duplicate State name: %s", name)
	}
	p.names[name] = true
}

// missingTarget reports a transition to a state that does not exist. AWS names the field 'Next' in
// any case.
func (p *parser) missingTarget(location, name string) {
	p.report(CodeMissingTarget, location, "Missing 'Next' target: %s", name)
}
