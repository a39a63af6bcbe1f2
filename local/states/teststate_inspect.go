package states

import (
	"slices"

	"orderflow/local/asl"
	"orderflow/local/asl/value"
)

// inspect tells how the data looked on its way through the state: each stage is what a Pass with the fields up to there makes of the input.
func (t *stateTest) inspect(out *TestStateOutput) *InspectionData {
	kind := kindOf(t.state)
	d := &InspectionData{Input: t.in.Input}
	_, literal := t.state.Member("Result")
	if kind == "Pass" && literal {
		result, _ := t.state.Member("Result")
		d.Result, d.AfterResultSelector = string(result), string(result)
		d.AfterResultPath = t.probe(t.in.Input, "Result", "ResultPath")
		return d
	}
	if kind != "Parallel" { // of which AWS shows the input alone
		d.AfterInputPath = t.probe(t.in.Input, "InputPath")
	}
	switch kind {
	case "Pass":
		d.AfterParameters = t.probe(t.in.Input, "InputPath", "Parameters")
		d.AfterResultSelector = d.AfterParameters
		d.AfterResultPath = t.probe(t.in.Input, "InputPath", "Parameters", "ResultPath")
	case "Task":
		d.AfterParameters = t.probe(t.in.Input, "InputPath", "Parameters")
		t.inspectResult(d, out)
	case "Map", "Parallel":
		if t.noItems {
			break
		}
		if kind == "Map" {
			t.inspectMap(d)
		}
		t.inspectResult(d, out)
		d.Result = ""
	}
	return d
}

// inspectResult follows the result of a task; of a failed one it tells who took the error.
func (t *stateTest) inspectResult(d *InspectionData, out *TestStateOutput) {
	if out.Error != nil {
		d.ErrorDetails = t.errorDetails(out)
		return
	}
	d.Result, d.AfterResultSelector = t.result, t.result
	if selector, ok := t.state.Member("ResultSelector"); ok {
		d.AfterResultSelector = t.outputOf(t.result, value.OfMembers([]value.Member{
			{Key: "Type", Value: `"Pass"`}, {Key: "Parameters", Value: selector}, {Key: "End", Value: "true"},
		}))
	}
	path, ok := t.state.Member("ResultPath")
	if !ok || path == `"$"` {
		d.AfterResultPath = d.AfterResultSelector
		return
	}
	d.AfterResultPath = t.outputOf(t.in.Input, value.OfMembers([]value.Member{
		{Key: "Type", Value: `"Pass"`}, {Key: "Result", Value: value.JSON(d.AfterResultSelector)}, {Key: "ResultPath", Value: path}, {Key: "End", Value: "true"},
	}))
}

// probe gives the output of a Pass with some of the state's fields; empty if they cannot be evaluated.
func (t *stateTest) probe(input string, fields ...string) string {
	members := []value.Member{{Key: "Type", Value: `"Pass"`}, {Key: "End", Value: "true"}}
	for _, m := range t.state.Members() {
		if slices.Contains(fields, m.Key) {
			members = append(members, m)
		}
	}
	return t.outputOf(input, value.OfMembers(members))
}

// outputOf runs a Pass; empty if it fails.
func (t *stateTest) outputOf(input string, pass value.JSON) string {
	m, err := parseState(t.definition(pass), true)
	if err != nil {
		return ""
	}
	x := asl.New(m, t.info())
	if _, _, err := x.Step(t.s.clock.Now(), asl.Start{Input: input}); err != nil || x.Status() != asl.Succeeded {
		return ""
	}
	return x.Result().Output
}

// errorDetails tell which retrier or catcher took the error.
func (t *stateTest) errorDetails(out *TestStateOutput) *ErrorDetails {
	d := &ErrorDetails{RetryIndex: t.matching("Retry", *out.Error)}
	switch {
	case out.Status == "RETRIABLE":
		d.RetryBackoffIntervalSeconds = t.backoff
	case out.Status == "CAUGHT_ERROR":
		d.CatchIndex = t.matching("Catch", *out.Error)
	}
	if *d == (ErrorDetails{}) {
		return nil
	}
	return d
}

// matching is the index of the first retrier or catcher for an error.
func (t *stateTest) matching(field, name string) *int {
	list, ok := t.state.Member(field)
	if !ok || list.Kind() != value.Array {
		return nil
	}
	for i, e := range list.Elements() {
		names, _ := e.Member("ErrorEquals")
		for _, n := range names.Elements() {
			switch n.Text() {
			case name, "States.ALL":
				return &i
			case "States.TaskFailed":
				if name != "States.Timeout" {
					return &i
				}
			}
		}
	}
	return nil
}
