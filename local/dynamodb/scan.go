package dynamodb

import (
	"hash/fnv"

	"orderflow/local/dynamodb/attr"
	"orderflow/local/dynamodb/expr"
)

type scanInput struct {
	readInput
	Segment, TotalSegments *int
}

// scan reads in the order of the keys; AWS promises none.
func (s *Service) scan(in *scanInput) (*pageOutput, error) {
	t, err := s.open(in.TableName)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	ph, err := expr.NewPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	if err != nil {
		return nil, err
	}
	p, err := in.newPage(t, ph)
	if err == nil {
		err = ph.Done()
	}
	if err == nil {
		p.segment, err = in.segment(t)
	}
	if err != nil {
		return nil, err
	}
	prefix := p.prefix()
	lower := []byte(prefix)
	if in.ExclusiveStartKey != nil {
		start, err := p.startKey(in.ExclusiveStartKey)
		if err != nil {
			return nil, err
		}
		lower = start.End()
	}
	return p.read(s.store.Scan(lower, prefix.End()))
}

// segment returns which items belong to the segment of a parallel scan: those whose hash key hashes to it; nil takes all.
func (in *scanInput) segment(t *table) (func(attr.Item) bool, error) {
	if in.Segment == nil && in.TotalSegments == nil {
		return nil, nil
	}
	if in.Segment == nil {
		return nil, validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	}
	if in.TotalSegments == nil {
		return nil, validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	}
	segment, total := *in.Segment, *in.TotalSegments
	if total < 1 || segment < 0 || segment >= total {
		return nil, validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d",
			segment, total)
	}
	return func(item attr.Item) bool {
		h := fnv.New32a()
		_, _ = h.Write([]byte(item[t.keys.hash.name].Text)) // a hash takes every write
		return int(h.Sum32()%uint32(total)) == segment
	}, nil
}
