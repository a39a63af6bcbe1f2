package asl

// succeedState ends its branch with the effective input.
type succeedState struct{}

func (succeedState) run(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	return x.pass(b, input, b.state.assign, nil)
}
