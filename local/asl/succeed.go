package asl

var succeedType = stateType{
	name:    "Succeed",
	schema:  &schema{fields: of(common, inputOutput)},
	newBody: func() body { return succeedState{} },
	entered: EventSucceedStateEntered, exited: EventSucceedStateExited,
}

// succeedState ends its branch with the effective input.
type succeedState struct{}

func (succeedState) read(*stateReader) {}

func (succeedState) run(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	return x.pass(b, input, b.state.assign, nil)
}
