package main

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// contract is the part of an OpenAPI 3.0 document that the generator uses, in the document's order.
type contract struct {
	Info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Tags []struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	} `yaml:"tags"`
	Paths      ordered[ordered[*operation]] `yaml:"paths"`
	Components struct {
		Parameters ordered[*parameter] `yaml:"parameters"`
		Headers    ordered[*header]    `yaml:"headers"`
		Responses  ordered[*response]  `yaml:"responses"`
		Schemas    ordered[*schema]    `yaml:"schemas"`
		Security   ordered[*struct {
			Type        string `yaml:"type"`
			Description string `yaml:"description"`
		}] `yaml:"securitySchemes"`
	} `yaml:"components"`
}

type operation struct {
	OperationID string                `yaml:"operationId"`
	Tags        []string              `yaml:"tags"`
	Summary     string                `yaml:"summary"`
	Description string                `yaml:"description"`
	Group       string                `yaml:"x-group"`
	Security    []map[string][]string `yaml:"security"`
	Parameters  []*parameter          `yaml:"parameters"`
	Body        *struct {
		Content ordered[*media] `yaml:"content"`
	} `yaml:"requestBody"`
	Responses ordered[*response] `yaml:"responses"`
}

type parameter struct {
	Ref         string  `yaml:"$ref"`
	Name        string  `yaml:"name"`
	In          string  `yaml:"in"`
	Required    bool    `yaml:"required"`
	Description string  `yaml:"description"`
	Schema      *schema `yaml:"schema"`
}

type header struct {
	Ref         string  `yaml:"$ref"`
	Description string  `yaml:"description"`
	Schema      *schema `yaml:"schema"`
}

type response struct {
	Ref         string           `yaml:"$ref"`
	Description string           `yaml:"description"`
	Headers     ordered[*header] `yaml:"headers"`
	Content     ordered[*media]  `yaml:"content"`
}

type media struct {
	Schema  *schema   `yaml:"schema"`
	Example yaml.Node `yaml:"example"`
}

type schema struct {
	Ref         string           `yaml:"$ref"`
	Type        string           `yaml:"type"`
	Format      string           `yaml:"format"`
	Description string           `yaml:"description"`
	Enum        []string         `yaml:"enum"`
	Pattern     string           `yaml:"pattern"`
	Fault       string           `yaml:"x-fault"` // the error text when the pattern or a length is broken
	MinLength   int              `yaml:"minLength"`
	MaxLength   int              `yaml:"maxLength"`
	Minimum     *int64           `yaml:"minimum"`
	Maximum     *int64           `yaml:"maximum"`
	MinItems    int              `yaml:"minItems"`
	MaxItems    int              `yaml:"maxItems"`
	Items       *schema          `yaml:"items"`
	Properties  ordered[*schema] `yaml:"properties"`
	Required    []string         `yaml:"required"`
	Additional  *bool            `yaml:"additionalProperties"`
	Default     yaml.Node        `yaml:"default"`
	Example     yaml.Node        `yaml:"example"`
}

// ordered is a mapping in the order of its file.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Name  string
	Value T
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a mapping is expected", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		e := entry[T]{Name: n.Content[i].Value}
		if err := n.Content[i+1].Decode(&e.Value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

func (o ordered[T]) get(ref string) (T, error) {
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	for _, e := range o {
		if e.Name == name {
			return e.Value, nil
		}
	}
	var none T
	return none, fmt.Errorf("there is no %s in the document", ref)
}

// parse parses the document and replaces the references to parameters, headers and responses by
// what they refer to. Schemas keep their references.
func parse(source []byte) (*contract, error) {
	c := &contract{}
	if err := yaml.Unmarshal(source, c); err != nil {
		return nil, fmt.Errorf("parse contract: %w", err)
	}
	for _, path := range c.Paths {
		for _, method := range path.Value {
			if err := c.resolve(method.Value); err != nil {
				return nil, fmt.Errorf("operation %s: %w", method.Value.OperationID, err)
			}
		}
	}
	return c, nil
}

func (c *contract) resolve(op *operation) (err error) {
	for i, p := range op.Parameters {
		if p.Ref != "" {
			if op.Parameters[i], err = c.Components.Parameters.get(p.Ref); err != nil {
				return err
			}
		}
	}
	for i, r := range op.Responses {
		if r.Value.Ref != "" {
			if op.Responses[i].Value, err = c.Components.Responses.get(r.Value.Ref); err != nil {
				return err
			}
		}
		headers := op.Responses[i].Value.Headers
		for j, h := range headers {
			if h.Value.Ref != "" {
				if headers[j].Value, err = c.Components.Headers.get(h.Value.Ref); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// deref follows the references of a schema.
func (c *contract) deref(s *schema) (*schema, error) {
	for s.Ref != "" {
		var err error
		if s, err = c.Components.Schemas.get(s.Ref); err != nil {
			return nil, err
		}
	}
	return s, nil
}
