package asl

import (
	"slices"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

var failType = stateType{
	name: "Fail",
	schema: &schema{
		fields: of(common, fields{
			"Error":     {is: isText},
			"ErrorPath": {jsonPath, isTextExpression},
			"Cause":     {is: isText},
			"CausePath": {jsonPath, isTextExpression},
		}),
		single: [][]string{{"Error", "ErrorPath"}, {"Cause", "CausePath"}},
	},
	newBody: func() body { return &failState{} },
	entered: EventFailStateEntered,
}

// textFunctions are the intrinsic functions that ErrorPath and CausePath may call. Source: AWS Step
// Functions developer guide, "Fail workflow state".
var textFunctions = []string{
	"States.Format", "States.JsonToString", "States.ArrayGetItem", "States.Base64Encode", "States.Base64Decode",
	"States.Hash", "States.UUID",
}

// isTextExpression checks for a path, or the call of an intrinsic function that returns a string.
func isTextExpression(name string, v value.JSON) string {
	if text := isExpression(name, v); text != "" {
		return text
	}
	if e, err := parseExpression(v.Text()); err == nil && e.call != nil && !slices.Contains(textFunctions, e.call.name) {
		return "Value must be a valid JSONPath or a valid intrinsic function call that returns a String"
	}
	return ""
}

// failState ends its branch with an error.
type failState struct {
	err, cause         *string
	errPath, causePath *expression // instead of the fixed texts
}

func (s *failState) read(r *stateReader) {
	s.err, s.errPath = r.n.optional("Error"), r.n.expression("ErrorPath")
	s.cause, s.causePath = r.n.optional("Cause"), r.n.expression("CausePath")
}

func (s *failState) run(x *Execution, b *branch) *fault {
	e := x.env(b, b.input)
	x.see(func(i *Inspection) { i.AfterInputPath = string(b.input) })
	f := &fault{name: s.err, cause: s.cause}
	for _, p := range []struct {
		field string
		expr  *expression
		to    **string
	}{{"ErrorPath", s.errPath, &f.name}, {"CausePath", s.causePath, &f.cause}} {
		if p.expr == nil {
			continue
		}
		v, fault := p.expr.eval(e, p.field)
		if fault != nil {
			return fault
		}
		if v.Kind() != value.String {
			return runtimeFault("The %s field refers to a value which is not a string: %s", p.field, v)
		}
		text := v.Text()
		*p.to = &text
	}
	return f
}
