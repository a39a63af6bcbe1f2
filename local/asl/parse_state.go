package asl

import "orderflow/local/asl/value"

// maxWorkflowDepth is how deeply Parallel and Map may nest.
const maxWorkflowDepth = 50

// stateTypes are the names of the state types.
var stateTypes = map[string]stateKind{
	"Pass": passKind, "Choice": choiceKind, "Wait": waitKind, "Succeed": succeedKind,
	"Fail": failKind, "Task": taskKind, "Parallel": parallelKind, "Map": mapKind,
}

// state reads one state. reached collects the names that transitions lead to.
func (p *parser) state(w *workflow, s *state, n *node, jsonata bool, reached map[string]bool) {
	n.ignore("Comment")
	typeName, ok := n.text("Type")
	if !n.has("Type") {
		p.fail(n.loc, "These fields are required: [Type]")
	}
	kind, known := stateTypes[typeName]
	if !known {
		if ok {
			p.fail(n.at("Type"), "Value is not valid. Expected one of: [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait]")
		}
		n.ignore("Next", "End")
		return
	}
	s.kind = kind
	r := &stateReader{p: p, w: w, s: s, n: n, reached: reached, jsonata: p.language(n, jsonata)}
	if r.jsonata {
		r.readJSONata()
		return
	}
	r.read()
	n.unknown()
}

// stateReader reads the fields of one state.
type stateReader struct {
	p       *parser
	w       *workflow
	s       *state
	n       *node
	reached map[string]bool
	jsonata bool
}

func (r *stateReader) read() {
	s, n := r.s, r.n
	if s.kind != failKind {
		s.inputPath = r.pathField("InputPath")
		s.outputPath = r.pathField("OutputPath")
		s.assign = r.assign(n)
	}
	if s.kind == passKind || s.kind >= taskKind {
		s.resultPath = r.resultPath(n)
		if s.kind != mapKind {
			s.parameters = n.template("Parameters")
		}
		r.next()
	}
	if s.kind >= taskKind {
		s.selector = n.template("ResultSelector")
		r.retry()
		r.catch()
	}
	switch s.kind {
	case passKind:
		v, _ := n.get("Result")
		s.body = &passState{result: value.Compact(v)}
	case succeedKind:
		s.body = succeedState{}
	case failKind:
		s.body = r.fail()
	case waitKind:
		r.next()
		s.body = r.wait()
	case choiceKind:
		s.body = r.choice()
	case taskKind:
		s.body = r.task()
	case parallelKind:
		s.body = r.parallel()
	case mapKind:
		s.body = r.mapState()
	}
}

// readJSONata checks what does not depend on the query language.
func (r *stateReader) readJSONata() {
	switch r.s.kind {
	case taskKind:
		r.next()
		r.catch()
		r.task()
	case parallelKind:
		r.next()
		r.catch()
		r.parallel()
	case mapKind:
		r.next()
		r.catch()
		r.mapState()
	case passKind, waitKind:
		r.next()
	case choiceKind:
		rules, _ := r.n.array("Choices")
		for i, rule := range rules {
			r.target(r.p.node(r.n.atIndex("Choices", i), rule), "Next")
		}
		r.target(r.n, "Default")
	}
}

func (r *stateReader) pathField(field string) pathField {
	if v, ok := r.n.get(field); !ok || v == value.NullValue {
		return pathField{null: ok}
	}
	path := r.n.path(field)
	if path != nil && path.String() == "$" {
		path = nil
	}
	return pathField{path: path}
}

func (r *stateReader) resultPath(n *node) resultPath {
	v, ok := n.get("ResultPath")
	if !ok || v == value.NullValue {
		return resultPath{null: ok}
	}
	path := n.path("ResultPath")
	if path == nil {
		return resultPath{}
	}
	steps, ok := path.Reference()
	if !ok {
		r.p.fail(n.at("ResultPath"), "Value is not a Reference Path")
	}
	return resultPath{steps: steps, text: path.String()}
}

// next reads Next or End: exactly one of them.
func (r *stateReader) next() {
	end, hasEnd := r.n.of("End", value.Bool, "Boolean")
	switch hasNext := r.n.has("Next"); {
	case hasNext && end.Bool():
		r.n.ignore("Next")
		r.p.fail(r.n.loc, "Only one of these fields is allowed: [Next, End]")
	case hasNext:
		r.s.next = r.target(r.n, "Next")
	case !hasEnd:
		r.p.fail(r.n.loc, "One of these fields is required: [Next, End]")
	case !end.Bool():
		r.p.fail(r.n.at("End"), "Value must be true")
	}
}

// target reads the name of a state to go on to.
func (r *stateReader) target(n *node, field string) *state {
	name, ok := n.text(field)
	if !ok {
		return nil
	}
	r.reached[name] = true
	to, ok := r.w.states[name]
	if !ok && r.w.open {
		to = &state{name: name, body: succeedState{}, kind: succeedKind}
		r.w.states[name] = to
	} else if !ok {
		r.p.missingTarget(n.at(field), field, name)
	}
	return to
}

func (r *stateReader) fail() body {
	n := r.n
	s := &failState{err: n.optional("Error"), cause: n.optional("Cause")}
	s.errPath = r.dynamic("Error", "ErrorPath")
	s.causePath = r.dynamic("Cause", "CausePath")
	return s
}

// dynamic reads ErrorPath or CausePath: a path or an intrinsic function.
func (r *stateReader) dynamic(fixed, field string) *expression {
	text, ok := r.n.text(field)
	if !ok {
		return nil
	}
	if r.n.has(fixed) {
		r.p.fail(r.n.loc, "Only one of these fields is allowed: [%s, %s]", fixed, field)
	}
	e, err := parseExpression(text)
	if err != nil {
		r.p.fail(r.n.at(field), "Value must be a valid JSONPath or a valid intrinsic function call")
	}
	return e
}

func (r *stateReader) wait() body {
	n := r.n
	s := &waitState{}
	set := 0
	for _, field := range [...]string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if n.has(field) {
			set++
		}
	}
	if set != 1 {
		r.p.fail(n.loc, "Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath]")
	}
	s.hasSeconds = n.has("Seconds")
	s.seconds = n.integer("Seconds", 0, 0)
	s.secondsPath = n.referencePath("SecondsPath")
	s.timestampPath = n.referencePath("TimestampPath")
	if text, ok := n.text("Timestamp"); ok {
		if s.timestamp, ok = parseTimestamp(value.OfString(text)); !ok {
			r.p.fail(n.at("Timestamp"), "String does not match RFC3339 timestamp")
		}
	}
	return s
}
