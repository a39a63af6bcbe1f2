package local

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// queueService is SQS, whose queues may have a policy.
func (s *Stack) queueService() awsapi.Service {
	return policyService{openService: s.sqs, setters: []string{"CreateQueue", "SetQueueAttributes"},
		attach: s.attachQueuePolicies,
		refuse: func(why error) error {
			return awsapi.Errorf("InvalidAttributeValue", "Invalid value for the parameter Policy. Reason: %v", why)
		}}
}

func (s *Stack) attachQueuePolicies() { s.attachPolicies(s.sqs.Policies) }

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
	s.attachQueuePolicies()
	return nil
}
