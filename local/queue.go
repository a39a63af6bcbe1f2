package local

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"orderflow/local/awsapi"
	"orderflow/local/sqs"
)

// queueService is SQS whose queues' Policy attribute, set by whoever calls it, decides as one from the template does.
type queueService struct {
	*sqs.Service
	s *Stack
}

// Do performs the operation. A policy that cannot be evaluated is refused before anything is stored.
func (q queueService) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	if op != "CreateQueue" && op != "SetQueueAttributes" {
		return q.Service.Do(ctx, op, input)
	}
	if err := checkPolicy(input); err != nil {
		return nil, awsapi.Errorf("InvalidAttributeValue", "Invalid value for the parameter Policy. Reason: %v", err)
	}
	out, err := q.Service.Do(ctx, op, input)
	if err == nil {
		q.s.attachPolicies(q.Policies)
	}
	return out, err
}

func (s *Stack) createQueues(context.Context) error {
	policies := map[string]json.RawMessage{}
	for _, p := range s.template.QueuePolicies {
		for _, url := range p.Resources {
			policies[awsapi.ResourceName(url)] = p.Document
		}
	}
	for _, q := range s.template.Queues {
		attrs := maps.Clone(q.Attributes)
		if p := policies[q.Name]; p != nil {
			attrs["Policy"] = string(p)
		}
		if err := s.sqs.Ensure(q.Name, attrs); err != nil {
			return fmt.Errorf("queue %s: %w", q.LogicalID, err)
		}
	}
	s.attachPolicies(s.sqs.Policies)
	return nil
}
