// Package template checks template.yaml for rules that cfn-lint and checkov do not have.
//
// The rules of Lint see the template as it is written: functions are {"Ref": "Queue"} or
// {"Fn::GetAtt": "Queue.Arn"}. waivers.yaml lists accepted findings with their reasons, for these
// rules and for checkov.
package template

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is a template as it is written. Values are strings, maps (map[string]any) and lists
// ([]any).
type Template struct {
	Parameters map[string]any
	Rules      map[string]any
	Mappings   map[string]any
	Conditions map[string]any
	Resources  []Resource // sorted by ID
}

// Resource is one entry of Resources, with SAM's Globals merged in one level deep.
type Resource struct {
	ID, Type   string
	Condition  string // "" without one
	Properties map[string]any
}

// Parse reads a template.
func Parse(source []byte) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, fmt.Errorf("parse template: %w", err)
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("parse template: not one document")
	}
	root, ok := plain(document.Content[0]).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("parse template: not a map")
	}
	t := &Template{
		Parameters: object(root["Parameters"]), Rules: object(root["Rules"]), Mappings: object(root["Mappings"]),
		Conditions: object(root["Conditions"]),
	}
	globals := object(object(root["Globals"])["Function"])
	for id, v := range object(root["Resources"]) {
		r := Resource{ID: id, Type: text(object(v)["Type"]), Condition: text(object(v)["Condition"]), Properties: map[string]any{}}
		if r.Type == "AWS::Serverless::Function" {
			for k, v := range globals {
				r.Properties[k] = v
			}
		}
		for k, v := range object(object(v)["Properties"]) {
			r.Properties[k] = v
		}
		t.Resources = append(t.Resources, r)
	}
	slices.SortFunc(t.Resources, func(a, b Resource) int { return cmp.Compare(a.ID, b.ID) })
	return t, nil
}

// plain returns a node's value with functions in their long form: !Ref X is {"Ref": "X"}, !Sub x is
// {"Fn::Sub": "x"}.
func plain(n *yaml.Node) any {
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		v = m
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, plain(item))
		}
		v = list
	default:
		v = n.Value
	}
	name, short := strings.CutPrefix(n.Tag, "!")
	if !short || strings.HasPrefix(name, "!") {
		return v
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	return map[string]any{name: v}
}

// Of lists the resources of a type.
func (t *Template) Of(typ string) []Resource {
	var out []Resource
	for _, r := range t.Resources {
		if r.Type == typ {
			out = append(out, r)
		}
	}
	return out
}

// get follows a path of map keys: get(r, "LoggingConfig", "LogGroup").
func (r Resource) get(path ...string) any {
	var v any = r.Properties
	for _, p := range path {
		v = object(v)[p]
	}
	return v
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// list returns a list; a single value counts as a list of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// number returns a whole number, or false for any other value.
func number(v any) (int, bool) {
	n, err := strconv.Atoi(text(v))
	return n, err == nil
}

// target returns the id in a Ref or GetAtt, or "" for any other value.
func target(v any) string {
	if id := text(object(v)["Ref"]); id != "" {
		return id
	}
	id, _, _ := strings.Cut(text(object(v)["Fn::GetAtt"]), ".")
	return id
}
