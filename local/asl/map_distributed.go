package asl

import "orderflow/local/asl/value"

var (
	processorSchema = &schema{fields: of(branchSchema.fields, fields{"ProcessorConfig": {is: isObject}}), must: workflowMust}
	configSchema    = &schema{fields: fields{"Mode": {is: oneOf("INLINE", "DISTRIBUTED")}, "ExecutionType": {is: oneOf("STANDARD", "EXPRESS")}}}
)

// distributed are the fields of a Map that only a distributed one has.
var distributed = fields{
	"ItemReader": {is: isObject}, "ItemBatcher": {is: isObject}, "ResultWriter": {is: isObject}, "Label": {is: isText},
	"ToleratedFailureCount": {is: wholeIn(0, noMaximum)}, "ToleratedFailureCountPath": {jsonPath, isReference},
	"ToleratedFailurePercentage": {is: numberIn(0, 100)}, "ToleratedFailurePercentagePath": {jsonPath, isReference},
}

// distributedSchemas are those of the objects in them.
var distributedSchemas = map[string]*schema{
	"ItemBatcher": {
		fields: fields{
			"BatchInput": {is: isAnything}, "MaxItemsPerBatch": {is: wholeIn(0, noMaximum)}, "MaxItemsPerBatchPath": {jsonPath, isReference},
			"MaxInputBytesPerBatch": {is: wholeIn(0, MaxPayload)}, "MaxInputBytesPerBatchPath": {jsonPath, isReference},
		},
		single: [][]string{{"MaxItemsPerBatch", "MaxItemsPerBatchPath"}, {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}},
	},
	"ItemReader": {
		fields: of(parameters, arguments, fields{"Resource": {is: isText}, "ReaderConfig": {is: isObject}}), must: []string{"Resource"},
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

// distributed judges the fields that only a distributed Map has.
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
