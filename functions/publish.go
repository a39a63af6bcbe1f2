package functions

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/tasks"
)

func newPublish(p *parts) lambda.Handler {
	publish := tasks.Publish{Bus: p.bus("EVENT_BUS"), Log: p.opts.Logger}
	return handle(p, func(ctx context.Context, in cloud.Stream) (tasks.BatchResult, error) {
		batch := tasks.Stream{Records: make([]tasks.StreamRecord, len(in.Records))}
		for i, r := range in.Records {
			batch.Records[i] = tasks.StreamRecord(r)
		}
		return publish.Handle(ctx, batch)
	})
}
