package functions

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/tasks"
)

// letters reads the dead-letter queue whose URL a variable holds.
func (p *parts) letters(url string) tasks.Letters {
	return deadLetters{&cloud.Queue{Client: sqs.NewFromConfig(p.cfg), URL: p.env.required(url)}}
}

// deadLetters are a queue's messages as the tasks know them.
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
