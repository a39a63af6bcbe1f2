package asl

import (
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// effective returns a state's input after InputPath and Parameters.
func (x *Execution) effective(b *branch) (value.JSON, *fault) {
	e := x.env(b, b.input)
	v, f := e.field(b.state.inputPath)
	if f != nil {
		return v, f
	}
	if b.state.kind != parallelKind { // AWS shows only the input of a Parallel
		x.see(func(i *Inspection) { i.AfterInputPath = string(v) })
	}
	if b.state.parameters != nil {
		e.input = v
		if v, f = b.state.parameters.eval(e); f == nil && len(v) > MaxPayload {
			f = tooLarge(b.state.name)
		}
	}
	if b.state.kind == passKind {
		x.see(func(i *Inspection) { i.AfterParameters = string(v) })
	}
	return v, f
}

// leave ends a state that has a result: ResultSelector, Assign, ResultPath, OutputPath. Assign
// reads the result before ResultSelector.
func (x *Execution) leave(b *branch, result value.JSON) *fault {
	s := b.state
	selected := result
	if s.selector != nil {
		var f *fault
		if selected, f = s.selector.eval(x.env(b, result)); f != nil {
			return f
		}
	}
	x.see(func(i *Inspection) { i.AfterResultSelector = string(selected) })
	output, f := s.resultPath.apply(b.input, selected)
	if f != nil {
		return f
	}
	x.see(func(i *Inspection) { i.AfterResultPath = string(output) })
	if output, f = x.env(b, output).field(s.outputPath); f != nil {
		return f
	}
	return x.exit(b, s.assign, result, output, s.next)
}

// pass ends a state without a result. Its output is the effective input after OutputPath.
func (x *Execution) pass(b *branch, input value.JSON, assign *template, next *state) *fault {
	output, f := x.env(b, input).field(b.state.outputPath)
	if f != nil {
		return f
	}
	return x.exit(b, assign, input, output, next)
}

// exit records that a state is left, sets the variables, and continues with next. "$" in Assign is
// data.
func (x *Execution) exit(b *branch, assign *template, data, output value.JSON, next *state) *fault {
	if len(output) > MaxPayload {
		return tooLarge(b.state.name)
	}
	assigned, f := x.assigned(b, assign, data)
	if f != nil {
		return f
	}
	x.record(b, Event{
		Type: stateTypes[b.state.kind].exited, Name: b.state.name,
		Output: string(output), Variables: assigned,
	})
	if assigned != nil {
		b.vars = b.vars.with(assigned)
	}
	b.group = nil
	if next == nil {
		return x.complete(b, output)
	}
	x.enter(b, next, output)
	return nil
}

// assigned evaluates Assign. All of its expressions read the variables as they were on entry.
func (x *Execution) assigned(b *branch, assign *template, data value.JSON) ([]Variable, *fault) {
	if assign == nil {
		return nil, nil
	}
	v, f := assign.eval(x.env(b, data))
	if f != nil {
		return nil, f
	}
	if len(v) > MaxPayload || b.vars.size()+len(v) > maxVariables {
		return nil, tooLarge(b.state.name)
	}
	return variablesOf(v), nil
}

// variablesOf returns the members of an object as variables; nil if there are none.
func variablesOf(object value.JSON) []Variable {
	members := object.Members()
	if len(members) == 0 {
		return nil
	}
	out := make([]Variable, len(members))
	for i, m := range members {
		out[i] = Variable{m.Key, string(m.Value)}
	}
	return out
}

// apply puts a result into the raw input.
func (r *resultPath) apply(input, result value.JSON) (value.JSON, *fault) {
	switch {
	case r.null:
		return input, nil
	case len(r.steps) == 0:
		return result, nil
	}
	v, err := value.Set(input, r.steps, result)
	if err != nil {
		return "", failing(errResultPathMatch, "Unable to apply ReferencePath %s to input %s", r.text, input)
	}
	return v, nil
}
