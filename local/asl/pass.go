package asl

import "github.com/orderflow-dev/orderflow/local/asl/value"

var passType = stateType{
	name: "Pass",
	schema: &schema{
		fields: of(common, transition, inputOutput, assigning, resulting, parameters,
			fields{"Result": {jsonPath, isAnything}}),
		oneOf: [][]string{nextOrEnd},
	},
	newBody: func() body { return &passState{} },
	entered: EventPassStateEntered, exited: EventPassStateExited,
}

// passState returns its Result, or otherwise its effective input.
type passState struct{ result value.JSON }

func (p *passState) read(r *stateReader) {
	v, _ := r.n.get("Result")
	p.result = value.Compact(v)
}

func (p *passState) run(x *Execution, b *branch) *fault {
	if p.result != "" { // with a Result AWS evaluates neither InputPath nor Parameters
		x.see(func(i *Inspection) { i.Result = string(p.result) })
		return x.leave(b, p.result)
	}
	result, f := x.effective(b)
	if f != nil {
		return f
	}
	return x.leave(b, result)
}
