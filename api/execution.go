package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// historyShown is how many events of an execution's history an answer holds.
const historyShown = 1000

type executionView struct {
	orderflow.Execution
	StartedAt        moment      `json:"startedAt"`
	StoppedAt        moment      `json:"stoppedAt,omitzero"`
	RedrivenAt       moment      `json:"redrivenAt,omitzero"`
	FailedStep       string      `json:"failedStep,omitempty"`
	History          []eventView `json:"history"`
	HistoryTruncated bool        `json:"historyTruncated"`
}

type eventView struct {
	ID      int64  `json:"id"`
	At      moment `json:"at"`
	Type    string `json:"type"`
	State   string `json:"state,omitempty"`
	Summary string `json:"summary"`
	Error   string `json:"error,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Input   string `json:"input,omitempty"`
	Output  string `json:"output,omitempty"`
}

// execution returns the view of an execution, or nil if it was not started.
func (s *server) execution(ctx context.Context, name string) (*executionView, error) {
	e, err := s.Executions.Execution(ctx, name)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe execution: %w", err)
	}
	events, older, err := s.Executions.History(ctx, name, historyShown)
	if err != nil {
		return nil, fmt.Errorf("read execution's history: %w", err)
	}
	v := &executionView{
		Execution: e, StartedAt: moment{e.StartedAt}, StoppedAt: moment{e.StoppedAt}, RedrivenAt: moment{e.RedrivenAt},
		History: viewHistory(events), HistoryTruncated: older,
	}
	if e.Status.Failed() {
		v.FailedStep = failedStep(events)
	}
	return v, nil
}

// viewHistory returns the views of events, each with the state that it belongs to: the last one
// entered on the path of previous events to it.
func viewHistory(events []orderflow.ExecutionEvent) []eventView {
	states := make(map[int64]string, len(events))
	views := make([]eventView, len(events))
	for i, e := range events {
		state := e.State
		if state == "" {
			state = states[e.PreviousID]
		}
		states[e.ID] = state
		if strings.HasSuffix(e.Type, "StateExited") {
			states[e.ID] = "" // later events belong to no state until one is entered
		}
		views[i] = eventView{
			ID: e.ID, At: moment{e.At}, Type: e.Type, State: state, Summary: summary(e, state), Error: e.Error,
			Cause: e.Cause, Input: e.Input, Output: e.Output,
		}
	}
	return views
}

// failedStep returns the state at which the execution ended: the last one that was entered and not
// left.
func failedStep(events []orderflow.ExecutionEvent) string {
	var open []string
	for _, e := range events {
		switch {
		case strings.HasSuffix(e.Type, "StateEntered"):
			open = append(open, e.State)
		case strings.HasSuffix(e.Type, "StateExited"):
			for i := len(open) - 1; i >= 0; i-- {
				if open[i] == e.State {
					open = append(open[:i], open[i+1:]...)
					break
				}
			}
		}
	}
	if len(open) == 0 {
		return ""
	}
	return open[len(open)-1]
}

// summary describes an event in words.
func summary(e orderflow.ExecutionEvent, state string) string {
	if state == "" { // entered before the events that are shown
		state = "a step"
	}
	failure := ""
	if e.Error != "" {
		failure = ": " + e.Error
	}
	switch e.Type {
	case "ExecutionStarted":
		return "the execution started"
	case "ExecutionRedriven":
		return "an operator redrove the execution"
	case "ExecutionSucceeded":
		return "the execution succeeded"
	case "ExecutionFailed":
		return "the execution failed" + failure
	case "ExecutionTimedOut":
		return "the execution timed out" + failure
	case "ExecutionAborted":
		return "the execution was stopped" + failure
	case "TaskScheduled":
		return state + " is scheduled"
	case "TaskStarted":
		return state + " started"
	case "TaskSubmitted":
		return state + " waits for its result"
	case "TaskSucceeded":
		return state + " succeeded"
	case "TaskFailed":
		return state + " failed" + failure
	case "TaskTimedOut":
		return state + " timed out" + failure
	case "TaskStateAborted":
		return state + " was stopped"
	}
	switch {
	case strings.HasSuffix(e.Type, "StateEntered"):
		return state + " is entered"
	case strings.HasSuffix(e.Type, "StateExited"):
		return state + " is left"
	}
	return e.Type + failure
}
