package tasks

import (
	"context"
	"log/slog"

	"github.com/orderflow-dev/orderflow"
)

// Starter starts the execution that fulfils an order.
type Starter interface {
	// Start starts the execution of this name; one that exists already, running or ended, is
	// success.
	Start(ctx context.Context, name string) error
}

// Start starts the fulfilment of each placed order of a batch.
type Start struct {
	Executions Starter
	Log        *slog.Logger
	Errors     MessageErrors // nil: errors are only logged
}

// Handle returns the messages whose execution could not be started.
func (s Start) Handle(ctx context.Context, batch Batch) (BatchResult, error) {
	return consumer{s.Log, s.Errors}.eachEvent(ctx, batch, func(ctx context.Context, e orderflow.EventDetail) error {
		return s.Executions.Start(ctx, e.OrderID)
	}), nil
}
