package dynamodb

import (
	"fmt"
	"strconv"
	"strings"
)

// Bounds of table descriptions.
const (
	maxKeyName       = 255
	maxIncluded      = 20 // attributes that one index includes
	maxIndexes       = 20
	maxThroughput    = 1_000_000_000_000
	maxKeyAttributes = 2
)

// bounds checks the members of a table's description.
func (t *TableSpec) bounds(v *violations) {
	v.require(t.AttributeDefinitions != nil, "attributeDefinitions")
	v.definitions(t.AttributeDefinitions)
	v.keySchema(t.KeySchema, "keySchema")
	v.optional(t.BillingMode, "billingMode", billingModes)
	v.optional(t.TableClass, "tableClass", tableClasses)
	v.throughput(t.ProvisionedThroughput, "provisionedThroughput")
	for i := range t.LocalSecondaryIndexes {
		t.LocalSecondaryIndexes[i].bounds(v, fmt.Sprintf("localSecondaryIndexes.%d.member.", i+1))
	}
	for i := range t.GlobalSecondaryIndexes {
		t.GlobalSecondaryIndexes[i].bounds(v, fmt.Sprintf("globalSecondaryIndexes.%d.member.", i+1))
	}
	if s := t.StreamSpecification; s != nil {
		v.optional(s.StreamViewType, "streamSpecification.streamViewType", viewTypes)
	}
	v.tags(t.Tags)
}

func (v *violations) definitions(list []AttributeDefinition) {
	for i, d := range list {
		v.keyName(d.AttributeName, fmt.Sprintf("attributeDefinitions.%d.member.attributeName", i+1))
		v.one(d.AttributeType, fmt.Sprintf("attributeDefinitions.%d.member.attributeType", i+1), attributeTypes)
	}
}

// keyName refuses a missing name, which is the empty one, and one that is too long.
func (v *violations) keyName(name, member string) {
	v.require(name != "", member)
	v.length(parameter{name, name != ""}, member, 1, maxKeyName)
}

// one is enum for a member that is required.
func (v *violations) one(value, member string, set []string) {
	v.require(value != "", member)
	v.optional(value, member, set)
}

// optional is enum for a member that may be the empty text.
func (v *violations) optional(value, member string, set []string) {
	v.enum(parameter{value, value != ""}, member, set)
}

func (v *violations) keySchema(elements []KeySchemaElement, member string) {
	v.require(elements != nil, member)
	if elements == nil {
		return
	}
	v.count(len(elements), func() string { return showElements(elements) }, member, 1, maxKeyAttributes)
	for i, e := range elements {
		v.keyName(e.AttributeName, fmt.Sprintf("%s.%d.member.attributeName", member, i+1))
		v.one(e.KeyType, fmt.Sprintf("%s.%d.member.keyType", member, i+1), keyTypes)
	}
}

func showElements(elements []KeySchemaElement) string {
	shown := make([]string, len(elements))
	for i, e := range elements {
		shown[i] = fmt.Sprintf("KeySchemaElement(attributeName=%s, keyType=%s)", e.AttributeName, e.KeyType)
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

func (v *violations) throughput(t *Throughput, member string) {
	if t == nil {
		return
	}
	for _, c := range []struct {
		name  string
		units int64
	}{{"writeCapacityUnits", t.WriteCapacityUnits}, {"readCapacityUnits", t.ReadCapacityUnits}} {
		if c.units < 1 {
			v.add(quoted(strconv.FormatInt(c.units, 10)), member+"."+c.name,
				"Member must have value greater than or equal to 1")
		}
	}
}

func (v *violations) index(name, member string) {
	v.require(name != "", member)
	v.name(parameter{name, name != ""}, member, minName, name)
}

func (ix *IndexSpec) bounds(v *violations, member string) {
	v.index(ix.IndexName, member+"indexName")
	v.keySchema(ix.KeySchema, member+"keySchema")
	v.require(ix.Projection.ProjectionType != "" || ix.Projection.NonKeyAttributes != nil, member+"projection")
	v.optional(ix.Projection.ProjectionType, member+"projection.projectionType", projectionTypes)
	if names := ix.Projection.NonKeyAttributes; names != nil {
		v.count(len(names), func() string { return "[" + strings.Join(names, ", ") + "]" },
			member+"projection.nonKeyAttributes", 1, maxIncluded)
		for i, name := range names {
			v.keyName(name, fmt.Sprintf("%sprojection.nonKeyAttributes.%d.member", member, i+1))
		}
	}
	v.throughput(ix.ProvisionedThroughput, member+"provisionedThroughput")
}
