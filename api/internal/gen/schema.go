package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// schemas writes a variable for each named schema that is referred to.
func (g *goSource) schemas() error {
	for len(g.queue) > 0 {
		name := g.queue[0]
		g.queue = g.queue[1:]
		s, err := g.contract.Components.Schemas.get(name)
		if err != nil {
			return err
		}
		text, err := g.schema(s)
		if err != nil {
			return fmt.Errorf("schema %s: %w", name, err)
		}
		g.line("var schema%s = %s\n", name, text)
	}
	return nil
}

// schema returns the expression of a schema: a variable if it has a name, a literal otherwise.
func (g *goSource) schema(s *schema) (string, error) {
	if s.Ref != "" {
		return g.reference(s.Ref), nil
	}
	fields, err := g.fields(s)
	if err != nil {
		return "", err
	}
	fault := ""
	if s.Fault != "" {
		fault = fmt.Sprintf("fault: %q,", s.Fault)
	}
	return fmt.Sprintf("&schema{kind: %q,%s%s}", s.Type, fault, fields), nil
}

// reference returns the variable of a named schema, and queues the schema to be written.
func (g *goSource) reference(ref string) string {
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	if !g.done[name] {
		g.done[name] = true
		g.queue = append(g.queue, name)
	}
	return "schema" + name
}

// fields returns the fields of a schema that depend on its type.
func (g *goSource) fields(s *schema) (string, error) {
	switch s.Type {
	case "string":
		return stringFields(s)
	case "integer":
		return integerFields(s)
	case "boolean":
		return "", nil
	case "array":
		items, err := g.schema(s.Items)
		return fmt.Sprintf("min: %d, max: %d, items: %s", s.MinItems, s.MaxItems, items), err
	case "object":
		return g.objectFields(s)
	}
	return "", fmt.Errorf("type %q is not supported", s.Type)
}

// codepoint is an escape of ECMA 262's regular expressions, which the contract uses. Go writes it
// as \x{2028}.
var codepoint = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

func stringFields(s *schema) (string, error) {
	if s.Pattern != "" && s.Fault == "" && s.MinLength+s.MaxLength == 0 {
		return "", fmt.Errorf("pattern %s needs an x-fault", s.Pattern)
	}
	var b strings.Builder
	if s.Pattern != "" {
		fmt.Fprintf(&b, "pattern: regexp.MustCompile(%#q),", codepoint.ReplaceAllString(s.Pattern, `\x{$1}`))
	}
	if len(s.Enum) > 0 {
		fmt.Fprintf(&b, "enum: %#v,", s.Enum)
	}
	if s.Format != "" {
		fmt.Fprintf(&b, "format: %q,", s.Format)
	}
	fmt.Fprintf(&b, "min: %d, max: %d", s.MinLength, s.MaxLength)
	return b.String(), nil
}

func integerFields(s *schema) (string, error) {
	if s.Minimum == nil || s.Maximum == nil {
		return "", errors.New("an integer needs a minimum and a maximum")
	}
	fields := fmt.Sprintf("min: %d, max: %d", *s.Minimum, *s.Maximum)
	if s.Default.Value != "" {
		fields += fmt.Sprintf(", preset: %q", s.Default.Value)
	}
	return fields, nil
}

func (g *goSource) objectFields(s *schema) (string, error) {
	if s.Additional == nil {
		return "", errors.New("an object of a request needs additionalProperties")
	}
	var b strings.Builder
	if *s.Additional {
		b.WriteString("open: true, ")
	}
	if s.Format != "" {
		fmt.Fprintf(&b, "format: %q,", s.Format)
	}
	fmt.Fprintf(&b, "required: %#v, properties: map[string]*schema{\n", s.Required)
	for _, p := range s.Properties {
		text, err := g.schema(p.Value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.Name, err)
		}
		fmt.Fprintf(&b, "%q: %s,\n", p.Name, text)
	}
	b.WriteString("}")
	return b.String(), nil
}
