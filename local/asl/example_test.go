package asl_test

import (
	"fmt"
	"log"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

const definition = `{
	"StartAt": "Charge",
	"States": {
		"Charge": {
			"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
			"Parameters": {"FunctionName": "charge", "Payload.$": "$"},
			"ResultSelector": {"receipt.$": "$.Payload.receipt"},
			"ResultPath": "$.payment",
			"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2}],
			"Next": "Done"
		},
		"Done": {"Type": "Succeed"}
	}
}`

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// A host appends the events of a step to its journal, and then performs the commands. Their results
// are the inputs of further steps.
func Example() {
	machine, diagnostics := asl.Parse([]byte(definition), asl.Options{})
	if err := diagnostics.Err(); err != nil {
		log.Fatal(err)
	}
	x := asl.New(machine, asl.Info{Name: "order-1", Seed: 1})
	events, commands, err := x.Step(noon, asl.Start{Input: `{"total":4200}`})
	for len(commands) > 0 && err == nil {
		for _, e := range events {
			fmt.Println(e.ID, e.Type)
		}
		switch c := commands[0].(type) {
		case asl.ScheduleTask:
			fmt.Println("  perform", c.ResourceType, c.Action, c.Parameters)
			events, commands, err = x.Step(noon, asl.TaskSucceeded{Task: c.Task, Output: `{"Payload":{"receipt":"r-7"}}`})
		case asl.End:
			fmt.Println("  ended", c.Status, c.Output)
			return
		}
	}
	log.Fatal(err)
	// Output:
	// 1 ExecutionStarted
	// 2 TaskStateEntered
	// 3 TaskScheduled
	// 4 TaskStarted
	//   perform lambda invoke {"FunctionName":"charge","Payload":{"total":4200}}
	// 5 TaskSucceeded
	// 6 TaskStateExited
	// 7 SucceedStateEntered
	// 8 SucceedStateExited
	// 9 ExecutionSucceeded
	//   ended SUCCEEDED {"total":4200,"payment":{"receipt":"r-7"}}
}

// Diagnostics describe what is wrong with a definition, and where.
func ExampleParse() {
	_, diagnostics := asl.Parse([]byte(`{"StartAt": "A", "States": {
		"A": {"Type": "Wait", "Seconds": -1, "Next": "B"},
		"C": {"Type": "Succeed"}
	}}`), asl.Options{})
	for _, d := range diagnostics {
		fmt.Printf("%s %s: %s\n", d.Code, d.Location, d.Message)
	}
	// Output:
	// SCHEMA_VALIDATION_FAILED /States/A/Seconds: Minimum value is 0
	// MISSING_TRANSITION_TARGET /States/A/Next: Missing 'Next' target: B
	// MISSING_TRANSITION_TARGET /States/C: State "C" is not reachable.
}

// After a crash an execution is restored from its journal; the commands show what it still waits
// for.
func ExampleRestore() {
	machine, _ := asl.Parse([]byte(definition), asl.Options{})
	info := asl.Info{Name: "order-1", Seed: 1}
	events, _, err := asl.New(machine, info).Step(noon, asl.Start{Input: `{"total":4200}`})
	if err != nil {
		log.Fatal(err)
	}
	journal := append([]asl.Event(nil), events...) // the host's journal, which outlives the process

	x, missing, commands, err := asl.Restore(machine, info, journal)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Status(), len(missing), commands[0].(asl.ScheduleTask).StateName)
	// Output: RUNNING 0 Charge
}

// A state is tested alone, with a mock of the service that it calls.
func ExampleTest() {
	result, diagnostics := asl.Test(asl.Trial{
		Name: "Charge",
		Definition: `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
			`"Parameters":{"FunctionName":"charge","Payload.$":"$.order"},` +
			`"Catch":[{"ErrorEquals":["CardDeclined"],"ResultPath":"$.error","Next":"Cancel"}],"Next":"Ship"}`,
		Input: `{"order":{"total":4200}}`,
		Now:   noon,
		Mock:  &asl.Mock{Error: new("CardDeclined"), Cause: new("no funds")},
	})
	if err := diagnostics.Err(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Inspection.AfterParameters)
	fmt.Println(result.Status, result.NextState, result.Output)
	// Output:
	// {"FunctionName":"charge","Payload":{"total":4200}}
	// CAUGHT_ERROR Cancel {"order":{"total":4200},"error":{"Error":"CardDeclined","Cause":"no funds"}}
}
