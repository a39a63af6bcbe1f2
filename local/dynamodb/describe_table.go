package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// tableDescription is the shape that CreateTable, DescribeTable, UpdateTable and DeleteTable
// answer.
type tableDescription struct {
	TableName                 string
	TableArn                  string
	TableId                   string
	TableStatus               string
	CreationDateTime          float64 // epoch seconds
	AttributeDefinitions      []AttributeDefinition
	KeySchema                 []KeySchemaElement
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
	BillingModeSummary        *billingMode       `json:",omitempty"`
	ProvisionedThroughput     Throughput
	DeletionProtectionEnabled bool
	StreamSpecification       *StreamSpecification `json:",omitempty"`
	LatestStreamLabel         string               `json:",omitempty"`
	LatestStreamArn           string               `json:",omitempty"`
	ItemCount                 *int64               `json:",omitempty"`
	TableSizeBytes            *int64               `json:",omitempty"`
}

type billingMode struct{ BillingMode string }

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string
	KeySchema             []KeySchemaElement
	Projection            Projection
	ProvisionedThroughput Throughput
}

// describe is the description without the counts, which need a scan. The caller holds the table's
// or the service's mu.
func (t *table) describe() *tableDescription {
	spec := t.record.Spec
	d := &tableDescription{
		TableName: t.name(), TableArn: t.arn(), TableId: fmt.Sprintf("00000000-0000-4000-8000-%012x", t.id()),
		TableStatus:          "ACTIVE",
		CreationDateTime:     epoch(t.record.Created),
		AttributeDefinitions: spec.AttributeDefinitions, KeySchema: spec.KeySchema,
		ProvisionedThroughput:     throughput(spec.ProvisionedThroughput),
		DeletionProtectionEnabled: spec.DeletionProtectionEnabled,
	}
	if spec.BillingMode == "PAY_PER_REQUEST" {
		d.BillingModeSummary = &billingMode{spec.BillingMode}
	}
	for _, ix := range spec.GlobalSecondaryIndexes {
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, indexDescription{
			IndexName: ix.IndexName, IndexArn: t.arn() + "/index/" + ix.IndexName, IndexStatus: "ACTIVE",
			KeySchema:  ix.KeySchema,
			Projection: ix.Projection, ProvisionedThroughput: throughput(ix.ProvisionedThroughput),
		})
	}
	if r := t.record.Stream; r != nil {
		enabled := true
		d.StreamSpecification = &StreamSpecification{&enabled, spec.StreamSpecification.StreamViewType}
		d.LatestStreamLabel, d.LatestStreamArn = r.Label, streamARN(t.name(), r.Label)
	}
	return d
}

func throughput(t *Throughput) Throughput {
	if t == nil {
		return Throughput{}
	}
	return *t
}

// tableInput are the parameters of an operation on a table.
type tableInput struct{ TableName parameter }

// errNoTableName is the answer of table operations to a request without a name.
var errNoTableName = validation("The parameter 'TableName' is required but was not present in the request")

// errNoTable is the answer of table operations if no table has the name.
func errNoTable(name string) error {
	return notFound("Requested resource not found: Table: %s not found", name)
}

// name checks the table's name and returns it without what an ARN has around it.
func (in *tableInput) name() (string, error) {
	if !in.TableName.given {
		return "", errNoTableName
	}
	var v violations
	v.table(in.TableName)
	return bareName(in.TableName.text), v.err()
}

type describeTableOutput struct{ Table *tableDescription }

func (s *Service) describeTable(_ context.Context, in tableInput) (*describeTableOutput, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	t, err := s.open(name)
	if err != nil {
		return nil, errNoTable(name)
	}
	defer t.mu.RUnlock()
	d := t.describe()
	items, size, err := s.count(t)
	if err != nil {
		return nil, err
	}
	d.ItemCount, d.TableSizeBytes = &items, &size
	return &describeTableOutput{d}, nil
}

// itemCount is how many items a table has and their bytes: counted once by a scan, then kept up to
// date by every commit. Commits during that scan may be missed; AWS's own counts are six hours old.
type itemCount struct {
	mu          sync.Mutex
	known       bool
	items, size int64
}

func (n *itemCount) apply(c change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.known {
		return
	}
	if c.old != nil {
		n.items--
		n.size -= int64(attr.ItemSize(c.old))
	}
	if c.new != nil {
		n.items++
		n.size += int64(attr.ItemSize(c.new))
	}
}

func (s *Service) count(t *table) (items, size int64, err error) {
	n := &t.counts
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known {
		return n.items, n.size, nil
	}
	prefix := itemsKey(t.id())
	for p, err := range s.store.Scan(prefix, prefix.End()) {
		if err != nil {
			return 0, 0, fmt.Errorf("count items of %s: %w", t.name(), err)
		}
		item, err := attr.Unmarshal(p.Value)
		if err != nil {
			return 0, 0, fmt.Errorf("count items of %s: %w", t.name(), err)
		}
		items++
		size += int64(attr.ItemSize(item))
	}
	n.known, n.items, n.size = true, items, size
	return items, size, nil
}

type listTablesInput struct {
	ExclusiveStartTableName parameter
	Limit                   *int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

// maxTables is how many tables ListTables answers at once.
const maxTables = 100

func (s *Service) listTables(_ context.Context, in listTablesInput) (*listTablesOutput, error) {
	var v violations
	v.between(in.Limit, "limit", 1, maxTables)
	v.name(in.ExclusiveStartTableName, "exclusiveStartTableName", minName, in.ExclusiveStartTableName.text)
	if err := v.err(); err != nil {
		return nil, err
	}
	limit := maxTables
	if in.Limit != nil {
		limit = *in.Limit
	}
	out := &listTablesOutput{TableNames: []string{}}
	for _, t := range s.all() {
		if t.name() > in.ExclusiveStartTableName.text {
			out.TableNames = append(out.TableNames, t.name())
		}
	}
	if len(out.TableNames) > limit {
		out.TableNames = slices.Clip(out.TableNames[:limit])
		out.LastEvaluatedTableName = out.TableNames[limit-1]
	}
	return out, nil
}

// epoch is a time as AWS JSON writes it.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
