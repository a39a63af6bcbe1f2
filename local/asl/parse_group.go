package asl

import "orderflow/local/asl/value"

func (r *stateReader) parallel() body {
	s := &parallelState{}
	for _, n := range r.n.objects("Branches") {
		s.branches = append(s.branches, r.inner(n, branchSchema))
	}
	return s
}

// inner reads the workflow inside a Parallel or Map. Its states are written in the query language of
// the machine, whatever the state around them is written in.
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

func (r *stateReader) processorConfig(n *node) {
	r.p.conform(n, configSchema, r.jsonata)
	mode, _ := n.text("Mode")
	switch {
	case mode == "DISTRIBUTED":
		r.p.unperformed(n.at("Mode"), "a Map in DISTRIBUTED mode is not supported by this engine; use the mode INLINE")
		if !n.has("ExecutionType") {
			r.p.fail(n.loc, "These fields are required: [ExecutionType]")
		}
	case n.has("ExecutionType"):
		r.p.failField(n, "ExecutionType", "Field 'ExecutionType' is not supported")
	}
}

func (r *stateReader) mapState() body {
	n := r.n
	m := &mapState{}
	processor := "ItemProcessor"
	if !n.has(processor) && n.has("Iterator") { // its old name
		processor = "Iterator"
	}
	if v, ok := n.get(processor); !ok {
		r.p.fail(n.loc, "These fields are required: [ItemProcessor]")
	} else if v.Kind() == value.Object {
		m.flow = r.inner(r.p.node(n.at(processor), v), processorSchema)
	}
	for _, f := range n.members {
		if _, ok := distributed[f.Key]; !ok {
			continue
		}
		r.p.unperformed(n.at(f.Key), "%s, of a Map in DISTRIBUTED mode, is not supported by this engine", f.Key)
		if s, ok := distributedSchemas[f.Key]; ok && f.Value.Kind() == value.Object {
			r.p.conform(r.p.node(n.at(f.Key), f.Value), s, r.jsonata)
		}
	}
	if r.jsonata {
		return m
	}
	m.itemsPath = n.path("ItemsPath")
	selector := "ItemSelector"
	if !n.has(selector) { // its old name
		selector = "Parameters"
	}
	m.itemSelector = n.template(selector)
	m.maxConcurrent = n.integer("MaxConcurrency", 0)
	m.maxPath = n.path("MaxConcurrencyPath")
	return m
}
