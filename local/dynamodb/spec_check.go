package dynamodb

import (
	"regexp"
	"slices"

	"orderflow/local/awsapi"
)

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// check refuses a table that DynamoDB would not create.
func (t *TableSpec) check() error {
	if !tableName.MatchString(t.TableName) {
		return validation("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, " +
			"and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	if len(t.LocalSecondaryIndexes) > 0 {
		return awsapi.NotImplemented("dynamodb:CreateTable with LocalSecondaryIndexes")
	}
	defined := map[string]bool{}
	for _, d := range t.AttributeDefinitions {
		if !slices.Contains([]string{"S", "N", "B"}, d.AttributeType) {
			return validation("1 validation error detected: Value '%s' at 'attributeDefinitions.member.attributeType' failed to satisfy constraint: "+
				"Member must satisfy enum value set: [B, N, S]", d.AttributeType)
		}
		defined[d.AttributeName] = true
	}
	used := map[string]bool{}
	if err := checkKeySchema(t.KeySchema, defined, used); err != nil {
		return err
	}
	if err := t.checkIndexes(defined, used); err != nil {
		return err
	}
	if len(used) != len(defined) {
		return validation("One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match " +
			"number of attributes defined in AttributeDefinitions")
	}
	return t.checkStream()
}

func checkKeySchema(elements []KeySchemaElement, defined, used map[string]bool) error {
	if len(elements) == 0 || len(elements) > 2 {
		return validation("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length between 1 and 2")
	}
	if elements[0].KeyType != "HASH" {
		return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if len(elements) == 2 && elements[1].KeyType != "RANGE" {
		return validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	if len(elements) == 2 && elements[0].AttributeName == elements[1].AttributeName {
		return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	for _, e := range elements {
		if !defined[e.AttributeName] {
			return validation("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s]",
				e.AttributeName)
		}
		used[e.AttributeName] = true
	}
	return nil
}

func (t *TableSpec) checkIndexes(defined, used map[string]bool) error {
	names := map[string]bool{}
	for _, ix := range t.GlobalSecondaryIndexes {
		if !tableName.MatchString(ix.IndexName) {
			return validation("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, " +
				"and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
		}
		if names[ix.IndexName] {
			return validation("One or more parameter values were invalid: Duplicate index name: %s", ix.IndexName)
		}
		names[ix.IndexName] = true
		if err := checkKeySchema(ix.KeySchema, defined, used); err != nil {
			return err
		}
		switch p := ix.Projection; p.ProjectionType {
		case "ALL", "KEYS_ONLY":
			if len(p.NonKeyAttributes) > 0 {
				return validation("One or more parameter values were invalid: ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
			}
		case "INCLUDE":
			if len(p.NonKeyAttributes) == 0 {
				return validation("One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
			}
		default:
			return validation("One or more parameter values were invalid: Unknown ProjectionType: %s", p.ProjectionType)
		}
	}
	return nil
}

func (t *TableSpec) checkStream() error {
	s := t.StreamSpecification
	if s.enabled() && !slices.Contains([]string{"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"}, s.StreamViewType) {
		return validation("One or more parameter values were invalid: StreamViewType must be specified when StreamEnabled is true")
	}
	return nil
}
