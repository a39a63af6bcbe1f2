package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/orderflow-dev/orderflow"
)

// pageSize is the largest number of events in a page of a history (GetExecutionHistory).
const pageSize = 1000

// History returns the latest limit events of an execution, oldest first, and reports
// whether there are older ones. Returns orderflow.CodeNotFound if none was started.
func (x *Executions) History(ctx context.Context, name string, limit int) (events []orderflow.ExecutionEvent,
	older bool, err error) {
	pages := newestFirst(x.Client, x.arn(name), min(limit, pageSize), true)
	for len(events) < limit && pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, false, executionError("get execution history", name, err)
		}
		for _, e := range page.Events {
			events = append(events, eventOf(e))
		}
	}
	older = pages.HasMorePages() || len(events) > limit
	events = events[:min(len(events), limit)]
	slices.Reverse(events)
	return events, older, nil
}

func newestFirst(client *sfn.Client, arn string, size int, data bool) *sfn.GetExecutionHistoryPaginator {
	return sfn.NewGetExecutionHistoryPaginator(client, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, ReverseOrder: true, MaxResults: int32(size), IncludeExecutionData: &data,
	})
}

// FailedStep returns the last state of an ended execution. ended is false if the execution runs,
// for example after a redrive.
func (x *Executions) FailedStep(ctx context.Context, executionARN string) (step string, ended bool, err error) {
	pages := newestFirst(x.Client, executionARN, 100, false)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", false, executionError("get execution history", executionARN, err)
		}
		for _, e := range page.Events {
			if !ended && !endEvents[e.Type] {
				return "", false, nil
			}
			ended = true
			if d := e.StateEnteredEventDetails; d != nil {
				return aws.ToString(d.Name), true, nil
			}
		}
	}
	return "", ended, nil
}

// OpenToken returns the task token for which an execution waits in the given state. It
// returns "" if the execution has ended, is in another state, or is between two attempts. Returns
// orderflow.CodeNotFound if none was started.
func (x *Executions) OpenToken(ctx context.Context, name, step string) (string, error) {
	pages := newestFirst(x.Client, x.arn(name), 10, true)
	var scheduled *types.TaskScheduledEventDetails
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", executionError("get execution history", name, err)
		}
		for _, e := range page.Events {
			entered := e.StateEnteredEventDetails
			switch {
			case scheduled == nil && e.TaskScheduledEventDetails != nil:
				scheduled = e.TaskScheduledEventDetails
			case scheduled == nil && !openEvents[e.Type]:
				return "", nil
			case scheduled != nil && entered != nil && aws.ToString(entered.Name) != step:
				return "", nil
			case scheduled != nil && entered != nil:
				return scheduledToken(scheduled)
			}
		}
	}
	return "", nil
}

// openEvents lists the events that may follow a TaskScheduled while its task is open.
var openEvents = map[types.HistoryEventType]bool{
	types.HistoryEventTypeTaskStarted: true, types.HistoryEventTypeTaskSubmitted: true,
}

// scheduledToken extracts the task token from the input of a function.
func scheduledToken(d *types.TaskScheduledEventDetails) (string, error) {
	var parameters struct {
		Payload struct {
			TaskToken string `json:"taskToken"`
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(d.Parameters)), &parameters); err != nil {
		return "", fmt.Errorf("read parameters of task: %w", err)
	}
	return parameters.Payload.TaskToken, nil
}

// endEvents lists the last events of executions that ended unsuccessfully.
var endEvents = map[types.HistoryEventType]bool{
	types.HistoryEventTypeExecutionFailed: true, types.HistoryEventTypeExecutionTimedOut: true,
	types.HistoryEventTypeExecutionAborted: true,
}

// eventOf omits the parameters of tasks, which contain task tokens.
func eventOf(e types.HistoryEvent) orderflow.ExecutionEvent {
	out := orderflow.ExecutionEvent{
		ID: e.Id, PreviousID: e.PreviousEventId, At: aws.ToTime(e.Timestamp).UTC(), Type: string(e.Type),
	}
	if d := e.StateEnteredEventDetails; d != nil {
		out.State, out.Input = aws.ToString(d.Name), aws.ToString(d.Input)
	}
	if d := e.StateExitedEventDetails; d != nil {
		out.State, out.Output = aws.ToString(d.Name), aws.ToString(d.Output)
	}
	if d := e.ExecutionFailedEventDetails; d != nil {
		out.Error, out.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
	}
	if d := e.ExecutionAbortedEventDetails; d != nil {
		out.Error, out.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
	}
	if d := e.ExecutionTimedOutEventDetails; d != nil {
		out.Error, out.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
	}
	if strings.HasPrefix(out.Type, "Task") {
		taskDetails(e, &out)
	}
	return out
}

func taskDetails(e types.HistoryEvent, out *orderflow.ExecutionEvent) {
	var resource, failure, cause *string
	switch {
	case e.TaskScheduledEventDetails != nil:
		resource = e.TaskScheduledEventDetails.Resource
	case e.TaskStartedEventDetails != nil:
		resource = e.TaskStartedEventDetails.Resource
	case e.TaskSubmittedEventDetails != nil:
		resource = e.TaskSubmittedEventDetails.Resource
	case e.TaskSucceededEventDetails != nil:
		resource, out.Output = e.TaskSucceededEventDetails.Resource, aws.ToString(e.TaskSucceededEventDetails.Output)
	case e.TaskFailedEventDetails != nil:
		d := e.TaskFailedEventDetails
		resource, failure, cause = d.Resource, d.Error, d.Cause
	case e.TaskTimedOutEventDetails != nil:
		d := e.TaskTimedOutEventDetails
		resource, failure, cause = d.Resource, d.Error, d.Cause
	case e.TaskStartFailedEventDetails != nil:
		d := e.TaskStartFailedEventDetails
		resource, failure, cause = d.Resource, d.Error, d.Cause
	case e.TaskSubmitFailedEventDetails != nil:
		d := e.TaskSubmitFailedEventDetails
		resource, failure, cause = d.Resource, d.Error, d.Cause
	}
	out.Resource, out.Error, out.Cause = aws.ToString(resource), cmp.Or(aws.ToString(failure),
		out.Error), cmp.Or(aws.ToString(cause), out.Cause)
}
