// Package deadletter finds the dead-letter queues of a stack, and reads, moves and deletes their
// messages.
package deadletter

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// Queues are the dead-letter queues of one stack.
type Queues struct {
	client *sqs.Client
	prefix string // of the names of the stack's queues
}

// New returns the dead-letter queues of a stack.
func New(cfg aws.Config, stack string) *Queues {
	return &Queues{client: sqs.NewFromConfig(cfg), prefix: stack + "-"}
}

// Queue is a dead-letter queue.
type Queue struct {
	Name     string `json:"name"`
	URL      string `json:"url"`
	ARN      string `json:"arn"`
	Messages int    `json:"messages"`
	InFlight int    `json:"inFlight"` // received and not yet deleted
	// queues whose redrive policy names it; empty for those of rules, streams or functions
	Sources []string `json:"sources"`

	visibility int // seconds for which a received message is in flight by default
}

// List returns the queues that are the dead-letter queue of another, or are named so, sorted by
// name.
func (s *Queues) List(ctx context.Context) ([]Queue, error) {
	var all []Queue
	sources := map[string][]string{} // by the ARN of the dead-letter queue
	pages := sqs.NewListQueuesPaginator(s.client, &sqs.ListQueuesInput{
		QueueNamePrefix: &s.prefix, MaxResults: aws.Int32(1000),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awsError("list queues", err)
		}
		for _, url := range page.QueueUrls {
			q, target, err := s.describe(ctx, url)
			if err != nil {
				return nil, err
			}
			all = append(all, q)
			if target != "" {
				sources[target] = append(sources[target], q.Name)
			}
		}
	}
	found := []Queue{}
	for _, q := range all {
		q.Sources = append([]string{}, sources[q.ARN]...)
		if len(q.Sources) > 0 || strings.Contains(q.Name, "dead-letter") {
			found = append(found, q)
		}
	}
	slices.SortFunc(found, func(a, b Queue) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}

// Find returns the queue with a name, which may leave out the stack's name.
func (s *Queues) Find(ctx context.Context, name string) (Queue, error) {
	list, err := s.List(ctx)
	if err != nil {
		return Queue{}, err
	}
	var names []string
	for _, q := range list {
		if q.Name == name || q.Name == s.prefix+name {
			return q, nil
		}
		names = append(names, q.Name)
	}
	return Queue{}, fmt.Errorf("no dead-letter queue %q, only: %s", name, strings.Join(names, ", "))
}

// describe returns a queue, and the ARN of its own dead-letter queue.
func (s *Queues) describe(ctx context.Context, url string) (q Queue, target string, err error) {
	out, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return q, "", awsError("describe queue "+url, err)
	}
	number := func(name types.QueueAttributeName) int {
		n, convErr := strconv.Atoi(cmp.Or(out.Attributes[string(name)], "0"))
		err = errors.Join(err, convErr)
		return n
	}
	q = Queue{
		Name:       url[strings.LastIndexByte(url, '/')+1:],
		URL:        url,
		ARN:        out.Attributes[string(types.QueueAttributeNameQueueArn)],
		Messages:   number(types.QueueAttributeNameApproximateNumberOfMessages),
		InFlight:   number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
		visibility: number(types.QueueAttributeNameVisibilityTimeout),
	}
	var policy struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if text := out.Attributes[string(types.QueueAttributeNameRedrivePolicy)]; text != "" {
		err = errors.Join(err, json.Unmarshal([]byte(text), &policy))
	}
	if err != nil {
		return q, "", fmt.Errorf("describe queue %s: %w", url, err)
	}
	return q, policy.Target, nil
}

// awsError returns an AWS error without the request id and the prefix that the SDK adds.
func awsError(doing string, err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return fmt.Errorf("%s: %s: %s", doing, api.ErrorCode(), api.ErrorMessage())
	}
	return fmt.Errorf("%s: %w", doing, err)
}
