package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// Queues reads the queues of the system.
type Queues interface {
	// Depths returns how many messages the queues hold, by name.
	Depths(ctx context.Context) ([]orderflow.QueueDepth, error)
}

type queueView struct {
	Name        string `json:"name"`
	DeadLetters bool   `json:"deadLetters"`
	Waiting     int    `json:"waiting"`
	InFlight    int    `json:"inFlight"`
	Delayed     int    `json:"delayed"`
}

func (s *server) opsListQueues(r *request) (*reply, error) {
	depths, err := s.Queues.Depths(r.Context())
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	views := make([]queueView, len(depths))
	for i, d := range depths {
		views[i] = queueView(d)
	}
	return jsonReply(http.StatusOK, struct {
		Queues []queueView `json:"queues"`
	}{views})
}
