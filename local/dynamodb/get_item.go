package dynamodb

import (
	"orderflow/local/dynamodb/attr"
	"orderflow/local/dynamodb/expr"
)

// getInput is a read of one item: GetItem, or an action of TransactGetItems.
type getInput struct {
	legacy
	TableName                string
	Key                      attr.Item
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

// getOutput has no Item if there is none.
type getOutput struct {
	Item attr.Item `json:",omitzero"`
}

// AppendJSON makes the answer.
func (o *getOutput) AppendJSON(b []byte) []byte {
	if o.Item == nil {
		return append(b, "{}"...)
	}
	return append(attr.AppendJSON(append(b, `{"Item":`...), o.Item), '}')
}

func (s *Service) getItem(in *getInput) (*getOutput, error) {
	t, err := s.open(in.TableName)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	projection, err := in.prepare(t)
	if err != nil {
		return nil, err
	}
	item, err := s.readCommitted(t.itemKey(in.Key))
	if err != nil {
		return nil, err
	}
	return projected(item, projection), nil
}

func (in *getInput) prepare(t *table) (*expr.Projection, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	projection, err := parseProjection(in.ProjectionExpression, in.ExpressionAttributeNames)
	if err != nil {
		return nil, err
	}
	return projection, t.checkKey(in.Key)
}

// parseProjection parses the only expression of a request; nil takes the whole item.
func parseProjection(src *string, names map[string]string) (*expr.Projection, error) {
	ph, err := expr.NewPlaceholders(names, nil)
	if err != nil {
		return nil, err
	}
	var projection *expr.Projection
	if src != nil {
		if projection, err = expr.ParseProjection(*src, ph); err != nil {
			return nil, err
		}
	}
	return projection, ph.Done()
}

func projected(item attr.Item, projection *expr.Projection) *getOutput {
	if item == nil {
		return &getOutput{}
	}
	return &getOutput{projection.Apply(item)}
}
