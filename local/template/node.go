package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

type kind int

const (
	scalarNode kind = iota
	listNode
	mapNode
	fnNode // an intrinsic function: {"Fn::Sub": ...}, {"Ref": ...}, !Sub ...
)

// node is one value of a template before its functions are evaluated. Both spellings of a function
// result in the same node.
type node struct {
	kind   kind
	file   string
	line   int
	value  any // scalar: nil, string, int64, float64 or bool
	items  []*node
	keys   []string // a map's keys in the order of the file
	fields map[string]*node
	fn     string // "Ref", "Condition", "Fn::GetAtt" ...
	arg    *node
	short  bool // the function was written with a tag
}

func (n *node) place() string { return n.file + ":" + strconv.Itoa(n.line) }

// field is a map's value, or nil.
func (n *node) field(key string) *node {
	if n == nil || n.kind != mapNode {
		return nil
	}
	return n.fields[key]
}

// first is the first node, depth first, that a predicate holds for; nil if there is none.
func (n *node) first(holds func(*node) bool) *node {
	if n == nil || holds(n) {
		return n
	}
	children := append(slices.Clone(n.items), n.arg)
	for _, k := range n.keys {
		children = append(children, n.fields[k])
	}
	for _, child := range children {
		if found := child.first(holds); found != nil {
			return found
		}
	}
	return nil
}

// text is a scalar string's value, or "".
func (n *node) text() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

// parse reads YAML or JSON. The errors name file and line.
func parse(file string, data []byte) (*node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("parse %s: the file is empty", file)
	}
	c := converter{file: file}
	return c.convert(doc.Content[0])
}

// Bounds of a document: an alias may contain itself, or multiply the document's size.
const (
	maxDepth = 100
	maxNodes = 500_000
)

// converter turns YAML's nodes into this package's.
type converter struct {
	file         string
	depth, nodes int
}

func (c *converter) convert(y *yaml.Node) (*node, error) {
	c.depth++
	defer func() { c.depth-- }()
	if c.nodes++; c.depth > maxDepth || c.nodes > maxNodes {
		return nil, fmt.Errorf("%s:%d: nested too deeply, or too large", c.file, y.Line)
	}
	if y.Kind == yaml.AliasNode {
		return c.convert(y.Alias)
	}
	if strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!") {
		return c.convertTag(y)
	}
	n := &node{file: c.file, line: y.Line}
	switch y.Kind {
	case yaml.ScalarNode:
		n.value = scalar(y)
		return n, nil
	case yaml.SequenceNode:
		n.kind = listNode
		for _, child := range y.Content {
			item, err := c.convert(child)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	}
	return c.convertMap(n, y)
}

func (c *converter) convertMap(n *node, y *yaml.Node) (*node, error) {
	n.kind, n.fields = mapNode, map[string]*node{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Tag == "!!merge" {
			return nil, fmt.Errorf("%s:%d: CloudFormation has no merge keys (<<)", n.file, key.Line)
		}
		if _, ok := n.fields[key.Value]; ok {
			return nil, fmt.Errorf("%s:%d: key %q stands twice", n.file, key.Line, key.Value)
		}
		v, err := c.convert(y.Content[i+1])
		if err != nil {
			return nil, err
		}
		n.keys = append(n.keys, key.Value)
		n.fields[key.Value] = v
	}
	if len(n.keys) == 1 && isFunction(n.keys[0]) {
		return &node{kind: fnNode, file: n.file, line: n.line, fn: n.keys[0], arg: n.fields[n.keys[0]]}, nil
	}
	return n, nil
}

func isFunction(key string) bool { return key == "Ref" || strings.HasPrefix(key, "Fn::") }

// convertTag turns a short form into the long one: !Sub x -> Fn::Sub: x.
func (c *converter) convertTag(y *yaml.Node) (*node, error) {
	name := strings.TrimPrefix(y.Tag, "!")
	plain := *y
	plain.Tag = ""
	arg, err := c.convert(&plain)
	if err != nil {
		return nil, err
	}
	if y.Kind == yaml.ScalarNode {
		arg.value = y.Value // a tagged scalar is always text: !Ref 1 names "1"
	}
	n := &node{kind: fnNode, file: c.file, line: y.Line, fn: "Fn::" + name, arg: arg, short: true}
	if name == "Ref" || name == "Condition" {
		n.fn = name
	}
	return n, nil
}

// scalar reads a plain value. A date of YAML, and a number that would not print as it was written
// (an account id with leading zeros), are text.
func scalar(y *yaml.Node) any {
	switch y.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if y.Decode(&b) == nil {
			return b
		}
	case "!!int":
		if n, err := strconv.ParseInt(y.Value, 10, 64); err == nil && strconv.FormatInt(n, 10) == y.Value {
			return n
		}
	case "!!float":
		if f, err := strconv.ParseFloat(y.Value, 64); err == nil {
			return f
		}
	}
	return y.Value
}
