package main

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

type dlqCommands struct {
	List    dlqListCommand    `cmd:"" help:"List the dead-letter queues, with counts and where their messages come from."`
	Show    dlqShowCommand    `cmd:"" help:"Show the messages of a dead-letter queue; they stay in it."`
	Redrive dlqRedriveCommand `cmd:"" help:"Move the messages of a dead-letter queue back to where they came from."`
	Delete  dlqDeleteCommand  `cmd:"" help:"Delete one message of a dead-letter queue."`
}

// deadLetters are the dead-letter queues of one stack.
type deadLetters struct {
	queues *sqs.Client
	prefix string // of the names of the stack's queues
}

// deadLetterQueue is one of them.
type deadLetterQueue struct {
	Name     string   `json:"name"`
	URL      string   `json:"url"`
	ARN      string   `json:"arn"`
	Messages int      `json:"messages"`
	InFlight int      `json:"inFlight"` // received and not yet deleted
	Sources  []string `json:"sources"`  // queues whose redrive policy names it; none: rules, streams or functions give up to it

	Visibility int `json:"-"` // for how many seconds a message that is received is in flight, unless its reader says otherwise
}

func (c awsConnection) deadLetters(ctx context.Context) (*deadLetters, error) {
	cfg, stack, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	return &deadLetters{sqs.NewFromConfig(cfg), stack + "-"}, nil
}

// list finds them: queues that are another's dead-letter queue, or are called one.
func (d *deadLetters) list(ctx context.Context) ([]deadLetterQueue, error) {
	var all []deadLetterQueue
	sources := map[string][]string{} // by the ARN of the dead-letter queue
	pages := sqs.NewListQueuesPaginator(d.queues, &sqs.ListQueuesInput{QueueNamePrefix: &d.prefix, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awsError("list queues", err)
		}
		for _, url := range page.QueueUrls {
			q, target, err := d.describe(ctx, url)
			if err != nil {
				return nil, err
			}
			all = append(all, q)
			if target != "" {
				sources[target] = append(sources[target], q.Name)
			}
		}
	}
	found := []deadLetterQueue{}
	for _, q := range all {
		if q.Sources = append([]string{}, sources[q.ARN]...); len(q.Sources) > 0 || strings.Contains(q.Name, "dead-letter") {
			found = append(found, q)
		}
	}
	slices.SortFunc(found, func(a, b deadLetterQueue) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}

// describe reads a queue, and the ARN of its own dead-letter queue.
func (d *deadLetters) describe(ctx context.Context, url string) (q deadLetterQueue, target string, err error) {
	out, err := d.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		return q, "", awsError("describe queue "+url, err)
	}
	number := func(name types.QueueAttributeName) int {
		n, convErr := strconv.Atoi(cmp.Or(out.Attributes[string(name)], "0"))
		err = errors.Join(err, convErr)
		return n
	}
	q = deadLetterQueue{
		Name: url[strings.LastIndexByte(url, '/')+1:], URL: url, ARN: out.Attributes[string(types.QueueAttributeNameQueueArn)],
		Visibility: number(types.QueueAttributeNameVisibilityTimeout),
		Messages:   number(types.QueueAttributeNameApproximateNumberOfMessages), InFlight: number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
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

// find finds one by its name, with or without the stack's.
func (d *deadLetters) find(ctx context.Context, name string) (deadLetterQueue, error) {
	list, err := d.list(ctx)
	if err != nil {
		return deadLetterQueue{}, err
	}
	var names []string
	for _, q := range list {
		if q.Name == name || q.Name == d.prefix+name {
			return q, nil
		}
		names = append(names, q.Name)
	}
	return deadLetterQueue{}, fmt.Errorf("no dead-letter queue %q, only: %s", name, strings.Join(names, ", "))
}

// awsError is an AWS error without the request's id and the SDK's preface.
func awsError(doing string, err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return fmt.Errorf("%s: %s: %s", doing, api.ErrorCode(), api.ErrorMessage())
	}
	return fmt.Errorf("%s: %w", doing, err)
}
