package local

import (
	"context"
	"encoding/json"

	"orderflow/local/awsapi"
	"orderflow/local/iam"
	"orderflow/local/sns"
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

// topicService is SNS whose topics' Policy attribute decides likewise.
type topicService struct {
	*sns.Service
	s *Stack
}

// Do performs the operation. A policy that cannot be evaluated is refused before anything is stored.
func (t topicService) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	if op != "CreateTopic" && op != "SetTopicAttributes" {
		return t.Service.Do(ctx, op, input)
	}
	if err := checkPolicy(input); err != nil {
		return nil, awsapi.Errorf("InvalidParameter", "Invalid parameter: Policy statement error: %v", err)
	}
	out, err := t.Service.Do(ctx, op, input)
	if err == nil {
		t.s.attachPolicies(t.Policies)
	}
	return out, err
}

// checkPolicy checks the policy that an operation would give a queue or topic, if it would give one.
func checkPolicy(input json.RawMessage) error {
	var in struct {
		Attributes                    map[string]string
		AttributeName, AttributeValue string
	}
	if awsapi.Decode(input, &in) != nil {
		return nil // another shape, or malformed: the operation says so
	}
	policy := in.Attributes["Policy"]
	if in.AttributeName == "Policy" {
		policy = in.AttributeValue
	}
	if policy == "" {
		return nil
	}
	return iam.CheckResourcePolicy(json.RawMessage(policy))
}

// attachPolicies puts policies to use, by the ARN of what has them; those that the template describes are in use already.
// One that cannot be evaluated, kept by an earlier version, closes what it stands on and never hinders a start.
func (s *Stack) attachPolicies(read func() map[string]string) {
	s.attaching.Lock()
	defer s.attaching.Unlock()
	described := map[string]bool{}
	for _, q := range s.template.Queues {
		described[q.ARN] = true
	}
	for _, t := range s.template.Topics {
		described[t.ARN] = true
	}
	for arn, policy := range read() {
		if described[arn] {
			continue
		}
		if err := s.iam.AttachResourcePolicy(arn, awsapi.ResourceName(arn), json.RawMessage(policy)); err != nil {
			s.log.Error("policy cannot be evaluated: nobody but the operator may use what it stands on", "resource", arn, "error", err)
			s.iam.Lock(arn, awsapi.ResourceName(arn))
		}
	}
}
