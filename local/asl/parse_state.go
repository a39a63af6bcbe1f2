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
func (p *parser) state(w *workflow, s *state, n *node, reached map[string]bool) {
	typeName, ok := n.text("Type")
	if !ok && !n.has("Type") {
		p.fail(n.loc, "These fields are required: [Type]")
	}
	kind, known := stateTypes[typeName]
	if !known {
		if v, ok := n.get("Type"); ok {
			p.fail(n.at("Type"), "%s", common["Type"].is("Type", v))
		}
		next, _ := n.text("Next")
		reached[next] = true
		return
	}
	s.kind = kind
	r := &stateReader{p: p, w: w, s: s, n: n, reached: reached, jsonata: p.stateLanguage(n)}
	p.conform(n, stateSchemas[kind], r.jsonata)
	r.read()
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
	r.next()
	if r.s.kind.retries() {
		r.retry()
		r.catch()
	}
	if !r.jsonata {
		r.dataFlow()
	}
	switch r.s.kind {
	case passKind:
		v, _ := r.n.get("Result")
		r.s.body = &passState{result: value.Compact(v)}
	case succeedKind:
		r.s.body = succeedState{}
	case failKind:
		r.s.body = r.fail()
	case waitKind:
		r.s.body = r.wait()
	case choiceKind:
		r.s.body = r.choice()
	case taskKind:
		r.s.body = r.task()
	case parallelKind:
		r.s.body = r.parallel()
	case mapKind:
		r.s.body = r.mapState()
	}
}

// dataFlow reads the fields that JSONPath states have in common, where their schema has them.
func (r *stateReader) dataFlow() {
	s, n := r.s, r.n
	s.inputPath = r.pathField("InputPath")
	s.outputPath = r.pathField("OutputPath")
	s.resultPath = r.resultPath(n)
	s.assign = r.assign(n)
	s.selector = n.template("ResultSelector")
	if s.kind != mapKind { // an old name of ItemSelector there
		s.parameters = n.template("Parameters")
	}
}

func (r *stateReader) pathField(field string) pathField {
	if v, _ := r.n.get(field); v == value.NullValue {
		return pathField{null: true}
	}
	path := r.n.path(field)
	if path != nil && path.String() == "$" {
		path = nil
	}
	return pathField{path: path}
}

func (r *stateReader) resultPath(n *node) resultPath {
	if v, _ := n.get("ResultPath"); v == value.NullValue {
		return resultPath{null: true}
	}
	path := n.path("ResultPath")
	if path == nil {
		return resultPath{}
	}
	steps, _ := path.Reference()
	return resultPath{steps: steps, text: path.String()}
}

// next reads Next or End; a state without either of them, or of a type that has none, goes nowhere.
func (r *stateReader) next() {
	if _, ok := stateSchemas[r.s.kind].fields["Next"]; !ok {
		return
	}
	if to := r.target(r.n, "Next"); !r.n.has("End") {
		r.s.next = to
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
		r.p.missingTarget(n.at(field), name)
	}
	return to
}

func (r *stateReader) fail() body {
	n := r.n
	return &failState{err: n.optional("Error"), cause: n.optional("Cause"), errPath: n.expression("ErrorPath"), causePath: n.expression("CausePath")}
}

func (r *stateReader) wait() body {
	n := r.n
	s := &waitState{
		hasSeconds: n.has("Seconds"), seconds: n.integer("Seconds", 0),
		secondsPath: n.path("SecondsPath"), timestampPath: n.path("TimestampPath"),
	}
	if v, ok := n.get("Timestamp"); ok {
		s.timestamp, _ = parseTimestamp(v)
	}
	return s
}
