package dynamodb

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Sizes of capacity units, and what a transaction costs in their place (developer guide, "DynamoDB
// read and write operations").
const (
	readUnit          = 4 << 10
	writeUnit         = 1 << 10
	transactionFactor = 2
)

// units are the capacity units that a request consumes of one table.
type units struct {
	table   float64
	indexes map[string]float64 // by name, of those that consume any
}

func (u *units) addIndex(name string, n float64) {
	if n == 0 {
		return
	}
	if u.indexes == nil {
		u.indexes = map[string]float64{}
	}
	u.indexes[name] += n
}

func (u *units) add(other units, factor float64) {
	u.table += factor * other.table
	for name, n := range other.indexes {
		u.addIndex(name, factor*n)
	}
}

// unitsOf is how many units a size takes: at least one, since a request that finds nothing costs
// one too.
func unitsOf(size, unit int) float64 { return math.Max(1, math.Ceil(float64(size)/float64(unit))) }

// readUnits are those of one item, or of one page of Query or Scan.
func readUnits(size int, consistent bool) float64 {
	if consistent {
		return unitsOf(size, readUnit)
	}
	return unitsOf(size, readUnit) / 2
}

// units are those of a write: of the larger of the item before and after, and of every index entry
// that is written or removed.
func (c *change) units() units {
	u := units{table: unitsOf(max(attr.ItemSize(c.old), attr.ItemSize(c.new)), writeUnit)}
	for i := range c.table.indexes {
		ix := &c.table.indexes[i]
		u.addIndex(ix.name, c.indexUnits(ix))
	}
	return u
}

// indexUnits are the units of one index: an entry that moves is removed and written again, an
// unchanged entry costs nothing.
func (c *change) indexUnits(ix *index) float64 {
	oldKey, newKey := c.table.indexKey(ix, c.old), c.table.indexKey(ix, c.new)
	var before, after attr.Item
	n := 0.0
	if oldKey != nil {
		before = ix.project(c.old)
		n += unitsOf(attr.ItemSize(before), writeUnit)
	}
	if newKey != nil {
		after = ix.project(c.new)
		n += unitsOf(attr.ItemSize(after), writeUnit)
	}
	if oldKey == nil || newKey == nil || !bytes.Equal(oldKey, newKey) {
		return n
	}
	if bytes.Equal(attr.Marshal(before), attr.Marshal(after)) {
		return 0
	}
	return unitsOf(max(attr.ItemSize(before), attr.ItemSize(after)), writeUnit)
}

// unitCount is the share of a table or index in a ConsumedCapacity. Transactions say which kind of
// units they are.
type unitCount struct {
	CapacityUnits      float64
	ReadCapacityUnits  *float64 `json:",omitempty"`
	WriteCapacityUnits *float64 `json:",omitempty"`
}

// consumedCapacity is what a request consumed of one table.
type consumedCapacity struct {
	TableName string
	unitCount
	Table                  *unitCount           `json:",omitempty"`
	GlobalSecondaryIndexes map[string]unitCount `json:",omitempty"`
}

// appendJSON appends ,"ConsumedCapacity":... if there is one.
func (c *consumedCapacity) appendJSON(b []byte) []byte {
	if c == nil {
		return b
	}
	text, err := json.Marshal(c)
	if err != nil { // names and finite numbers always marshal
		panic(err)
	}
	return append(append(b, `,"ConsumedCapacity":`...), text...)
}

// unitKind is how a request's units are counted: transactions take two for one and say which kind
// they are.
type unitKind int

const (
	plainUnits unitKind = iota
	transactReadUnits
	transactWriteUnits
)

func (k unitKind) count(n float64) unitCount {
	switch k {
	case transactReadUnits:
		return unitCount{CapacityUnits: n, ReadCapacityUnits: &n}
	case transactWriteUnits:
		return unitCount{CapacityUnits: n, WriteCapacityUnits: &n}
	}
	return unitCount{CapacityUnits: n}
}

func (k unitKind) factor() float64 {
	if k == plainUnits {
		return 1
	}
	return transactionFactor
}

// metered reports whether a ReturnConsumedCapacity asks for any.
func metered(mode parameter) bool { return mode.text == "TOTAL" || mode.text == "INDEXES" }

// consumed is the answer to a ReturnConsumedCapacity that is metered.
func consumed(mode parameter, kind unitKind, table string, u units) *consumedCapacity {
	total := u.table
	for _, n := range u.indexes {
		total += n
	}
	c := &consumedCapacity{TableName: table, unitCount: kind.count(total)}
	if mode.text != "INDEXES" {
		return c
	}
	own := kind.count(u.table)
	c.Table = &own
	for name, n := range u.indexes {
		if c.GlobalSecondaryIndexes == nil {
			c.GlobalSecondaryIndexes = map[string]unitCount{}
		}
		c.GlobalSecondaryIndexes[name] = kind.count(n)
	}
	return c
}

// meter adds up what a request consumes of several tables. A nil meter counts nothing.
type meter struct {
	mode   parameter
	kind   unitKind
	tables map[string]*units
}

// newMeter returns nil if the request does not ask for its consumed capacity.
func newMeter(mode parameter, kind unitKind) *meter {
	if !metered(mode) {
		return nil
	}
	return &meter{mode, kind, map[string]*units{}}
}

func (m *meter) add(t *table, u units) {
	if m.tables[t.name()] == nil {
		m.tables[t.name()] = &units{}
	}
	m.tables[t.name()].add(u, m.kind.factor())
}

// read counts the read of one item; nil is an item that does not exist.
func (m *meter) read(t *table, item attr.Item, consistent bool) {
	if m != nil {
		m.add(t, units{table: readUnits(attr.ItemSize(item), consistent)})
	}
}

func (m *meter) write(changes []change) {
	if m == nil {
		return
	}
	for i := range changes {
		m.add(changes[i].table, changes[i].units())
	}
}

// list is the ConsumedCapacity by table; nil without a meter.
func (m *meter) list() []*consumedCapacity {
	if m == nil {
		return nil
	}
	var out []*consumedCapacity
	for _, name := range slices.Sorted(maps.Keys(m.tables)) {
		out = append(out, consumed(m.mode, m.kind, name, *m.tables[name]))
	}
	return out
}
