package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// check refuses a table that DynamoDB would not create.
func (t *TableSpec) check() error {
	var v violations
	if v.name(parameter{t.TableName, true}, "tableName", minName, t.TableName); len(v.found) == 0 {
		t.bounds(&v)
	}
	if err := v.err(); err != nil {
		return err
	}
	if err := t.checkBilling(); err != nil {
		return err
	}
	used := map[string]bool{}
	if err := t.checkKeySchema(t.KeySchema, used); err != nil {
		return err
	}
	if err := t.checkLocalIndexes(); err != nil {
		return err
	}
	if err := t.checkIndexes(used); err != nil {
		return err
	}
	if err := t.checkUsed(used); err != nil {
		return err
	}
	return t.checkStream()
}

// checkUsed refuses definitions of attributes that no key uses.
func (t *TableSpec) checkUsed(used map[string]bool) error {
	if len(used) == len(t.AttributeDefinitions) {
		return nil
	}
	if t.GlobalSecondaryIndexes == nil {
		return validation(
			"One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match " +
				"number of attributes defined in AttributeDefinitions")
	}
	return validation("One or more parameter values were invalid: Some AttributeDefinitions are not used. "+
		"AttributeDefinitions: [%s], keys used: [%s]",
		strings.Join(t.defined(), ", "), strings.Join(slices.Sorted(maps.Keys(used)), ", "))
}

// defined are the names of the defined attributes.
func (t *TableSpec) defined() []string {
	var names []string
	for _, d := range t.AttributeDefinitions {
		names = append(names, d.AttributeName)
	}
	return names
}

// checkBilling refuses a throughput with BillingMode PAY_PER_REQUEST, and its absence with
// PROVISIONED.
func (t *TableSpec) checkBilling() error {
	if t.BillingMode == "PAY_PER_REQUEST" {
		if t.ProvisionedThroughput != nil {
			return validation("One or more parameter values were invalid: " +
				"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
		for _, ix := range t.GlobalSecondaryIndexes {
			if ix.ProvisionedThroughput != nil {
				return validation(
					"One or more parameter values were invalid: ProvisionedThroughput should not be specified for index: %s "+
						"when BillingMode is PAY_PER_REQUEST", ix.IndexName)
			}
		}
		return nil
	}
	if t.ProvisionedThroughput == nil {
		return validation("One or more parameter values were invalid: " +
			"ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return t.ProvisionedThroughput.check()
}

func (t *Throughput) check() error {
	switch {
	case t.ReadCapacityUnits > maxThroughput:
		return validation("Given value %d for ReadCapacityUnits is out of bounds", t.ReadCapacityUnits)
	case t.WriteCapacityUnits > maxThroughput:
		return validation("Given value %d for WriteCapacityUnits is out of bounds", t.WriteCapacityUnits)
	}
	return nil
}

// checkKeySchema checks a key whose number of elements and their types have been checked, and notes
// its attributes.
func (t *TableSpec) checkKeySchema(elements []KeySchemaElement, used map[string]bool) error {
	if len(elements) > len(t.AttributeDefinitions) {
		return validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := t.checkDefined(elements); err != nil {
		return err
	}
	if len(elements) == 2 && elements[0].AttributeName == elements[1].AttributeName {
		return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	if elements[0].KeyType != "HASH" {
		return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if len(elements) == 2 && elements[1].KeyType != "RANGE" {
		return validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	for _, e := range elements {
		used[e.AttributeName] = true
	}
	return nil
}

func (t *TableSpec) checkDefined(elements []KeySchemaElement) error {
	var keys []string
	defined := t.defined()
	for _, e := range elements {
		keys = append(keys, e.AttributeName)
	}
	if slices.ContainsFunc(keys, func(key string) bool { return !slices.Contains(defined, key) }) {
		return validation(
			"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. "+
				"Keys: [%s], AttributeDefinitions: [%s]", strings.Join(keys, ", "), strings.Join(defined, ", "))
	}
	return nil
}

// checkLocalIndexes refuses local secondary indexes: invalid ones with AWS's error, others as not
// implemented here.
func (t *TableSpec) checkLocalIndexes() error {
	if t.LocalSecondaryIndexes == nil {
		return nil
	}
	if len(t.LocalSecondaryIndexes) == 0 {
		return validation("One or more parameter values were invalid: List of LocalSecondaryIndexes is empty")
	}
	if len(t.KeySchema) != 2 {
		return validation("One or more parameter values were invalid: Table KeySchema does not have a range key, " +
			"which is required when specifying a LocalSecondaryIndex")
	}
	for _, ix := range t.LocalSecondaryIndexes {
		if err := t.checkKeySchema(ix.KeySchema, map[string]bool{}); err != nil {
			return err
		}
		if len(ix.KeySchema) != 2 {
			return validation("One or more parameter values were invalid: Index KeySchema does not have a range key "+
				"for index: %s", ix.IndexName)
		}
		if hash, own := ix.KeySchema[0].AttributeName, t.KeySchema[0].AttributeName; hash != own {
			return validation("One or more parameter values were invalid: Index KeySchema does not have the same "+
				"leading hash key as table KeySchema "+
				"for index: %s. index hash key: %s, table hash key: %s", ix.IndexName, hash, own)
		}
	}
	return awsapi.NotImplemented("dynamodb:CreateTable with LocalSecondaryIndexes")
}

func (t *TableSpec) checkIndexes(used map[string]bool) error {
	if t.GlobalSecondaryIndexes != nil && len(t.GlobalSecondaryIndexes) == 0 {
		return validation("One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty")
	}
	names := map[string]bool{}
	for _, ix := range t.GlobalSecondaryIndexes {
		if err := t.checkKeySchema(ix.KeySchema, used); err != nil {
			return err
		}
		if err := ix.Projection.check(); err != nil {
			return err
		}
		if names[ix.IndexName] {
			return validation("One or more parameter values were invalid: Duplicate index name: %s", ix.IndexName)
		}
		names[ix.IndexName] = true
	}
	if len(names) > maxIndexes {
		return validation("One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the "+
			"per-table limit of %d", maxIndexes)
	}
	return nil
}

func (p Projection) check() error {
	const invalid = "One or more parameter values were invalid: "
	switch {
	case p.ProjectionType == "":
		return validation(invalid + "Unknown ProjectionType: null")
	case p.ProjectionType != "INCLUDE" && p.NonKeyAttributes != nil:
		return validation(invalid+"ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	case p.ProjectionType == "INCLUDE" && len(p.NonKeyAttributes) == 0:
		return validation(invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	return nil
}

func (t *TableSpec) checkStream() error {
	s := t.StreamSpecification
	if s.enabled() && s.StreamViewType == "" {
		return validation(
			"One or more parameter values were invalid: StreamViewType must be specified when StreamEnabled is true")
	}
	return nil
}
