package dynamodb

import (
	"iter"
	"strconv"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// maxPage is how many bytes of items one Query or Scan reads.
const maxPage = 1 << 20

// readInput is what Query and Scan share.
type readInput struct {
	legacy
	placeholderInput
	TableName              parameter
	IndexName              parameter
	ConsistentRead         bool
	ExclusiveStartKey      startKey
	FilterExpression       *string
	ProjectionExpression   *string
	Limit                  *int
	Select                 parameter
	ReturnConsumedCapacity parameter
}

// pageOutput is one page: Count items passed the filter of the ScannedCount that were read.
type pageOutput struct {
	Items            *[]attr.Item `json:",omitempty"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey attr.Item         `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitempty"`
}

// AppendJSON appends the answer.
func (o *pageOutput) AppendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"Count":`...), int64(o.Count), 10)
	b = strconv.AppendInt(append(b, `,"ScannedCount":`...), int64(o.ScannedCount), 10)
	if o.Items != nil {
		b = append(b, `,"Items":[`...)
		for i, item := range *o.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = attr.AppendJSON(b, item)
		}
		b = append(b, ']')
	}
	if len(o.LastEvaluatedKey) > 0 {
		b = attr.AppendJSON(append(b, `,"LastEvaluatedKey":`...), o.LastEvaluatedKey)
	}
	return append(o.ConsumedCapacity.appendJSON(b), '}')
}

// page reads items of a table or index in key order.
type page struct {
	table      *table
	index      *index // nil: the table itself
	filter     expr.Condition
	projection *expr.Projection
	limit      int
	countOnly  bool
	segment    func(attr.Item) bool
	consistent bool
	metering   parameter
}

// keys is the schema that orders what the page reads.
func (p *page) keys() keySchema {
	if p.index != nil {
		return p.index.keys
	}
	return p.table.keys
}

// prefix is where the store keeps what the page reads.
func (p *page) prefix() store.Key {
	if p.index != nil {
		return indexesKey(p.table.id()).String(p.index.name)
	}
	return itemsKey(p.table.id())
}

// parse makes the page that a request asks for, without its table. It parses the filter and the
// projection; the caller calls ph.Done.
func (in *readInput) parse(ph *expr.Placeholders) (*page, error) {
	p := &page{limit: -1, consistent: in.ConsistentRead, metering: in.ReturnConsumedCapacity}
	if in.Limit != nil {
		p.limit = *in.Limit
	}
	var err error
	if in.FilterExpression != nil {
		if p.filter, err = expr.ParseCondition(expr.FilterKind, *in.FilterExpression, ph); err != nil {
			return nil, err
		}
	}
	if in.ProjectionExpression != nil {
		if p.projection, err = expr.ParseProjection(*in.ProjectionExpression, ph); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// of makes the page one of its table. The caller holds the table's mu.
func (p *page) of(t *table, in *readInput) error {
	p.table = t
	if in.IndexName.given {
		var err error
		if p.index, err = t.index(in.IndexName.text); err != nil {
			return err
		}
		if in.ConsistentRead {
			return validation("Consistent reads are not supported on global secondary indexes")
		}
	}
	return nil
}

// bounds checks the parameters that Query and Scan share, but for Limit.
func (in *readInput) bounds(v *violations) {
	if v.table(in.TableName); len(v.found) > 0 {
		return
	}
	v.enum(in.Select, "select", selections)
	v.name(in.IndexName, "indexName", minName, in.IndexName.text)
	v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
}

// choose checks what a request selects against the page.
func (p *page) choose(selection string) error {
	switch {
	case selection != "" && selection != "SPECIFIC_ATTRIBUTES" && p.projection != nil:
		return validation("Cannot specify the ProjectionExpression when choosing to get %s", selection)
	case selection == "SPECIFIC_ATTRIBUTES" && p.projection == nil:
		return validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case selection == "ALL_PROJECTED_ATTRIBUTES" && p.index == nil:
		return validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case selection == "ALL_ATTRIBUTES" && p.index != nil && p.index.attributes != nil:
		return validation("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "+
			"global secondary index %s "+
			"because its projection type is not ALL", p.index.name)
	}
	p.countOnly = selection == "COUNT"
	return nil
}

// read collects a page from the items that pairs yields.
func (p *page) read(pairs iter.Seq2[store.Pair, error]) (*pageOutput, error) {
	out := &pageOutput{}
	items := []attr.Item{}
	size := 0
	var last attr.Item
	for pair, err := range pairs {
		if err != nil {
			return nil, err
		}
		item, err := attr.Unmarshal(pair.Value)
		if err != nil {
			return nil, err
		}
		if p.segment != nil && !p.segment(item) {
			continue
		}
		more := attr.ItemSize(item)
		if size+more > maxPage && last != nil {
			out.LastEvaluatedKey = p.evaluated(last)
			break
		}
		size += more
		last = item
		out.ScannedCount++
		if p.filter.Match(item) {
			out.Count++
			if !p.countOnly {
				items = append(items, p.projection.Apply(item))
			}
		}
		if out.ScannedCount == p.limit {
			out.LastEvaluatedKey = p.evaluated(last)
			break
		}
	}
	if !p.countOnly {
		out.Items = &items
	}
	out.ConsumedCapacity = p.consumed(size)
	return out, nil
}

// evaluated is the key by which the next page starts: of the item, and of its entry in the index.
func (p *page) evaluated(item attr.Item) attr.Item {
	key := p.table.keys.of(item)
	for name, v := range p.keys().of(item) {
		key[name] = v
	}
	return key
}

// consumed is the capacity that reading so many bytes took, of the table or of the index.
func (p *page) consumed(size int) *consumedCapacity {
	if !metered(p.metering) {
		return nil
	}
	n := readUnits(size, p.consistent)
	if p.index != nil {
		return consumed(p.metering, plainUnits, p.table.name(), units{indexes: map[string]float64{p.index.name: n}})
	}
	return consumed(p.metering, plainUnits, p.table.name(), units{table: n})
}
