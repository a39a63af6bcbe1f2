package asl

import "orderflow/local/asl/value"

// passState gives its Result, or else its effective input.
type passState struct{ result value.JSON }

func (p *passState) run(x *Execution, b *branch) *fault {
	result, f := x.effective(b)
	if f != nil {
		return f
	}
	if p.result != "" {
		result = p.result
	}
	return x.leave(b, result)
}
