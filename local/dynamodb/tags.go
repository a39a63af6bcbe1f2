package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Tag is a label of a table.
type Tag struct{ Key, Value string }

// Bounds of tags.
const (
	maxTagKey   = 128
	maxTagValue = 256
	maxTags     = 50
)

func (v *violations) tags(tags []Tag) {
	for i, t := range tags {
		v.length(parameter{t.Key, true}, fmt.Sprintf("tags.%d.member.key", i+1), 1, maxTagKey)
		v.length(parameter{t.Value, true}, fmt.Sprintf("tags.%d.member.value", i+1), 0, maxTagValue)
	}
}

type tagResourceInput struct {
	ResourceArn parameter
	Tags        []Tag
}

func (s *Service) tagResource(_ context.Context, in tagResourceInput) (*struct{}, error) {
	name, err := taggedTable(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	var v violations
	v.require(in.Tags != nil, "tags")
	v.tags(in.Tags)
	if err := v.err(); err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, validation("Atleast one Tag needs to be provided as Input.")
	}
	return s.retag(in.ResourceArn.text, name, func(tags []Tag) ([]Tag, error) {
		for _, t := range in.Tags {
			tags = append(slices.DeleteFunc(tags, func(old Tag) bool { return old.Key == t.Key }), t)
		}
		if len(tags) > maxTags {
			return nil, validation("One or more parameter values were invalid: Too many tags: %d. The limit is %d",
				len(tags), maxTags)
		}
		return tags, nil
	})
}

type untagResourceInput struct {
	ResourceArn parameter
	TagKeys     []string
}

func (s *Service) untagResource(_ context.Context, in untagResourceInput) (*struct{}, error) {
	name, err := taggedTable(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	var v violations
	v.require(in.TagKeys != nil, "tagKeys")
	for i, key := range in.TagKeys {
		v.length(parameter{key, true}, fmt.Sprintf("tagKeys.%d.member", i+1), 1, maxTagKey)
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, validation("Atleast one Tag Key needs to be provided as Input.")
	}
	return s.retag(in.ResourceArn.text, name, func(tags []Tag) ([]Tag, error) {
		return slices.DeleteFunc(tags, func(t Tag) bool { return slices.Contains(in.TagKeys, t.Key) }), nil
	})
}

// retag changes the tags of a table.
func (s *Service) retag(arn, name string, edit func([]Tag) ([]Tag, error)) (*struct{}, error) {
	_, err := s.reshape(name, func(spec *TableSpec) (err error) {
		spec.Tags, err = edit(slices.Clone(spec.Tags))
		return err
	})
	if e, ok := err.(*awsapi.Error); ok && e.Type == "ResourceNotFoundException" {
		return nil, notFound("Requested resource not found: ResourcArn: %s not found", arn)
	}
	if err != nil {
		return nil, err
	}
	return &struct{}{}, nil
}

// taggedTable is the table that an ARN names.
func taggedTable(arn parameter) (string, error) {
	if !arn.given {
		return "", validation("Invalid TableArn")
	}
	name := strings.TrimPrefix(arn.text, tableARN(""))
	if name == arn.text || len(name) < minName || !isName(name) {
		return "", validation("Invalid TableArn: Invalid ResourceArn provided as input %s", arn.text)
	}
	return name, nil
}

type listTagsInput struct{ ResourceArn, NextToken parameter }

type listTagsOutput struct{ Tags []Tag }

// listTagsOfResource answers all tags at once: a table has 50 at most. AWS denies access to a
// resource that does not exist.
func (s *Service) listTagsOfResource(_ context.Context, in listTagsInput) (*listTagsOutput, error) {
	name, err := taggedTable(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	t, err := s.open(name)
	if err != nil {
		return nil, awsapi.Errorf("AccessDeniedException",
			"User: arn:aws:iam::%s:root is not authorized to perform: dynamodb:ListTagsOfResource on resource: %s",
			awsapi.Account, in.ResourceArn.text)
	}
	defer t.mu.RUnlock()
	return &listTagsOutput{append([]Tag{}, t.record.Spec.Tags...)}, nil
}
