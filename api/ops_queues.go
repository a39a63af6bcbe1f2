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
	// Letters returns up to limit messages of a dead-letter queue, and leaves them there. Returns
	// orderflow.CodeNotFound for any other queue. The name of a queue may leave out the stack's.
	Letters(ctx context.Context, queue string, limit int) ([]orderflow.DeadLetter, error)
	// Redrive moves the messages of a dead-letter queue back to where they come from. Returns
	// CodeNotFound, or CodeInvalidState with the reason.
	Redrive(ctx context.Context, queue string) (orderflow.LetterMove, error)
	// DeleteLetter deletes a message of a dead-letter queue. Returns CodeNotFound.
	DeleteLetter(ctx context.Context, queue, messageID string) error
}

type queueView struct {
	Name        string   `json:"name"`
	DeadLetters bool     `json:"deadLetters"`
	Sources     []string `json:"sources,omitempty"`
	Waiting     int      `json:"waiting"`
	InFlight    int      `json:"inFlight"`
	Delayed     int      `json:"delayed"`
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
