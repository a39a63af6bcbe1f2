package dynamodb

import (
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Limits of keys and items in bytes.
const (
	maxHashKey  = 2048
	maxRangeKey = 1024
	maxItem     = 400 << 10
)

// checkKey refuses a Key parameter that is not exactly the key attributes of the table.
func (t *table) checkKey(key attr.Item) error {
	if len(key) != len(t.keys.attributes()) {
		return validation("The provided key element does not match the schema")
	}
	for _, a := range t.keys.attributes() {
		if v, ok := key[a.name]; !ok || v.Kind != a.kind {
			return validation("The provided key element does not match the schema")
		}
	}
	return t.checkKeyValues(key)
}

// checkItem refuses an item whose key attributes, of the table or an index, are not what they must
// be.
func (t *table) checkItem(item attr.Item) error {
	for _, a := range t.keys.attributes() {
		v, ok := item[a.name]
		if !ok {
			return validation("One or more parameter values were invalid: Missing the key %s in the item", a.name)
		}
		if v.Kind != a.kind {
			return validation("One or more parameter values were invalid: Type mismatch for key %s expected: %s "+
				"actual: %s", a.name, a.kind, v.Kind)
		}
	}
	if err := t.checkKeyValues(item); err != nil {
		return err
	}
	return t.checkIndexKeys(item)
}

func (t *table) checkKeyValues(item attr.Item) error {
	if err := t.emptyKey(item); err != nil {
		return err
	}
	for i, a := range t.keys.attributes() {
		v := item[a.name]
		if i == 0 && len(v.Text) > maxHashKey && a.kind != attr.N {
			return validation("One or more parameter values were invalid: Size of hashkey has exceeded the maximum "+
				"size limit of%d bytes", maxHashKey)
		}
		if i == 1 && len(v.Text) > maxRangeKey && a.kind != attr.N {
			return validation("One or more parameter values were invalid: Aggregated size of all range keys has "+
				"exceeded the size limit of %d bytes", maxRangeKey)
		}
	}
	return nil
}

// emptyKey refuses a key attribute of its right type without a value.
func (t *table) emptyKey(item attr.Item) error {
	for _, a := range t.keys.attributes() {
		if v := item[a.name]; v.Kind == a.kind && a.kind != attr.N && v.Text == "" {
			return validation("One or more parameter values are not valid. The AttributeValue for a key attribute "+
				"cannot contain an empty %s value. Key: %s",
				scalarName(a.kind), a.name)
		}
	}
	return nil
}

func scalarName(kind attr.Kind) string {
	if kind == attr.B {
		return "binary"
	}
	return "string"
}

func (t *table) checkIndexKeys(item attr.Item) error {
	for _, ix := range t.indexes {
		for i, a := range ix.keys.attributes() {
			v, ok := item[a.name]
			if !ok {
				continue
			}
			if v.Kind != a.kind {
				return ix.mismatch(a, v.Kind)
			}
			if a.kind != attr.N && v.Text == "" {
				return validation("One or more parameter values are not valid. A value specified for a secondary "+
					"index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, "+
					"IndexKey: %s", scalarName(a.kind), ix.name, a.name)
			}
			if a.kind != attr.N && (i == 0 && len(v.Text) > maxHashKey || i == 1 && len(v.Text) > maxRangeKey) {
				return validation("One or more parameter values were invalid: Size of index key %s has exceeded the "+
					"maximum size limit. IndexName: %s",
					a.name, ix.name)
			}
		}
	}
	return nil
}

func (ix *index) mismatch(a keyAttribute, actual attr.Kind) error {
	return validation(
		"One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
		a.name, a.kind, actual, ix.name)
}

// checkUpdated is checkIndexKeys for an item that an update made: values that were in the request
// have been checked before.
func (t *table) checkUpdated(item attr.Item) error {
	for _, ix := range t.indexes {
		for _, a := range ix.keys.attributes() {
			if v, ok := item[a.name]; ok && v.Kind != a.kind {
				return validation("The update expression attempted to update the secondary index key to unsupported type")
			}
		}
	}
	return t.checkIndexKeys(item)
}

// checkNested refuses paths into attributes that are keys.
func (t *table) checkNested(names []string) error {
	for _, name := range names {
		if t.keys.has(name) {
			return nestedKey("Key", name)
		}
	}
	for _, name := range names {
		if slices.ContainsFunc(t.indexes, func(ix index) bool { return ix.keys.has(name) }) {
			return nestedKey("IndexKey", name)
		}
	}
	return nil
}

func nestedKey(kind, name string) error {
	return validation(
		"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: %s: %s", kind, name)
}
