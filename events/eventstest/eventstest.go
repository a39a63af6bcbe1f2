// Package eventstest checks events against the schemas of package events.
package eventstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/orderflow-dev/orderflow/events"
)

// Checker checks events.
type Checker struct{ schemas map[string]*jsonschema.Schema }

// New compiles the schemas.
func New(t testing.TB) *Checker {
	t.Helper()
	c := &Checker{map[string]*jsonschema.Schema{}}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	for _, typ := range events.Types {
		file := "schemas/" + typ.File() + ".json"
		raw, err := events.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(file, document); err != nil {
			t.Fatal(err)
		}
		if c.schemas[string(typ.Name)], err = compiler.Compile(file); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// Event checks an event as EventBridge delivers it.
func (c *Checker) Event(raw []byte) error {
	var e struct {
		DetailType string `json:"detail-type"`
		Source     string
		Detail     json.RawMessage
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	if e.Source != "orderflow" {
		return fmt.Errorf("the source is %q", e.Source)
	}
	schema := c.schemas[e.DetailType]
	if schema == nil {
		return fmt.Errorf("the type %q has no schema", e.DetailType)
	}
	detail, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Detail))
	if err != nil {
		return err
	}
	if err := schema.Validate(detail); err != nil {
		return errors.Join(err, fmt.Errorf("in %s", e.Detail))
	}
	return nil
}
