package dynamodb

import (
	"context"
	"hash/fnv"
	"math"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
)

type scanInput struct {
	readInput
	Segment, TotalSegments *int
}

// scan reads in the order of the keys; AWS guarantees none.
func (s *Service) scan(_ context.Context, in scanInput) (*pageOutput, error) {
	if err := in.checkParameters(); err != nil {
		return nil, err
	}
	ph, err := in.placeholders()
	if err != nil {
		return nil, err
	}
	p, err := in.parse(ph)
	if err == nil {
		err = ph.Done("FilterExpression is null")
	}
	if err != nil {
		return nil, err
	}
	t, err := s.open(in.TableName.text)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	if err := p.of(t, &in.readInput); err != nil {
		return nil, err
	}
	p.segment = in.segment(t)
	lower, err := p.lower(&in, ph.Nested())
	if err != nil {
		return nil, err
	}
	return p.read(s.store.Scan(lower, p.prefix().End()))
}

// lower checks the scan against the keys, and returns where it begins.
func (p *page) lower(in *scanInput, nested []string) ([]byte, error) {
	lower := []byte(p.prefix())
	start := attr.Item(in.ExclusiveStartKey)
	if start != nil {
		if err := p.checkShape(start, true); err != nil {
			return nil, err
		}
	}
	if err := p.choose(in.Select.text); err != nil {
		return nil, err
	}
	if start != nil {
		at, err := p.place(start)
		if err != nil {
			return nil, err
		}
		if p.segment != nil && !p.segment(start) {
			return nil, validation(invalidStart+": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "+
				"correct Segment. TotalSegments: %d Segment: %d",
				*in.TotalSegments, *in.Segment)
		}
		lower = at.End()
	}
	return lower, p.table.checkNested(nested)
}

// maxSegments is the maximum number of segments of a parallel scan.
const maxSegments = 1_000_000

func (in *scanInput) checkParameters() error {
	var v violations
	if in.bounds(&v); len(v.found) == 0 {
		v.between(in.TotalSegments, "totalSegments", 1, maxSegments)
		v.between(in.Segment, "segment", 0, maxSegments-1)
		v.between(in.Limit, "limit", 1, math.MaxInt32)
	}
	if err := v.err(); err != nil {
		return err
	}
	if err := in.check(expression{expr.ProjectionKind, in.ProjectionExpression},
		expression{expr.FilterKind, in.FilterExpression}); err != nil {
		return err
	}
	switch {
	case in.Segment == nil && in.TotalSegments != nil:
		return validation(
			"The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case in.Segment != nil && in.TotalSegments == nil:
		return validation(
			"The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.Segment != nil && *in.Segment >= *in.TotalSegments:
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d",
			*in.Segment, *in.TotalSegments)
	}
	return nil
}

// segment returns a function that reports whether an item belongs to the segment of a parallel
// scan, by the hash of its hash key; nil accepts all.
func (in *scanInput) segment(t *table) func(attr.Item) bool {
	if in.Segment == nil {
		return nil
	}
	segment, total := *in.Segment, *in.TotalSegments
	return func(item attr.Item) bool {
		h := fnv.New32a()
		_, _ = h.Write([]byte(item[t.keys.hash.name].Text)) // a hash never fails
		return int(h.Sum32()%uint32(total)) == segment
	}
}
