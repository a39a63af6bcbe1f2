package asl

import "orderflow/local/asl/value"

var failType = stateType{
	name: "Fail",
	schema: &schema{
		fields: of(common, fields{
			"Error": {is: isText}, "ErrorPath": {jsonPath, isExpression}, "Cause": {is: isText}, "CausePath": {jsonPath, isExpression},
		}),
		single: [][]string{{"Error", "ErrorPath"}, {"Cause", "CausePath"}},
	},
	newBody: func() body { return &failState{} },
	entered: EventFailStateEntered,
}

// failState ends its branch with an error.
type failState struct {
	err, cause         *string
	errPath, causePath *expression // instead
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
