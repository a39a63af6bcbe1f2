package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/orderflow-dev/orderflow"
)

// Queues reads the queues with the URLs, and deals with the dead letters among them.
type Queues struct {
	Client *sqs.Client
	URLs   []string
	Errors *MessageErrors
}

// deadLetters ends the names of the queues of messages that were given up.
const deadLetters = "-dead-letters"

// queueState is a queue as SQS describes it.
type queueState struct {
	orderflow.QueueDepth
	arn    string
	target string // the ARN of its dead-letter queue
}

// Depths returns how many messages the queues hold, by name.
func (q *Queues) Depths(ctx context.Context) ([]orderflow.QueueDepth, error) {
	all, err := q.all(ctx)
	depths := make([]orderflow.QueueDepth, len(all))
	for i, s := range all {
		depths[i] = s.QueueDepth
	}
	return depths, err
}

// all describes the queues, by name.
func (q *Queues) all(ctx context.Context) ([]queueState, error) {
	states := make([]queueState, len(q.URLs))
	g, ctx := errgroup.WithContext(ctx)
	for i, url := range q.URLs {
		g.Go(func() (err error) {
			states[i], err = q.state(ctx, url)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(states, func(a, b queueState) int { return cmp.Compare(a.Name, b.Name) })
	for i := range states {
		for _, s := range states {
			if s.target == states[i].arn {
				states[i].Sources = append(states[i].Sources, s.Name)
			}
		}
	}
	return states, nil
}

func (q *Queues) state(ctx context.Context, url string) (queueState, error) {
	name := nameOf(url)
	s := queueState{QueueDepth: orderflow.QueueDepth{Name: name, DeadLetters: strings.HasSuffix(name, deadLetters)}}
	counts := map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages:           &s.Waiting,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &s.InFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &s.Delayed,
	}
	in := &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameQueueArn, types.QueueAttributeNameRedrivePolicy,
	}}
	for attribute := range counts {
		in.AttributeNames = append(in.AttributeNames, attribute)
	}
	out, err := q.Client.GetQueueAttributes(ctx, in)
	if err != nil {
		return s, wrap("read queue", err)
	}
	for attribute, n := range counts {
		var bad error
		*n, bad = strconv.Atoi(out.Attributes[string(attribute)])
		err = errors.Join(err, bad)
	}
	var policy struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if text := out.Attributes[string(types.QueueAttributeNameRedrivePolicy)]; text != "" {
		err = errors.Join(err, json.Unmarshal([]byte(text), &policy))
	}
	if err != nil {
		return s, fmt.Errorf("read queue %s: %w", name, err)
	}
	s.arn, s.target = out.Attributes[string(types.QueueAttributeNameQueueArn)], policy.Target
	return s, nil
}
