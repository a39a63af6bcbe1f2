package cloud

import (
	"cmp"
	"context"
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

// Queues reads the queues with the URLs.
type Queues struct {
	Client *sqs.Client
	URLs   []string
}

// deadLetters ends the names of the queues of messages that were given up.
const deadLetters = "-dead-letters"

// Depths returns how many messages the queues hold, by name.
func (q *Queues) Depths(ctx context.Context) ([]orderflow.QueueDepth, error) {
	depths := make([]orderflow.QueueDepth, len(q.URLs))
	g, ctx := errgroup.WithContext(ctx)
	for i, url := range q.URLs {
		g.Go(func() (err error) {
			depths[i], err = q.depth(ctx, url)
			return err
		})
	}
	err := g.Wait()
	slices.SortFunc(depths, func(a, b orderflow.QueueDepth) int { return cmp.Compare(a.Name, b.Name) })
	return depths, err
}

func (q *Queues) depth(ctx context.Context, url string) (orderflow.QueueDepth, error) {
	name := url[strings.LastIndexByte(url, '/')+1:]
	d := orderflow.QueueDepth{Name: name, DeadLetters: strings.HasSuffix(name, deadLetters)}
	counts := map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages:           &d.Waiting,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &d.InFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &d.Delayed,
	}
	in := &sqs.GetQueueAttributesInput{QueueUrl: &url}
	for attribute := range counts {
		in.AttributeNames = append(in.AttributeNames, attribute)
	}
	out, err := q.Client.GetQueueAttributes(ctx, in)
	if err != nil {
		return d, wrap("read queue", err)
	}
	for attribute, n := range counts {
		var bad error
		*n, bad = strconv.Atoi(out.Attributes[string(attribute)])
		err = errors.Join(err, bad)
	}
	if err != nil {
		return d, fmt.Errorf("read queue %s: %w", name, err)
	}
	return d, nil
}
