package functions

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/tasks"
)

// letters returns the dead-letter queue whose URL is in a variable.
func (p *parts) letters(url string) tasks.Letters {
	return deadLetters{&cloud.Queue{Client: sqs.NewFromConfig(p.cfg), URL: p.env.required(url)}}
}

// deadLetters adapts a queue's messages to tasks.Letter.
type deadLetters struct{ queue *cloud.Queue }

func (d deadLetters) Letters(ctx context.Context) iter.Seq2[tasks.Letter, error] {
	return func(yield func(tasks.Letter, error) bool) {
		for m, err := range d.queue.Messages(ctx) {
			if !yield(tasks.Letter{Message: tasks.Message{ID: m.ID, Body: m.Body}, Receipt: m.Receipt}, err) {
				return
			}
		}
	}
}

func (d deadLetters) Remove(ctx context.Context, l tasks.Letter) error {
	return d.queue.Delete(ctx, l.Receipt)
}
