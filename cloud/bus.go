package cloud

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/orderflow-dev/orderflow"
)

// EventSource is the source of every event that Orderflow publishes.
const EventSource = "orderflow"

// Bus publishes the changes of orders on an EventBridge bus.
type Bus struct {
	Client *eventbridge.Client
	Name   string
}

// Publish publishes at most 10 events (PutEvents). It returns the positions of the events that the
// bus refused. An error means that no event is known to be accepted.
func (b *Bus) Publish(ctx context.Context, events []orderflow.EventDetail) (failed []int, err error) {
	entries := make([]types.PutEventsRequestEntry, len(events))
	for i, e := range events {
		detail, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("marshal event: %w", err)
		}
		entries[i] = types.PutEventsRequestEntry{
			EventBusName: &b.Name, Source: aws.String(EventSource), DetailType: aws.String(string(e.Type)),
			Detail: aws.String(string(detail)), Time: aws.Time(e.At),
		}
	}
	out, err := b.Client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return nil, wrap("put events", err)
	}
	if len(out.Entries) != len(events) {
		return nil, fmt.Errorf("put events: %d results for %d events", len(out.Entries), len(events))
	}
	for i, e := range out.Entries {
		if aws.ToString(e.EventId) == "" {
			failed = append(failed, i)
		}
	}
	return failed, nil
}
