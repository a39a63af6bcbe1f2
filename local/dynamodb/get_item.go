package dynamodb

import (
	"context"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// getInput is a read of one item: GetItem, or an action of TransactGetItems.
type getInput struct {
	legacy
	TableName                parameter
	Key                      attr.Item
	ConsistentRead           bool
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
	ReturnConsumedCapacity   parameter
}

// getOutput has no Item if there is none.
type getOutput struct {
	Item             attr.Item         `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

// AppendJSON appends the answer.
func (o *getOutput) AppendJSON(b []byte) []byte {
	start := len(b)
	if o.Item != nil {
		b = attr.AppendJSON(append(b, `,"Item":`...), o.Item)
	}
	if b = o.ConsumedCapacity.appendJSON(b); len(b) == start {
		return append(b, "{}"...)
	}
	b[start] = '{' // for the first comma
	return append(b, '}')
}

func (s *Service) getItem(_ context.Context, in getInput) (*getOutput, error) {
	var v violations
	if v.table(in.TableName); len(v.found) == 0 {
		v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
		v.require(in.Key != nil, "key")
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	g, err := in.parse()
	if err != nil {
		return nil, err
	}
	t, err := s.open(in.TableName.text)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	if err := g.check(t); err != nil {
		return nil, err
	}
	item, err := s.readCommitted(g.itemKey)
	if err != nil {
		return nil, err
	}
	out := g.projected(item)
	if metered(in.ReturnConsumedCapacity) {
		out.ConsumedCapacity = consumed(in.ReturnConsumedCapacity, plainUnits, t.name(),
			units{table: readUnits(attr.ItemSize(item), in.ConsistentRead)})
	}
	return out, nil
}

// get is a checked read of one item.
type get struct {
	table      *table
	key        attr.Item
	itemKey    store.Key
	projection *expr.Projection
	nested     []string
}

// parse makes the read of its request.
func (in *getInput) parse() (get, error) {
	if err := in.check(expression{expr.ProjectionKind, in.ProjectionExpression}); err != nil {
		return get{}, err
	}
	g := get{key: in.Key}
	var err error
	g.projection, g.nested, err = parseProjection(in.ProjectionExpression, in.ExpressionAttributeNames)
	return g, err
}

// check checks the read against the keys of its table, whose mu is held, and finds where the store
// keeps its item.
func (g *get) check(t *table) error {
	g.table = t
	if err := g.table.checkKey(g.key); err != nil {
		return err
	}
	g.itemKey = g.table.itemKey(g.key)
	return g.table.checkNested(g.nested)
}

// parseProjection parses the only expression of a request; nil takes the whole item. It returns the
// attributes that it looks into as well.
func parseProjection(src *string, names map[string]string) (projection *expr.Projection, nested []string, err error) {
	ph, err := expr.NewPlaceholders(names, nil)
	if err != nil {
		return nil, nil, err
	}
	if src != nil {
		if projection, err = expr.ParseProjection(*src, ph); err != nil {
			return nil, nil, err
		}
	}
	return projection, ph.Nested(), ph.Done("")
}

func (g *get) projected(item attr.Item) *getOutput {
	if item == nil {
		return &getOutput{}
	}
	return &getOutput{Item: g.projection.Apply(item)}
}
