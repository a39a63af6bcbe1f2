package sdk_test

import (
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

func statesScript() []call {
	const (
		prefix  = "arn:aws:states:us-east-1:000000000000:"
		machine = prefix + "stateMachine:m"
		run     = prefix + "execution:m:x"
	)
	definition := `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}`
	start := func(name, input string) *sfn.StartExecutionInput {
		return &sfn.StartExecutionInput{StateMachineArn: str(machine), Name: &name, Input: &input}
	}
	return []call{
		do("create machine", machines, (*sfn.Client).CreateStateMachine,
			&sfn.CreateStateMachineInput{Name: str("m"), RoleArn: str("arn:aws:iam::000000000000:role/m"),
				Definition: &definition}),
		do("start", machines, (*sfn.Client).StartExecution, start("x", `{"a":"ü"}`)),
		do("start again", machines, (*sfn.Client).StartExecution, start("x", `{"a":"ü"}`)),
		do("start another under the name", machines, (*sfn.Client).StartExecution, start("x", `{}`)),
		do("start with no name and no input", machines, (*sfn.Client).StartExecution,
			&sfn.StartExecutionInput{StateMachineArn: str(machine)}),
		do("start with an empty input", machines, (*sfn.Client).StartExecution, start("y", "")),
		do("start with no JSON", machines, (*sfn.Client).StartExecution, start("y", `{`)),
		do("start no machine", machines, (*sfn.Client).StartExecution,
			&sfn.StartExecutionInput{StateMachineArn: str(machine + "n")}),
		do("describe", machines, (*sfn.Client).DescribeExecution, &sfn.DescribeExecutionInput{ExecutionArn: str(run)}),
		do("describe its metadata", machines, (*sfn.Client).DescribeExecution,
			&sfn.DescribeExecutionInput{ExecutionArn: str(run), IncludedData: "METADATA_ONLY"}),
		do("describe none", machines, (*sfn.Client).DescribeExecution,
			&sfn.DescribeExecutionInput{ExecutionArn: str(run + "n")}),
		do("describe machine", machines, (*sfn.Client).DescribeStateMachine,
			&sfn.DescribeStateMachineInput{StateMachineArn: str(machine)}),
		do("redrive what runs", machines, (*sfn.Client).RedriveExecution,
			&sfn.RedriveExecutionInput{ExecutionArn: str(run)}),
		do("stop", machines, (*sfn.Client).StopExecution, &sfn.StopExecutionInput{ExecutionArn: str(run),
			Error: str("E"), Cause: str("because")}),
		do("describe what was stopped", machines, (*sfn.Client).DescribeExecution,
			&sfn.DescribeExecutionInput{ExecutionArn: str(run)}),
		do("redrive", machines, (*sfn.Client).RedriveExecution, &sfn.RedriveExecutionInput{ExecutionArn: str(run)}),
		do("describe what was redriven", machines, (*sfn.Client).DescribeExecution,
			&sfn.DescribeExecutionInput{ExecutionArn: str(run)}),
		do("no token, success", machines, (*sfn.Client).SendTaskSuccess,
			&sfn.SendTaskSuccessInput{TaskToken: str("none"), Output: str("{}")}),
		do("no token, failure", machines, (*sfn.Client).SendTaskFailure,
			&sfn.SendTaskFailureInput{TaskToken: str("none"), Error: str("E"), Cause: str("because")}),
		do("no token, heartbeat", machines, (*sfn.Client).SendTaskHeartbeat,
			&sfn.SendTaskHeartbeatInput{TaskToken: str("none")}),
		do("no JSON in an output", machines, (*sfn.Client).SendTaskSuccess,
			&sfn.SendTaskSuccessInput{TaskToken: str("none"), Output: str("{")}),
	}
}
