package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Placeholders are the names (#n) and values (:v) that the expressions of one request share. They
// remember which were used.
type Placeholders struct {
	names       map[string]string
	values      attr.Item
	usedNames   map[string]bool
	usedValues  map[string]bool
	expressions int
	takeValues  int      // how many expressions may use values: all but projections
	nested      []string // the attributes within which a path goes on
}

// NewPlaceholders checks the ExpressionAttributeNames and ExpressionAttributeValues of a request;
// nil means that the request has none.
func NewPlaceholders(names map[string]string, values attr.Item) (*Placeholders, error) {
	if names != nil && len(names) == 0 {
		return nil, errorf("ExpressionAttributeNames must not be empty")
	}
	for key, name := range names {
		if err := checkName(key, name); err != nil {
			return nil, err
		}
	}
	if values != nil && len(values) == 0 {
		return nil, errorf("ExpressionAttributeValues must not be empty")
	}
	for key := range values {
		if !isPlaceholder(key, ':') {
			return nil, errorf("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", key)
		}
		if len(key) > maxPlaceholder {
			return nil, errorf("ExpressionAttributeValues contains invalid key: The expression attribute map contains "+
				"a key that is too long; key: %q", key)
		}
	}
	return &Placeholders{names: names, values: values}, nil
}

// Longest placeholders, and attribute names behind them, in bytes.
const (
	maxPlaceholder = 255
	maxName        = 65535
)

// checkName checks a placeholder and the attribute name that it stands for.
func checkName(key, name string) error {
	switch {
	case !isPlaceholder(key, '#'):
		return errorf("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", key)
	case len(key) > maxPlaceholder:
		return errorf("ExpressionAttributeNames contains invalid key: The expression attribute map contains a key "+
			"that is too long; key: %q", key)
	case name == "":
		return errorf("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", key)
	case len(name) > maxName:
		return errorf("1 validation error detected: Attribute name is too large, must be less than 65536 bytes")
	}
	return nil
}

func isPlaceholder(key string, sigil byte) bool {
	if len(key) < 2 || key[0] != sigil {
		return false
	}
	return strings.IndexFunc(key[1:], func(r rune) bool { return r > 127 || !isWord(byte(r)) }) < 0
}

// Nested lists the attributes within which the parsed expressions have paths, as a in a.b or a[0].
func (p *Placeholders) Nested() []string { return p.nested }

// Done returns an error for placeholders that no expression used. Call it when all expressions of
// the request are parsed. Absent says which expressions the request would need for its values, e.g.
// "ConditionExpression is null".
func (p *Placeholders) Done(absent string) error {
	if p.expressions == 0 && p.names != nil {
		return errorf("ExpressionAttributeNames can only be specified when using expressions")
	}
	if p.takeValues == 0 && p.values != nil {
		return errorf("ExpressionAttributeValues can only be specified when using expressions: %s", absent)
	}
	if unused := missing(p.names, p.usedNames); unused != "" {
		return errorf("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", unused)
	}
	if unused := missing(p.values, p.usedValues); unused != "" {
		return errorf("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", unused)
	}
	return nil
}

func missing[V any](given map[string]V, used map[string]bool) string {
	if len(used) == len(given) {
		return ""
	}
	unused := slices.DeleteFunc(slices.Sorted(maps.Keys(given)), func(k string) bool { return used[k] })
	return strings.Join(unused, ", ")
}

func (p *Placeholders) name(placeholder string) (string, error) {
	name, ok := p.names[placeholder]
	if !ok {
		return "", errorf("An expression attribute name used in the document path is not defined; attribute name: %s",
			placeholder)
	}
	if p.usedNames == nil {
		p.usedNames = map[string]bool{}
	}
	p.usedNames[placeholder] = true
	return name, nil
}

func (p *Placeholders) value(placeholder string) (attr.Value, error) {
	v, ok := p.values[placeholder]
	if !ok {
		return v, errorf("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
	}
	if p.usedValues == nil {
		p.usedValues = map[string]bool{}
	}
	p.usedValues[placeholder] = true
	return v, nil
}
