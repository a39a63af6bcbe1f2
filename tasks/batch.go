package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/orderflow-dev/orderflow"
)

// Batch is the input of a function that a queue invokes (AWS Lambda, event source mapping of SQS).
type Batch struct {
	Records []Message `json:"Records"`
}

// Message is one message of a queue. Its body is an event of the bus, unless the function says otherwise.
type Message struct {
	ID   string `json:"messageId"`
	Body string `json:"body"`
}

// BatchResult lists the messages or stream records of a batch that failed. All others are done.
type BatchResult struct {
	Failures []ItemFailure `json:"batchItemFailures"`
}

// ItemFailure is the id of a message, or the sequence number of a stream record.
type ItemFailure struct {
	ID string `json:"itemIdentifier"`
}

// busEvent is an event of EventBridge.
type busEvent struct {
	Detail orderflow.EventDetail `json:"detail"`
}

// MessageErrors keeps why messages could not be handled, for operators who find them among the dead
// letters.
type MessageErrors interface {
	KeepError(ctx context.Context, messageID string, err error) error
}

// consumer is what the functions that read a queue have in common.
type consumer struct {
	log    *slog.Logger
	errors MessageErrors // nil: errors are only logged
}

// eachEvent calls f for the event in each message, concurrently, and returns the messages that
// failed.
func (c consumer) eachEvent(ctx context.Context, batch Batch,
	f func(context.Context, orderflow.EventDetail) error) BatchResult {
	return c.eachMessage(ctx, batch, func(ctx context.Context, m Message) error {
		e, err := readEvent(m)
		if err != nil {
			return err
		}
		return f(ctx, e)
	})
}

// eachMessage calls f for each message, concurrently, and returns the messages that failed. It keeps
// their errors.
func (c consumer) eachMessage(ctx context.Context, batch Batch, f func(context.Context, Message) error) BatchResult {
	failed := make([]bool, len(batch.Records))
	var wg sync.WaitGroup
	for i, m := range batch.Records {
		wg.Go(func() {
			if err := f(ctx, m); err != nil {
				c.log.ErrorContext(ctx, "message failed", "messageId", m.ID, "error", err)
				c.keepError(ctx, m, err)
				failed[i] = true
			}
		})
	}
	wg.Wait()
	out := BatchResult{Failures: []ItemFailure{}}
	for i, m := range batch.Records {
		if failed[i] {
			out.Failures = append(out.Failures, ItemFailure{m.ID})
		}
	}
	return out
}

func (c consumer) keepError(ctx context.Context, m Message, err error) {
	if c.errors == nil {
		return
	}
	if err := c.errors.KeepError(ctx, m.ID, err); err != nil {
		c.log.ErrorContext(ctx, "the error of a message was not kept", "messageId", m.ID, "error", err)
	}
}

func readEvent(m Message) (orderflow.EventDetail, error) {
	var e busEvent
	if err := json.Unmarshal([]byte(m.Body), &e); err != nil {
		return e.Detail, fmt.Errorf("read event: %w", err)
	}
	if e.Detail.OrderID == "" {
		return e.Detail, errors.New("read event: it has no orderId")
	}
	return e.Detail, nil
}
