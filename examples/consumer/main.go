// Command consumer is an example of a consumer of Orderflow's events. It reads a queue that is subscribed
// to the bus, and prints each change of each order once and in order, although events come twice, late
// and in any order, and although it may be killed at any time.
//
//	AWS_REGION=us-east-1 go run ./examples/consumer -queue URL -state consumer.json
//
// With AWS_ENDPOINT_URL it reads a local system. docs/events.md describes the events.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// event is the part of an event's detail that this consumer needs. Unknown members are ignored.
type event struct {
	OrderID  string `json:"orderId"`
	Sequence int64  `json:"sequence"`
	Type     string `json:"type"`
	Status   string `json:"status"`
}

// state is what the consumer must not forget: for each order the last change that it has handled, and
// the later ones that wait for an earlier one.
type state struct {
	Handled map[string]int64           `json:"handled"`
	Waiting map[string]map[int64]event `json:"waiting"`
}

// take adds an event and returns those of its order that can be handled now, in order.
func (s *state) take(e event) (ready []event) {
	if e.Sequence <= s.Handled[e.OrderID] {
		return nil // a duplicate
	}
	if s.Waiting[e.OrderID] == nil {
		s.Waiting[e.OrderID] = map[int64]event{}
	}
	waiting := s.Waiting[e.OrderID]
	waiting[e.Sequence] = e
	for next, ok := waiting[s.Handled[e.OrderID]+1]; ok; next, ok = waiting[s.Handled[e.OrderID]+1] {
		ready = append(ready, next)
		s.Handled[e.OrderID] = next.Sequence
		delete(waiting, next.Sequence)
	}
	if len(waiting) == 0 {
		delete(s.Waiting, e.OrderID)
	}
	return ready
}

func main() {
	queue, file := flag.String("queue", "", "the queue's URL"), flag.String("state", "consumer.json", "the file that keeps the state")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := consume(ctx, *queue, *file); ctx.Err() == nil { // it ends only by an error
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

func consume(ctx context.Context, queue, file string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client, s := sqs.NewFromConfig(cfg), &state{map[string]int64{}, map[string]map[int64]event{}}
	if raw, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(raw, s); err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 5})
		if err != nil {
			return err
		}
		for _, m := range got.Messages {
			if err := handle(ctx, client, queue, file, s, m); err != nil {
				return err
			}
		}
	}
}

// handle handles a message: first the effect, then the state, then the message goes. If the consumer is
// killed in between, the message comes again, and the effect is repeated: make it idempotent.
func handle(ctx context.Context, client *sqs.Client, queue, file string, s *state, m types.Message) error {
	var message struct{ Detail event }
	if err := json.Unmarshal([]byte(*m.Body), &message); err != nil {
		return fmt.Errorf("read message %s: %w", *m.MessageId, err)
	}
	for _, e := range s.take(message.Detail) {
		fmt.Println(e.OrderID, e.Sequence, e.Type, e.Status)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", raw, 0o600); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle})
	return err
}
