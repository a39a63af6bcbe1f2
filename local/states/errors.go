package states

import "github.com/orderflow-dev/orderflow/local/awsapi"

// The errors of the API, with the texts of Step Functions.

func machineMissing(arn string) error {
	return awsapi.Errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

func machineDeleting(arn string) error {
	return awsapi.Errorf("StateMachineDeleting", "State Machine is being deleted: '%s'", arn)
}

func executionMissing(arn string) error {
	return awsapi.Errorf("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

func executionExists(arn string) error {
	return awsapi.Errorf("ExecutionAlreadyExists", "Execution Already Exists: '%s'", arn)
}

func notRedrivable(arn, reason string) error {
	return awsapi.Errorf("ExecutionNotRedrivable", "Execution Not Redrivable: '%s' (%s)", arn, reason)
}

func invalidInput(detail string) error {
	return awsapi.Errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'", detail)
}

var (
	errInvalidToken = awsapi.Errorf("InvalidToken", "Invalid Token: 'Invalid token'")
	errTaskGone     = awsapi.Errorf("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
	errClosed       = &awsapi.Error{Type: "ServiceUnavailable", Message: "the service is stopping", Status: 503}
)
