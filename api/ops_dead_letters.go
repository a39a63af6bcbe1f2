package api

import (
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

type letterView struct {
	MessageID  string            `json:"messageId"`
	SentAt     moment            `json:"sentAt"`
	Received   int               `json:"received"`
	Source     string            `json:"source,omitempty"`
	Error      string            `json:"error,omitempty"`
	FailedAt   *moment           `json:"failedAt,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Body       string            `json:"body"`
}

type letterMoveView struct {
	To       []string `json:"to"`
	Moved    int64    `json:"moved"`
	Done     bool     `json:"done"`
	InFlight int      `json:"inFlight"`
}

func viewLetter(l orderflow.DeadLetter) letterView {
	v := letterView{
		MessageID: l.ID, SentAt: moment{l.SentAt}, Received: l.Received, Source: l.Source, Attributes: l.Attributes, Body: l.Body,
	}
	if l.Error != nil {
		v.Error, v.FailedAt = l.Error.Error, &moment{l.Error.At}
	}
	return v
}

func (s *server) opsListDeadLetters(r *request) (*reply, error) {
	letters, err := s.Queues.Letters(r.Context(), r.values["queue"], r.limit())
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	views := make([]letterView, len(letters))
	for i, l := range letters {
		views[i] = viewLetter(l)
	}
	return jsonReply(http.StatusOK, struct {
		Messages []letterView `json:"messages"`
	}{views})
}

func (s *server) opsRedriveDeadLetters(r *request) (*reply, error) {
	if _, err := s.byOperator(r); err != nil {
		return nil, err
	}
	move, err := s.Queues.Redrive(r.Context(), r.values["queue"])
	if err != nil {
		return nil, fmt.Errorf("redrive dead letters: %w", err)
	}
	return jsonReply(http.StatusAccepted, letterMoveView(move))
}

func (s *server) opsDeleteDeadLetter(r *request) (*reply, error) {
	if _, err := s.byOperator(r); err != nil {
		return nil, err
	}
	if err := s.Queues.DeleteLetter(r.Context(), r.values["queue"], r.values["messageId"]); err != nil {
		return nil, fmt.Errorf("delete dead letter: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		MessageID string `json:"messageId"`
	}{r.values["messageId"]})
}
