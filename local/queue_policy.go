package local

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"orderflow/local/awsapi"
	"orderflow/local/sqs"
	"orderflow/local/template"
)

// queueService is SQS whose queues' Policy attribute, set by whoever calls it, decides as one from the template does.
type queueService struct {
	*sqs.Service
	s *Stack
}

// Do performs the operation; one that may have changed a queue's policy hands the policy on.
func (q queueService) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	out, err := q.Service.Do(ctx, op, input)
	if err != nil || op != "CreateQueue" && op != "SetQueueAttributes" {
		return out, err
	}
	var in struct{ QueueName, QueueUrl string }
	if err := awsapi.Decode(input, &in); err != nil {
		return nil, err
	}
	if err := q.s.attachQueuePolicy(awsapi.ResourceName(in.QueueName + in.QueueUrl)); err != nil {
		return nil, awsapi.Errorf("InvalidAttributeValue", "Invalid value for the parameter Policy. %v", err)
	}
	return out, nil
}

// attachQueuePolicy gives a queue that the template does not describe the policy that stands in its attributes.
func (s *Stack) attachQueuePolicy(name string) error {
	if slices.ContainsFunc(s.template.Queues, func(q template.Queue) bool { return q.Name == name }) {
		return nil
	}
	a, err := s.sqs.Attributes(name)
	if err != nil {
		return err
	}
	return s.iam.AttachResourcePolicy(a.ARN, name, json.RawMessage(a.Policy))
}

// attachQueuePolicies does so for every queue, after a start.
func (s *Stack) attachQueuePolicies(ctx context.Context) error {
	out, err := s.call(ctx, "sqs", "ListQueues", map[string]any{})
	if err != nil {
		return fmt.Errorf("list queues: %w", err)
	}
	var list struct{ QueueUrls []string }
	if err := json.Unmarshal(out, &list); err != nil {
		return fmt.Errorf("list queues: %w", err)
	}
	for _, url := range list.QueueUrls {
		if err := s.attachQueuePolicy(awsapi.ResourceName(url)); err != nil {
			return fmt.Errorf("queue %s: %w", url, err)
		}
	}
	return nil
}
