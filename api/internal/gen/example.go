package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mediaExample returns the example of a content, or that of its schema.
func (p *page) mediaExample(m *media) (string, error) {
	if m.Example.Kind != 0 {
		return indented(&m.Example)
	}
	return p.schemaExample(m.Schema)
}

// schemaExample returns the example of a schema, or one composed of the examples of its properties.
// It returns "" if the schema is not an object.
func (p *page) schemaExample(s *schema) (string, error) {
	target, err := p.contract.deref(s)
	if err != nil || target.Type != "object" {
		return "", err
	}
	node, err := p.exampleOf(s)
	if err != nil {
		return "", err
	}
	return indented(node)
}

func (p *page) exampleOf(s *schema) (*yaml.Node, error) {
	s, err := p.contract.deref(s)
	switch {
	case err != nil:
		return nil, err
	case s.Example.Kind != 0:
		return &s.Example, nil
	case s.Default.Kind != 0:
		return &s.Default, nil
	case len(s.Enum) > 0:
		return text(s.Enum[0]), nil
	case s.Format == "date-time":
		return text("2026-11-22T16:00:00Z"), nil
	}
	switch s.Type {
	case "object":
		node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, e := range s.Properties {
			value, err := p.exampleOf(e.Value)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, text(e.Name), value)
		}
		return node, nil
	case "array":
		item, err := p.exampleOf(s.Items)
		return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{item}}, err
	case "boolean":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"}, nil
	case "integer":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: "1"}, nil
	}
	return text("..."), nil
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// indented returns a YAML value as JSON, in the order of its mappings, with short objects on one
// line.
func indented(n *yaml.Node) (string, error) {
	var b strings.Builder
	err := writeJSON(&b, n, "")
	return b.String(), err
}

const wide = 96

func writeJSON(b *strings.Builder, n *yaml.Node, indent string) error {
	if flat, err := flatJSON(n); err != nil || len(indent)+len(flat) <= wide &&
		(n.Kind == yaml.ScalarNode || indent != "") {
		b.WriteString(flat)
		return err
	}
	open, end, step := "{", "}", 2
	if n.Kind == yaml.SequenceNode {
		open, end, step = "[", "]", 1
	}
	b.WriteString(open)
	for i := 0; i < len(n.Content); i += step {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + indent + "  ")
		if step == 2 {
			fmt.Fprintf(b, "%q: ", n.Content[i].Value)
		}
		if err := writeJSON(b, n.Content[i+step-1], indent+"  "); err != nil {
			return err
		}
	}
	b.WriteString("\n" + indent + end)
	return nil
}

func flatJSON(n *yaml.Node) (string, error) {
	switch n.Kind {
	case yaml.MappingNode:
		var parts []string
		for i := 0; i < len(n.Content); i += 2 {
			value, err := flatJSON(n.Content[i+1])
			if err != nil {
				return "", err
			}
			parts = append(parts, fmt.Sprintf("%q: %s", n.Content[i].Value, value))
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	case yaml.SequenceNode:
		var parts []string
		for _, c := range n.Content {
			value, err := flatJSON(c)
			if err != nil {
				return "", err
			}
			parts = append(parts, value)
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return "", err
	}
	raw, err := json.Marshal(value)
	return string(raw), err
}

// curl returns a command that calls the operation.
func (p *page) curl(op documented) (string, error) {
	path := op.Path
	var headers strings.Builder
	for _, param := range op.Parameters {
		if param.In != "path" && !(param.In == "header" && param.Required) {
			continue
		}
		node, err := p.exampleOf(param.Schema)
		if err != nil {
			return "", err
		}
		if param.In == "path" {
			path = strings.ReplaceAll(path, "{"+param.Name+"}", node.Value)
		} else {
			fmt.Fprintf(&headers, " \\\n  -H '%s: %s'", param.Name, node.Value)
		}
	}
	command := "curl "
	if op.Method != "get" {
		command += "-X " + strings.ToUpper(op.Method) + " "
	}
	command += "$API" + path
	if _, byToken := op.scopes(); byToken {
		command += ` -H "Authorization: Bearer $TOKEN"`
	} else if len(op.Security) > 0 {
		command += ` -H "Orderflow-Signature: t=$SECONDS,v1=$SIGNATURE"`
	}
	command += headers.String()
	if op.Body != nil {
		body, err := p.exampleNode(op.Body.Content[0].Value)
		if err != nil {
			return "", err
		}
		command += " \\\n  -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(body, "'", `'\''`) + "'"
	}
	return command, nil
}

func (p *page) exampleNode(m *media) (string, error) {
	node, err := p.exampleOf(m.Schema)
	if err != nil {
		return "", err
	}
	return flatJSON(node)
}
