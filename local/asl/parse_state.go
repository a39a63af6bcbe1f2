package asl

import "github.com/orderflow-dev/orderflow/local/asl/value"

// maxWorkflowDepth is how deeply Parallel and Map may nest.
const maxWorkflowDepth = 50

// state parses one state. reached collects the names of the states that transitions lead to.
func (p *parser) state(w *workflow, s *state, n *node, reached map[string]bool) {
	typeName, ok := n.text("Type")
	if !ok && !n.has("Type") {
		p.fail(n.loc, "These fields are required: [Type]")
	}
	kind, known := kindNamed(typeName)
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
	p.conform(n, stateTypes[kind].schema, r.jsonata)
	r.read()
}

// stateReader parses the fields of one state.
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
	r.s.body = stateTypes[r.s.kind].newBody()
	r.s.body.read(r)
}

// dataFlow parses the fields that JSONPath states have in common, as far as the state's schema has
// them.
func (r *stateReader) dataFlow() {
	s, n := r.s, r.n
	s.inputPath = r.pathField("InputPath")
	s.outputPath = r.pathField("OutputPath")
	s.resultPath = r.resultPath(n)
	s.assign = r.assign(n)
	s.selector = n.template("ResultSelector")
	if s.kind != mapKind { // in a Map it is the former name of ItemSelector
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

// next parses Next or End. A state without either of them, or of a type that has neither, has no
// next state.
func (r *stateReader) next() {
	if _, ok := stateTypes[r.s.kind].schema.fields["Next"]; !ok {
		return
	}
	if to := r.target(r.n, "Next"); !r.n.has("End") {
		r.s.next = to
	}
}

// target reads the name of the next state.
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

// inner parses the workflow inside a Parallel or Map. The query language of its states is that of
// the machine, whatever language the state around them uses.
func (r *stateReader) inner(n *node, s *schema) *workflow {
	if r.p.depth == maxWorkflowDepth {
		r.p.report(CodeTooDeep, n.loc, "The state machine is nested too deeply")
		return nil
	}
	r.p.depth++
	defer func() { r.p.depth-- }()
	r.p.conform(n, s, r.p.jsonata)
	if config, ok := n.object("ProcessorConfig"); ok {
		r.processorConfig(config)
	}
	return r.p.workflow(n)
}
