package sqs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

type startMoveIn struct {
	SourceARN                    string `json:"SourceArn"`
	DestinationARN               string `json:"DestinationArn"`
	MaxNumberOfMessagesPerSecond int
}

func (s *Service) startMessageMoveTask(_ context.Context, in startMoveIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	q, err := s.moveSource(in)
	if err != nil {
		return nil, err
	}
	a, err := s.Attributes(q.name)
	if err != nil {
		return nil, err
	}
	t := &moveTask{moveRecord: moveRecord{
		ID: uuid.NewString(), Source: ARN(q.name), Destination: in.DestinationARN, Rate: in.MaxNumberOfMessagesPerSecond,
		Last: q.reserve(1), Status: taskRunning, Started: s.now(), ToMove: a.Visible,
	}}
	s.mu.Lock()
	for _, other := range s.tasks {
		t.Number = max(t.Number, other.Number+1)
		if other.Source == t.Source && other.snapshot().Status == taskRunning {
			err = awsapi.Errorf("UnsupportedOperation",
				"There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	b := s.st.NewBatch()
	if err := putTask(b, &t.moveRecord); err != nil {
		return nil, err
	}
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("start message move task: %w", err)
	}
	s.mu.Lock()
	s.tasks[t.ID] = t
	s.mu.Unlock()
	s.work.Go(func() { s.run(t) })
	h, err := t.handle()
	return map[string]string{"TaskHandle": h}, err
}

func (s *Service) moveSource(in startMoveIn) (*queue, error) {
	q, err := s.queue(in.SourceARN)
	if err != nil {
		return nil, awsapi.Errorf("ResourceNotFoundException",
			"The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if len(s.sourcesOf(ARN(q.name))) == 0 {
		return nil, invalidParameter("Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationARN != "" {
		if _, err := s.queue(in.DestinationARN); err != nil {
			return nil, awsapi.Errorf("ResourceNotFoundException",
				"The resource that you specified for the DestinationArn parameter doesn't exist.")
		}
	}
	if in.MaxNumberOfMessagesPerSecond < 0 || in.MaxNumberOfMessagesPerSecond > 500 {
		return nil, invalidParameter(
			"Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: must be between 1 and 500.")
	}
	return q, nil
}

type moveTaskIn struct {
	SourceARN  string `json:"SourceArn"`
	TaskHandle string
	MaxResults int
}

func (s *Service) cancelMessageMoveTask(_ context.Context, in moveTaskIn) (any, error) {
	h, err := parseTaskHandle(in.TaskHandle)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	t := s.tasks[h.ID]
	s.mu.RUnlock()
	if t == nil || t.snapshot().Status != taskRunning {
		return nil, awsapi.Errorf("ResourceNotFoundException", "Task does not exist.")
	}
	s.finish(t, taskCancelled, "")
	return map[string]any{"ApproximateNumberOfMessagesMoved": t.snapshot().Moved}, nil
}

func (s *Service) listMessageMoveTasks(_ context.Context, in moveTaskIn) (any, error) {
	if _, err := s.queue(in.SourceARN); err != nil {
		return nil, awsapi.Errorf("ResourceNotFoundException",
			"The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if in.MaxResults < 0 || in.MaxResults > 10 {
		return nil,
			invalidParameter("Value %d for parameter MaxResults is invalid. Reason: must be between 1 and 10.", in.MaxResults)
	}
	s.mu.RLock()
	var tasks []moveRecord
	for _, t := range s.tasks {
		if t.Source == ARN(in.SourceARN) {
			tasks = append(tasks, t.snapshot())
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(tasks, func(a, b moveRecord) int { return cmp.Compare(b.Number, a.Number) })
	tasks = tasks[:min(len(tasks), max(in.MaxResults, 1))]
	out := make([]map[string]any, len(tasks))
	for i, t := range tasks {
		d, err := t.describe()
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return map[string]any{"Results": out}, nil
}

// describe returns ListMessageMoveTasksResultEntry, with the handle only while the task can be
// cancelled.
func (t *moveRecord) describe() (map[string]any, error) {
	out := map[string]any{
		"SourceArn": t.Source, "Status": t.Status, "StartedTimestamp": t.Started,
		"ApproximateNumberOfMessagesMoved": t.Moved, "ApproximateNumberOfMessagesToMove": t.ToMove,
	}
	if t.Destination != "" {
		out["DestinationArn"] = t.Destination
	}
	if t.Rate > 0 {
		out["MaxNumberOfMessagesPerSecond"] = t.Rate
	}
	if t.Reason != "" {
		out["FailureReason"] = t.Reason
	}
	if t.Status == taskRunning {
		h, err := t.handle()
		if err != nil {
			return nil, err
		}
		out["TaskHandle"] = h
	}
	return out, nil
}
