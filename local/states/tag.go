package states

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Tag is one tag of a state machine.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

// TagInput is the request of TagResource, UntagResource (TagKeys) and ListTagsForResource.
type TagInput struct {
	ResourceARN string   `json:"resourceArn"`
	Tags        []Tag    `json:"tags,omitempty"`
	TagKeys     []string `json:"tagKeys,omitempty"`
}

// TagOutput is the answer of ListTagsForResource.
type TagOutput struct {
	Tags []Tag `json:"tags"`
}

// TagResource adds tags to a state machine, or changes them.
func (s *Service) TagResource(_ context.Context, in TagInput) (struct{}, error) {
	return inside(s, in, func(in TagInput) (struct{}, error) {
		if err := checkTags(in.Tags); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.changeTags(in.ResourceARN, func(tags []Tag) []Tag {
			for _, t := range in.Tags {
				tags = slices.DeleteFunc(tags, func(old Tag) bool { return old.Key == t.Key })
				tags = append(tags, t)
			}
			return tags
		})
	})
}

// UntagResource removes tags from a state machine.
func (s *Service) UntagResource(_ context.Context, in TagInput) (struct{}, error) {
	return inside(s, in, func(in TagInput) (struct{}, error) {
		return struct{}{}, s.changeTags(in.ResourceARN, func(tags []Tag) []Tag {
			return slices.DeleteFunc(tags, func(t Tag) bool { return slices.Contains(in.TagKeys, t.Key) })
		})
	})
}

// ListTagsForResource lists the tags of a state machine.
func (s *Service) ListTagsForResource(_ context.Context, in TagInput) (TagOutput, error) {
	return inside(s, in, func(in TagInput) (TagOutput, error) {
		tags, err := s.tags(in.ResourceARN)
		return TagOutput{tags}, err
	})
}

func (s *Service) changeTags(arn string, change func([]Tag) []Tag) error {
	s.machines.change.Lock()
	defer s.machines.change.Unlock()
	tags, err := s.tags(arn)
	if err != nil {
		return err
	}
	if tags = change(tags); len(tags) > maxTags {
		return tooManyTags()
	}
	b := s.store.NewBatch()
	if err := b.SetJSON(tagKey(arn), tags); err != nil {
		return err
	}
	return b.Commit()
}

func (s *Service) tags(arn string) ([]Tag, error) {
	if _, err := s.machine(arn); err != nil {
		if e, ok := errors.AsType[*awsapi.Error](err); ok && e.Type == "StateMachineDoesNotExist" {
			return nil, awsapi.Errorf("ResourceNotFound", "Resource not found: '%s'", arn)
		}
		return nil, err
	}
	tags := []Tag{}
	data, err := s.store.Get(tagKey(arn))
	if errors.Is(err, store.ErrNotFound) {
		return tags, nil
	}
	if err != nil {
		return nil, err
	}
	return tags, json.Unmarshal(data, &tags)
}

// checkTags checks the tags of a request (API reference of Tag). A key that begins with aws:, in
// any case, is reserved for AWS.
func checkTags(tags []Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		switch n := utf8.RuneCountInString(t.Key); {
		case n < 1 || n > maxTagKey:
			return validation("Value '%s' at 'tags.key' failed to satisfy constraint: "+
				"Member must have length between 1 and %d", t.Key, maxTagKey)
		case utf8.RuneCountInString(t.Value) > maxTagValue:
			return validation("Value '%s' at 'tags.value' failed to satisfy constraint: "+
				"Member must have length less than or equal to %d", t.Value, maxTagValue)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return awsapi.Errorf("ValidationException", "The tag key '%s' is reserved: it begins with aws:", t.Key)
		case seen[t.Key]:
			return awsapi.Errorf("ValidationException", "The tag key '%s' occurs twice", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

func tooManyTags() error {
	return awsapi.Errorf("TooManyTags", "The resource has more than %d tags", maxTags)
}
