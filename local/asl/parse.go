package asl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"orderflow/local/asl/value"
)

// Options of Parse.
type Options struct {
	// Express checks the definition as one of an EXPRESS state machine.
	Express bool
	// AnyIntegration accepts all service integrations that AWS has, also those that
	// the usual host does not perform. The pattern .sync stays refused.
	AnyIntegration bool
}

// Parse parses and validates a definition. The Machine is nil if the diagnostics
// contain an error (Diagnostics.Err): either the definition is invalid, or it needs
// what this engine does not run; Diagnostics.Invalid and Unsupported tell which.
func Parse(definition []byte, opt Options) (*Machine, Diagnostics) {
	p := &parser{opt: opt}
	m := p.machine(string(definition))
	if p.diags.Err() != nil {
		return nil, p.diags
	}
	return m, p.diags
}

type parser struct {
	opt   Options
	diags Diagnostics
	names map[string]bool // of all states
	scope *nameScope      // of the workflow that is being read
	depth int
}

func (p *parser) fail(location, format string, args ...any) {
	p.diags = append(p.diags, Diagnostic{SeverityError, CodeSchema, location, fmt.Sprintf(format, args...)})
}

func (p *parser) unsupported(location, format string, args ...any) {
	p.diags = append(p.diags, Diagnostic{SeverityError, CodeUnsupported, location, fmt.Sprintf(format, args...)})
}

func (p *parser) warn(location, format string, args ...any) {
	p.diags = append(p.diags, Diagnostic{SeverityWarning, CodeSchema, location, fmt.Sprintf(format, args...)})
}

func (p *parser) machine(text string) *Machine {
	if len(text) > MaxDefinition {
		p.fail("/", "The definition is larger than %d bytes", MaxDefinition)
		return nil
	}
	v, err := value.Parse(text)
	if err != nil {
		p.diags = append(p.diags, Diagnostic{SeverityError, CodeInvalidJSON, "", invalidJSON(text, err)})
		return nil
	}
	if v.Kind() != value.Object {
		p.fail("/", "Expected value of type Object")
		return nil
	}
	n := p.node("", v)
	n.ignore("Comment")
	if version, ok := n.text("Version"); ok && version != "1.0" {
		p.fail("/Version", "Value is not valid. Expected: 1.0")
	}
	m := &Machine{timeout: n.positive("TimeoutSeconds")}
	p.names = make(map[string]bool)
	m.flow = p.workflow(n, p.language(n, false))
	n.unknown()
	return m
}

// invalidJSON words a syntax error as AWS's JSON reader does, where its wording is known.
func invalidJSON(text string, err error) string {
	var syntax *value.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	at := min(syntax.Offset, len(text))
	line := 1 + strings.Count(text[:at], "\n")
	column := at - (strings.LastIndex(text[:at], "\n") + 1) + 1
	word := text[at:]
	if end := strings.IndexFunc(word, func(r rune) bool { return !isWord(r) }); end >= 0 {
		word = word[:end]
	}
	what := syntax.Text
	if syntax.Text == "unexpected character" && word != "" {
		what = fmt.Sprintf("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", word)
		column += len(word)
	}
	return fmt.Sprintf("%s\n at [Source: (String)\"%s\"; line: %d, column: %d]", what, text, line, column)
}

func isWord(r rune) bool {
	return r == '_' || r == '$' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// language reads QueryLanguage. It reports whether it is JSONata, which is refused.
func (p *parser) language(n *node, outer bool) (jsonata bool) {
	lang, ok := n.text("QueryLanguage")
	switch {
	case !ok:
		return outer
	case lang == "JSONata":
		p.unsupported(n.at("QueryLanguage"), "the query language JSONata is not supported by this engine; write the state machine in JSONPath")
		return true
	case lang != "JSONPath":
		p.fail(n.at("QueryLanguage"), "Value is not valid. Expected one of: [JSONPath, JSONata]")
	}
	return false
}

// workflow reads StartAt and States.
func (p *parser) workflow(n *node, jsonata bool) *workflow {
	if missing := n.missing("States", "StartAt"); missing != "" {
		p.fail(n.location(), "These fields are required: %s", missing)
	}
	w := &workflow{states: make(map[string]*state)}
	start, _ := n.text("StartAt")
	states, ok := n.object("States")
	if !ok {
		return w
	}
	if len(states.members) == 0 {
		p.fail(n.at("States"), "Value cannot be empty")
	}
	for _, m := range states.members {
		w.states[m.Key] = &state{name: m.Key}
	}
	defer p.enter(states.members)()
	reached := map[string]bool{start: true}
	for _, m := range states.members {
		p.stateName(states, m.Key)
		if m.Value.Kind() != value.Object {
			p.fail(states.at(m.Key), "Expected value of type Object")
			continue
		}
		p.state(w, w.states[m.Key], p.node(states.at(m.Key), m.Value), jsonata, reached)
	}
	if w.start = w.states[start]; start != "" && w.start == nil {
		p.missingTarget(n.at("StartAt"), "StartAt", start)
	}
	for _, m := range states.members {
		if !reached[m.Key] && w.start != nil {
			p.diags = append(p.diags, Diagnostic{SeverityError, CodeMissingTarget, states.at(m.Key), fmt.Sprintf("State \"%s\" is not reachable.", m.Key)})
		}
	}
	return w
}

func (p *parser) stateName(states *node, name string) {
	if name == "" || utf8.RuneCountInString(name) > MaxStateName {
		p.fail(states.at(name), "The name of a state must have 1 to %d characters", MaxStateName)
	}
	if p.names[name] {
		p.warn(states.at(name), "The name of the state is not unique within the state machine")
	}
	p.names[name] = true
}

func (p *parser) missingTarget(location, field, name string) {
	p.diags = append(p.diags, Diagnostic{SeverityError, CodeMissingTarget, location, fmt.Sprintf("Missing '%s' target: %s", field, name)})
}
