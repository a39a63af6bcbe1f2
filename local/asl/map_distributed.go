package asl

import (
	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

var (
	processorSchema = &schema{fields: of(branchSchema.fields, fields{"ProcessorConfig": {is: isObject}}),
		must: workflowMust}
	configSchema = &schema{fields: fields{"Mode": {is: oneOf("INLINE", "DISTRIBUTED")},
		"ExecutionType": {is: oneOf("STANDARD", "EXPRESS")}}}
)

// distributed are the fields of a Map that only a distributed one has.
var distributed = fields{
	"ItemReader": {is: isObject}, "ItemBatcher": {is: isObject}, "ResultWriter": {is: isObject}, "Label": {is: isText},
	"ToleratedFailureCount": {is: wholeIn(0, noMaximum)}, "ToleratedFailureCountPath": {jsonPath, isReference},
	"ToleratedFailurePercentage": {is: numberIn(0, 100)}, "ToleratedFailurePercentagePath": {jsonPath, isReference},
}

// distributedSchemas are the schemas of the objects in these fields.
var distributedSchemas = map[string]*schema{
	"ItemBatcher": {
		fields: fields{
			"BatchInput":            {is: isAnything},
			"MaxItemsPerBatch":      {is: wholeIn(0, noMaximum)},
			"MaxItemsPerBatchPath":  {jsonPath, isReference},
			"MaxInputBytesPerBatch": {is: wholeIn(0, MaxPayload)}, "MaxInputBytesPerBatchPath": {jsonPath, isReference},
		},
		single: [][]string{{"MaxItemsPerBatch", "MaxItemsPerBatchPath"},
			{"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}},
	},
	"ItemReader": {
		fields: of(parameters, arguments, fields{"Resource": {is: isText}, "ReaderConfig": {is: isObject}}),
		must:   []string{"Resource"},
	},
	"ResultWriter": {fields: of(parameters, arguments, fields{"Resource": {is: isText}, "WriterConfig": {is: isObject}})},
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

// distributed checks the fields that only a distributed Map has.
func (r *stateReader) distributed() {
	for _, f := range r.n.members {
		if _, ok := distributed[f.Key]; !ok {
			continue
		}
		at := r.n.at(f.Key)
		r.p.unperformed(at, "%s, of a Map in DISTRIBUTED mode, is not supported by this engine", f.Key)
		if s, ok := distributedSchemas[f.Key]; ok && f.Value.Kind() == value.Object {
			r.p.conform(r.p.node(at, f.Value), s, r.jsonata)
		}
	}
}

// distributedMap holds the fields of a distributed Map that a test of one state evaluates.
type distributedMap struct {
	reads                     bool // the Map has an ItemReader
	count                     *int64
	percentage                *float64
	countPath, percentagePath *jsonpath.Path // instead of the fixed numbers
}

func (d *distributedMap) read(n *node) {
	d.reads = n.has("ItemReader")
	d.countPath, d.percentagePath = n.path("ToleratedFailureCountPath"), n.path("ToleratedFailurePercentagePath")
	if n.has("ToleratedFailureCount") {
		count := n.integer("ToleratedFailureCount", 0)
		d.count = &count
	}
	if v, ok := n.of("ToleratedFailurePercentage", value.Number); ok {
		percentage, _ := v.Float()
		d.percentage = &percentage
	}
}

// inspect reports the settings of the iterations, for a test of one state.
func (m *mapState) inspect(e *env, items value.JSON, limit int64) *fault {
	seen, d := &e.x.trial.seen, &m.distributed
	seen.MaxConcurrency = &limit
	if m.itemsPath != nil {
		seen.AfterItemsPath = string(items)
	}
	seen.ToleratedFailureCount, seen.ToleratedFailurePercentage = d.count, d.percentage
	if d.countPath != nil {
		n, f := wholeAt(e, "ToleratedFailureCount", d.countPath, 0)
		if f != nil {
			return f
		}
		seen.ToleratedFailureCount = &n
	}
	if d.percentagePath == nil {
		return nil
	}
	v, f := e.path(d.percentagePath)
	if f != nil {
		return f
	}
	percentage, ok := v.Float()
	if !ok {
		return runtimeFault("The ToleratedFailurePercentagePath field refers to value \"%s\" which is not a "+
			"valid number: %s", v.Text(), d.percentagePath)
	}
	seen.ToleratedFailurePercentage = &percentage
	return nil
}
