package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/orderflow-dev/orderflow"
)

// Executions gives access to the executions of the state machine that fulfils orders, by their
// names: Order.ExecutionName.
type Executions struct {
	Client       *sfn.Client
	StateMachine string // ARN
}

// arn returns the ARN of an execution.
func (x *Executions) arn(name string) string {
	return strings.Replace(x.StateMachine, ":stateMachine:", ":execution:", 1) + ":" + name
}

// Start starts an execution. It succeeds if the execution already exists, running or ended.
func (x *Executions) Start(ctx context.Context, name string) error {
	input, err := json.Marshal(map[string]string{"orderId": orderflow.OrderOfExecution(name)})
	if err != nil {
		return fmt.Errorf("marshal execution input: %w", err)
	}
	_, err = x.Client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &x.StateMachine, Name: &name, Input: aws.String(string(input)),
	})
	if _, exists := errors.AsType[*types.ExecutionAlreadyExists](err); err != nil && !exists {
		return wrap("start execution", err)
	}
	return nil
}

// Execution returns an execution, or orderflow.CodeNotFound if it was not started.
func (x *Executions) Execution(ctx context.Context, name string) (orderflow.Execution, error) {
	out, err := x.Client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(x.arn(name))})
	if err != nil {
		return orderflow.Execution{}, executionError("describe execution", name, err)
	}
	return orderflow.Execution{
		ARN: aws.ToString(out.ExecutionArn), Status: orderflow.ExecutionStatus(out.Status),
		StartedAt: aws.ToTime(out.StartDate).UTC(), StoppedAt: aws.ToTime(out.StopDate).UTC(),
		Error: aws.ToString(out.Error), Cause: aws.ToString(out.Cause), RedriveCount: int(aws.ToInt32(out.RedriveCount)),
		RedrivenAt:    aws.ToTime(out.RedriveDate).UTC(),
		Redrivable:    out.RedriveStatus == types.ExecutionRedriveStatusRedrivable,
		NotRedrivable: aws.ToString(out.RedriveStatusReason),
	}, nil
}

// Redrive redrives an execution from the failed step. Repeating it with the same token has no
// further effect. Returns orderflow.CodeNotRedrivable with the reason, or CodeNotFound if it was not
// started.
func (x *Executions) Redrive(ctx context.Context, name, clientToken string) error {
	_, err := x.Client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{
		ExecutionArn: aws.String(x.arn(name)), ClientToken: &clientToken,
	})
	if refused, ok := errors.AsType[*types.ExecutionNotRedrivable](err); ok {
		return fmt.Errorf("redrive execution: %w",
			orderflow.Errorf(orderflow.CodeNotRedrivable, "%s", refused.ErrorMessage()))
	}
	return executionError("redrive execution", name, err)
}

func executionError(doing, name string, err error) error {
	if _, ok := errors.AsType[*types.ExecutionDoesNotExist](err); ok {
		return fmt.Errorf("%s: %w", doing, orderflow.Errorf(orderflow.CodeNotFound, "there is no execution %s", name))
	}
	if err != nil {
		return wrap(doing, err)
	}
	return nil
}

// Succeed answers the task token of a waiting step. Returns orderflow.CodeTokenGone if the step no
// longer waits for it.
func (x *Executions) Succeed(ctx context.Context, token string, output any) error {
	raw, err := json.Marshal(output)
	if err != nil {
		return fmt.Errorf("marshal task output: %w", err)
	}
	_, err = x.Client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String(string(raw))})
	return answerError("send task success", err)
}

// Fail answers the task token of a waiting step with a failure. Returns orderflow.CodeTokenGone if
// the step no longer waits for it.
func (x *Executions) Fail(ctx context.Context, token string, code orderflow.Code, cause string) error {
	_, err := x.Client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{
		TaskToken: &token, Error: aws.String(string(code)), Cause: &cause,
	})
	return answerError("send task failure", err)
}

// answerError distinguishes a token that was used, timed out or belongs to an ended execution from
// other failures.
func answerError(doing string, err error) error {
	if err == nil {
		return nil
	}
	_, timedOut := errors.AsType[*types.TaskTimedOut](err)
	_, gone := errors.AsType[*types.TaskDoesNotExist](err)
	_, invalid := errors.AsType[*types.InvalidToken](err)
	if timedOut || gone || invalid {
		return fmt.Errorf("%s: %w", doing, orderflow.Errorf(orderflow.CodeTokenGone, "%v", err))
	}
	return wrap(doing, err)
}

// longestRun is far longer than any execution lasts, from its start to its last redrive.
const longestRun = 60 * 24 * time.Hour

// failedStatuses lists the statuses of executions that ended unsuccessfully.
var failedStatuses = []types.ExecutionStatus{
	types.ExecutionStatusFailed, types.ExecutionStatusTimedOut, types.ExecutionStatusAborted,
}

// Failed yields the executions that ended unsuccessfully since the given time and were not
// redriven.
func (x *Executions) Failed(ctx context.Context, since time.Time) iter.Seq2[orderflow.FailedExecution, error] {
	return func(yield func(orderflow.FailedExecution, error) bool) {
		for _, status := range failedStatuses {
			if !x.yieldEnded(ctx, status, since, yield) {
				return
			}
		}
	}
}

// yieldEnded yields the executions of a status that ended since a time. It reports whether the
// caller wants more.
func (x *Executions) yieldEnded(ctx context.Context, status types.ExecutionStatus, since time.Time,
	yield func(orderflow.FailedExecution, error) bool) bool {
	pages := sfn.NewListExecutionsPaginator(x.Client, &sfn.ListExecutionsInput{
		StateMachineArn: &x.StateMachine, StatusFilter: status, MaxResults: pageSize,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			yield(orderflow.FailedExecution{}, wrap("list executions", err))
			return false
		}
		for _, e := range page.Executions { // latest start first
			if aws.ToTime(e.StartDate).Before(since.Add(-longestRun)) {
				return true
			}
			if aws.ToTime(e.StopDate).Before(since) {
				continue
			}
			if !yield(orderflow.FailedExecution{
				OrderID: orderflow.OrderOfExecution(aws.ToString(e.Name)), Name: aws.ToString(e.Name), ARN: aws.ToString(e.ExecutionArn),
				RedriveCount: int(aws.ToInt32(e.RedriveCount)),
			}, nil) {
				return false
			}
		}
	}
	return true
}
