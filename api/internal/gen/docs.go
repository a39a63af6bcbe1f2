package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

//go:embed docs.tmpl.html
var docsTemplate string

// docs returns the contract as one self-contained page without scripts.
func docs(c *contract) ([]byte, error) {
	page := &page{contract: c}
	t, err := template.New("docs").Funcs(template.FuncMap{
		"prose": prose, "inline": inline, "upper": strings.ToUpper, "lower": strings.ToLower,
		"operations": page.operations, "fields": page.fields, "typeOf": page.typeOf, "example": page.mediaExample,
		"schemaExample": page.schemaExample, "needs": needs, "curl": page.curl, "class": statusClass,
	}).Parse(docsTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, c); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	return b.Bytes(), nil
}

type page struct{ contract *contract }

// documented is an operation with its path and method.
type documented struct {
	Path, Method string
	*operation
}

// operations returns the operations of a tag.
func (p *page) operations(tag string) (list []documented) {
	for _, path := range p.contract.Paths {
		for _, method := range path.Value {
			if len(method.Value.Tags) > 0 && method.Value.Tags[0] == tag {
				list = append(list, documented{path.Name, method.Name, method.Value})
			}
		}
	}
	return list
}

// field is a row of a schema's table.
type field struct {
	Name        string
	Required    bool
	Type        template.HTML
	Description string
}

func (p *page) fields(s *schema) ([]field, error) {
	s, err := p.contract.deref(s)
	if err != nil {
		return nil, err
	}
	var rows []field
	for _, e := range s.Properties {
		kind, err := p.typeOf(e.Value)
		if err != nil {
			return nil, err
		}
		row := field{Name: e.Name, Type: kind, Description: e.Value.Description}
		for _, r := range s.Required {
			row.Required = row.Required || r == e.Name
		}
		if target, err := p.contract.deref(e.Value); err == nil && row.Description == "" && target.Type != "object" {
			row.Description = target.Description
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// typeOf describes the type of a schema with its bounds. An object links to its own table.
func (p *page) typeOf(s *schema) (template.HTML, error) {
	target, err := p.contract.deref(s)
	if err != nil {
		return "", err
	}
	switch target.Type {
	case "object":
		if s.Ref == "" {
			return "object", nil
		}
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return template.HTML(`<a href="#schema-` + strings.ToLower(name) + `">` + template.HTMLEscapeString(name) +
			`</a>`), nil
	case "array":
		items, err := p.typeOf(target.Items)
		if err != nil {
			return "", err
		}
		text := "list of " + string(items)
		if target.MaxItems > 0 {
			text += fmt.Sprintf(", %d to %d", target.MinItems, target.MaxItems)
		}
		return template.HTML(text), nil
	}
	return template.HTML(template.HTMLEscapeString(scalar(target))), nil
}

func scalar(s *schema) string {
	text := s.Type
	if s.Format == "date-time" {
		text = "time (RFC 3339)"
	}
	switch {
	case len(s.Enum) > 0:
		text = strings.Join(s.Enum, " | ")
	case s.Fault != "":
		text += ", " + strings.TrimPrefix(s.Fault, "must be ")
	case s.MaxLength > 0:
		text += fmt.Sprintf(", %d to %d characters", s.MinLength, s.MaxLength)
	case s.Minimum != nil && s.Maximum != nil:
		text += fmt.Sprintf(", %d to %d", *s.Minimum, *s.Maximum)
	case s.Minimum != nil:
		text += fmt.Sprintf(", at least %d", *s.Minimum)
	}
	if s.Default.Value != "" {
		text += " (default " + s.Default.Value + ")"
	}
	return text
}

// needs describes who may call an operation.
func needs(op documented) string {
	scopes, byToken := op.scopes()
	switch {
	case byToken && op.Group != "":
		return "group " + op.Group + ", scope " + strings.Join(scopes, " ")
	case byToken:
		return "scope " + strings.Join(scopes, " ")
	case len(op.Security) > 0:
		return "signed"
	}
	return "public"
}

func statusClass(status string) string {
	if n, err := strconv.Atoi(status); err == nil && n < 400 {
		return "good"
	}
	return "bad" // default stands for failures
}

var (
	code   = regexp.MustCompile("`([^`]+)`")
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// inline renders `code` and **strong**.
func inline(text string) template.HTML {
	text = template.HTMLEscapeString(text)
	text = code.ReplaceAllString(text, "<code>$1</code>")
	return template.HTML(strong.ReplaceAllString(text, "<strong>$1</strong>"))
}

// prose renders paragraphs of inline text.
func prose(text string) template.HTML {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>" + string(inline(part)) + "</p>")
	}
	return template.HTML(b.String())
}
