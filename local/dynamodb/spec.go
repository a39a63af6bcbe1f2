package dynamodb

import (
	"time"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// TableSpec describes a table: the input of CreateTable, which CloudFormation's
// AWS::DynamoDB::Table properties decode to as well.
type TableSpec struct {
	TableName                 string
	AttributeDefinitions      []AttributeDefinition
	KeySchema                 []KeySchemaElement
	GlobalSecondaryIndexes    []IndexSpec          `json:",omitempty"`
	LocalSecondaryIndexes     []IndexSpec          `json:",omitempty"`
	StreamSpecification       *StreamSpecification `json:",omitempty"`
	BillingMode               string               `json:",omitempty"`
	ProvisionedThroughput     *Throughput          `json:",omitempty"`
	DeletionProtectionEnabled bool                 `json:",omitempty"`
	TableClass                string               `json:",omitempty"`
	Tags                      []Tag                `json:",omitempty"`
	// CloudFormation only: CreateTable has no such parameter
	TimeToLiveSpecification *TimeToLiveDefinition `json:",omitempty"`
}

// AttributeDefinition gives the type of a key attribute: S, N or B.
type AttributeDefinition struct{ AttributeName, AttributeType string }

// KeySchemaElement is one attribute of a key: KeyType is HASH or RANGE.
type KeySchemaElement struct{ AttributeName, KeyType string }

// IndexSpec is a secondary index.
type IndexSpec struct {
	IndexName             string
	KeySchema             []KeySchemaElement
	Projection            Projection
	ProvisionedThroughput *Throughput `json:",omitempty"`
}

// Projection is what an index holds of an item: ProjectionType is KEYS_ONLY, INCLUDE or ALL.
type Projection struct {
	ProjectionType   string   `json:",omitempty"`
	NonKeyAttributes []string `json:",omitempty"`
}

// StreamSpecification: StreamViewType is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES.
// CloudFormation leaves StreamEnabled out.
type StreamSpecification struct {
	StreamEnabled  *bool  `json:",omitempty"`
	StreamViewType string `json:",omitempty"`
}

func (s *StreamSpecification) enabled() bool {
	return s != nil && (s.StreamEnabled == nil || *s.StreamEnabled)
}

// Throughput is the provisioned capacity. It is kept and shown, not enforced.
type Throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

// TimeToLiveDefinition names the attribute with the epoch second at which an item expires.
type TimeToLiveDefinition struct {
	AttributeName string
	Enabled       bool
}

// tableRecord is a table as the store keeps it.
type tableRecord struct {
	ID      uint64
	Created time.Time
	Spec    TableSpec
	Stream  *streamInfo `json:",omitempty"`
	// StreamsMade counts the streams before the current one.
	StreamsMade uint64 `json:",omitempty"`
}

// streamInfo is the table's current stream. A stream that was switched on again is another one.
type streamInfo struct {
	ID    uint64
	Label string // the time of its creation, as AWS labels streams
}

// keyAttribute is one attribute of a key.
type keyAttribute struct {
	name string
	kind attr.Kind
}

// keySchema is a hash key and perhaps a range key; without one its name is empty.
type keySchema struct{ hash, rng keyAttribute }

func (k keySchema) attributes() []keyAttribute {
	if k.rng.name == "" {
		return []keyAttribute{k.hash}
	}
	return []keyAttribute{k.hash, k.rng}
}

func (k keySchema) has(name string) bool {
	return name == k.hash.name || name == k.rng.name && name != ""
}

// of returns the key attributes of an item.
func (k keySchema) of(item attr.Item) attr.Item {
	out := make(attr.Item, 2)
	for _, a := range k.attributes() {
		if v, ok := item[a.name]; ok {
			out[a.name] = v
		}
	}
	return out
}

// schemaOf resolves a key schema by the attribute definitions; both have been checked.
func schemaOf(elements []KeySchemaElement, definitions []AttributeDefinition) keySchema {
	kinds := map[string]attr.Kind{}
	for _, d := range definitions {
		kinds[d.AttributeName] = attr.KindOf(d.AttributeType)
	}
	var k keySchema
	for _, e := range elements {
		a := keyAttribute{e.AttributeName, kinds[e.AttributeName]}
		if e.KeyType == "HASH" {
			k.hash = a
		} else {
			k.rng = a
		}
	}
	return k
}
