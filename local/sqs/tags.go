package sqs

import (
	"context"
	"maps"
)

type tagsIn struct {
	QueueURL string `json:"QueueUrl"`
	Tags     map[string]string
	TagKeys  []string
}

func (s *Service) tagQueue(_ context.Context, in tagsIn) (any, error) { return s.retag(in) }

func (s *Service) untagQueue(_ context.Context, in tagsIn) (any, error) { return s.retag(in) }

func (s *Service) retag(in tagsIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	rec, cfg := q.rec, q.cfg
	q.mu.Unlock()
	tags := map[string]string{}
	maps.Copy(tags, rec.Tags)
	maps.Copy(tags, in.Tags)
	for _, k := range in.TagKeys {
		delete(tags, k)
	}
	rec.Tags = tags
	return nil, s.write(q, rec, cfg)
}

func (s *Service) listQueueTags(_ context.Context, in tagsIn) (any, error) {
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.rec.Tags) == 0 {
		return map[string]any{}, nil
	}
	return map[string]any{"Tags": q.rec.Tags}, nil
}
