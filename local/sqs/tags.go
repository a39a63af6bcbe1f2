package sqs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

type tagsIn struct {
	QueueURL string `json:"QueueUrl"`
	Tags     map[string]string
	TagKeys  []string
}

// Limits of "Tagging an Amazon SQS queue" in the developer guide. Lengths are in characters.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// checkTags refuses tags that a queue may not have; tags are all that the queue would have.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalidParameter("Too many tags: a queue has at most %d.", maxTags)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			return invalidParameter("Tag key '%s' is invalid. Reason: Must have 1 to %d characters.", key, maxTagKey)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalidParameter("Tag key '%s' is invalid. Reason: Keys that begin with aws: are reserved.", key)
		case utf8.RuneCountInString(tags[key]) > maxTagValue:
			return invalidParameter("The value of tag '%s' is invalid. Reason: Must have at most %d characters.", key,
				maxTagValue)
		}
	}
	return nil
}

func (s *Service) tagQueue(_ context.Context, in tagsIn) (any, error) {
	if len(in.Tags) == 0 {
		return nil, missingParameter("Tags")
	}
	in.TagKeys = nil
	return s.retag(in)
}

func (s *Service) untagQueue(_ context.Context, in tagsIn) (any, error) {
	if len(in.TagKeys) == 0 {
		return nil, missingParameter("TagKeys")
	}
	in.Tags = nil
	return s.retag(in)
}

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
	if len(in.Tags) > 0 {
		if err := checkTags(tags); err != nil {
			return nil, err
		}
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
