package states

import (
	"orderflow/local/asl/value"
	"orderflow/local/awsapi"
)

// inspectMap tells what a Map is told about its iterations.
func (t *stateTest) inspectMap(d *InspectionData) {
	d.AfterItemsPath = t.items()
	concurrency := int64(0)
	if n, ok := t.number("MaxConcurrency").Int(); ok {
		concurrency = n
	}
	d.MaxConcurrency = &concurrency
	if n, ok := t.number("ToleratedFailureCount").Int(); ok {
		d.ToleratedFailures = &n
	}
	if f, ok := t.number("ToleratedFailurePercentage").Float(); ok {
		d.ToleratedPercentage = &f
	}
}

// number is the value of a field, or of what the field's ...Path finds; null if there is none.
func (t *stateTest) number(field string) value.JSON {
	if v, ok := t.state.Member(field); ok {
		return v
	}
	path, ok := t.state.Member(field + "Path")
	if !ok {
		return value.NullValue
	}
	found := t.outputOf(t.in.Input, value.OfMembers([]value.Member{{Key: "Type", Value: `"Pass"`}, {Key: "End", Value: "true"}, {Key: "InputPath", Value: path}}))
	if found == "" {
		return value.NullValue
	}
	return value.JSON(found)
}

// failsThreshold reports whether more iterations count as failed than the Map tolerates. One that says nothing of it tolerates all.
func (t *stateTest) failsThreshold() bool {
	failed := t.in.Configuration.MapIterationFailureCount
	if kindOf(t.state) != "Map" || failed == 0 {
		return false
	}
	if n, ok := t.number("ToleratedFailureCount").Int(); ok && int64(failed) > n {
		return true
	}
	percentage, ok := t.number("ToleratedFailurePercentage").Float()
	return ok && float64(failed) > percentage/100*float64(value.JSON(*t.in.Mock.Result).Len())
}

// checkFailureCount holds the number of failed iterations against that of all.
func checkFailureCount(in TestStateInput, result value.JSON) error {
	switch n := in.Configuration.MapIterationFailureCount; {
	case n < 0:
		return validation("Value '%d' at 'stateConfiguration.mapIterationFailureCount' failed to satisfy constraint: Member must have value greater than or equal to 0", n)
	case result.Kind() == value.Array && n > result.Len():
		return awsapi.Errorf("ValidationException", "Map iteration failure count must be less than or equal to the number of Map iterations")
	}
	return nil
}

// items are what a Map's ItemsPath selects.
func (t *stateTest) items() string {
	path, ok := t.state.Member("ItemsPath")
	if !ok {
		return ""
	}
	return t.outputOf(t.in.Input, value.OfMembers([]value.Member{{Key: "Type", Value: `"Pass"`}, {Key: "End", Value: "true"}, {Key: "InputPath", Value: path}}))
}

// itemsFailure is the failure of a Map whose ItemsPath does not select an array.
func (t *stateTest) itemsFailure() *TestStateOutput {
	path, ok := t.state.Member("ItemsPath")
	if !ok || kindOf(t.state) != "Map" || value.JSON(t.items()).Kind() == value.Array {
		return nil
	}
	p := path.Text()
	if len(p) > len(contextVariable) && p[1:1+len(contextVariable)] == contextVariable {
		p = "$" + p[1+len(contextVariable):] // as it is recorded: without the second $
	}
	return &TestStateOutput{Status: "FAILED", Error: text("States.Runtime"), Cause: text(`Reference path "` + p + `" must point to array.`)}
}
