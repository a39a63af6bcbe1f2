package asl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"orderflow/local/asl/jsonpath"
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

// node is a JSON object of the definition that is being read.
type node struct {
	p       *parser
	loc     string // "" is the machine
	members []value.Member
	used    []bool
}

func (p *parser) node(loc string, v value.JSON) *node {
	members := v.Members()
	return &node{p: p, loc: loc, members: members, used: make([]bool, len(members))}
}

func (n *node) location() string {
	if n.loc == "" {
		return "/"
	}
	return n.loc
}

func (n *node) at(field string) string { return n.loc + "/" + field }

func (n *node) atIndex(field string, i int) string { return n.at(field) + "/" + strconv.Itoa(i) }

func (n *node) get(field string) (value.JSON, bool) {
	for i, m := range n.members {
		if m.Key == field {
			n.used[i] = true
			return m.Value, true
		}
	}
	return "", false
}

func (n *node) has(field string) bool {
	for _, m := range n.members {
		if m.Key == field {
			return true
		}
	}
	return false
}

func (n *node) ignore(fields ...string) {
	for _, f := range fields {
		n.get(f)
	}
}

// unknown warns of the fields that nothing has read.
func (n *node) unknown() {
	for i, m := range n.members {
		if !n.used[i] {
			n.p.warn(n.at(m.Key), "The field '%s' is not known here, and is ignored", m.Key)
		}
	}
}

// missing lists the fields that are not there: "[States, StartAt]", or "".
func (n *node) missing(fields ...string) string {
	var out []string
	for _, f := range fields {
		if !n.has(f) {
			out = append(out, f)
		}
	}
	if out == nil {
		return ""
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// of reads a field of a kind; a value of another kind is reported.
func (n *node) of(field string, kind value.Kind, name string) (value.JSON, bool) {
	v, ok := n.get(field)
	if !ok {
		return "", false
	}
	if v.Kind() != kind {
		n.p.fail(n.at(field), "Expected value of type %s", name)
		return "", false
	}
	return v, true
}

func (n *node) text(field string) (string, bool) {
	v, ok := n.of(field, value.String, "String")
	return v.Text(), ok
}

func (n *node) optional(field string) *string {
	if s, ok := n.text(field); ok {
		return &s
	}
	return nil
}

func (n *node) array(field string) ([]value.JSON, bool) {
	v, ok := n.of(field, value.Array, "Array")
	return v.Elements(), ok
}

func (n *node) object(field string) (*node, bool) {
	v, ok := n.of(field, value.Object, "Object")
	return n.p.node(n.at(field), v), ok
}

// integer reads a whole number of at least least.
func (n *node) integer(field string, least, fallback int64) int64 {
	v, ok := n.of(field, value.Number, "Integer")
	if !ok {
		return fallback
	}
	f, _ := v.Float()
	i, whole := v.Int()
	if !whole && f == float64(int64(f)) && f > -1e15 && f < 1e15 {
		i, whole = int64(f), true // 5.0
	}
	if !whole {
		n.p.fail(n.at(field), "Expected value of type Integer")
		return fallback
	}
	if i < least {
		n.p.fail(n.at(field), "Value must be greater than or equal to %d", least)
		return fallback
	}
	return i
}

// positive reads a positive number of seconds; 0 if the field is missing.
func (n *node) positive(field string) int64 { return n.integer(field, 1, 0) }

func (n *node) path(field string) *jsonpath.Path {
	text, ok := n.text(field)
	if !ok {
		return nil
	}
	path, err := jsonpath.Parse(text)
	if err != nil {
		n.p.fail(n.at(field), "Value is not a valid JSONPath: %v", err)
	}
	return path
}

// referencePath reads a path that finds at most one value.
func (n *node) referencePath(field string) *jsonpath.Path {
	path := n.path(field)
	if path != nil && !path.Definite() {
		n.p.fail(n.at(field), "Value is not a Reference Path")
	}
	return path
}

func (n *node) template(field string) *template {
	v, ok := n.get(field)
	if !ok {
		return nil
	}
	return n.p.template(n.at(field), v)
}

func (p *parser) template(location string, v value.JSON) *template {
	return parseTemplate(v, func(field, _ string) {
		p.fail(location, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", field)
	})
}
