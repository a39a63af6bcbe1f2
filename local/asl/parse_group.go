package asl

import "orderflow/local/asl/value"

func (r *stateReader) parallel() body {
	s := &parallelState{}
	if !r.n.has("Branches") {
		r.p.fail(r.n.loc, "These fields are required: [Branches]")
	}
	list, ok := r.n.array("Branches")
	if ok && len(list) == 0 {
		r.p.fail(r.n.at("Branches"), "Value cannot be empty")
	}
	for i, v := range list {
		s.branches = append(s.branches, r.inner(r.n.atIndex("Branches", i), v))
	}
	return s
}

// inner reads the workflow inside a Parallel or Map.
func (r *stateReader) inner(at string, v value.JSON) *workflow {
	if v.Kind() != value.Object {
		r.p.fail(at, "Expected value of type Object")
		return nil
	}
	if r.p.depth == maxWorkflowDepth {
		r.p.fail(at, "The state machine is nested too deeply")
		return nil
	}
	r.p.depth++
	defer func() { r.p.depth-- }()
	n := r.p.node(at, v)
	n.ignore("Comment")
	if config, ok := n.object("ProcessorConfig"); ok {
		r.processorConfig(config)
	}
	w := r.p.workflow(n, r.p.language(n, r.jsonata))
	if !r.jsonata {
		n.unknown()
	}
	return w
}

func (r *stateReader) processorConfig(n *node) {
	switch mode, ok := n.text("Mode"); {
	case ok && mode == "DISTRIBUTED":
		r.p.unsupported(n.at("Mode"), "a Map in DISTRIBUTED mode is not supported by this engine; use the mode INLINE")
		n.ignore("ExecutionType")
	case ok && mode != "INLINE":
		r.p.fail(n.at("Mode"), "Value is not valid. Expected one of: [INLINE, DISTRIBUTED]")
	}
	n.unknown()
}

// distributedFields belong to a distributed Map only.
var distributedFields = [...]string{
	"ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath",
	"ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
}

func (r *stateReader) mapState() body {
	n := r.n
	m := &mapState{}
	processor := "ItemProcessor"
	if !n.has(processor) && n.has("Iterator") { // its old name
		processor = "Iterator"
	}
	if !n.has(processor) {
		r.p.fail(n.loc, "These fields are required: [ItemProcessor]")
	} else {
		v, _ := n.get(processor)
		m.flow = r.inner(n.at(processor), v)
	}
	for _, field := range distributedFields {
		if n.has(field) {
			n.ignore(field)
			r.p.unsupported(n.at(field), "%s, of a Map in DISTRIBUTED mode, is not supported by this engine", field)
		}
	}
	if r.jsonata {
		return m
	}
	m.itemsPath = n.referencePath("ItemsPath")
	selector := "ItemSelector"
	if !n.has(selector) { // its old name
		selector = "Parameters"
	} else if n.has("Parameters") {
		r.p.fail(n.loc, "Only one of these fields is allowed: [ItemSelector, Parameters]")
	}
	m.itemSelector = n.template(selector)
	m.maxConcurrent = n.integer("MaxConcurrency", 0, 0)
	m.maxPath = n.referencePath("MaxConcurrencyPath")
	if n.has("MaxConcurrency") && m.maxPath != nil {
		r.p.fail(n.loc, "Only one of these fields is allowed: [MaxConcurrency, MaxConcurrencyPath]")
	}
	return m
}
