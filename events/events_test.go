package events_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/events"
	"github.com/orderflow-dev/orderflow/events/eventstest"
)

// Each type has an example that its schema accepts, and that the others refuse.
func TestExamples(t *testing.T) {
	t.Parallel()
	check := eventstest.New(t)
	for _, typ := range events.Types {
		raw, err := events.Files.ReadFile("examples/" + typ.File() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := check.Event(raw); err != nil {
			t.Errorf("%s: %v", typ.Name, err)
		}
		if wrong := bytes.Replace(raw, []byte(`"detail-type": "`), []byte(`"detail-type": "Order Placed`), 1); check.Event(wrong) == nil {
			t.Errorf("%s: an event of an unknown type is accepted", typ.Name)
		}
		if missing := bytes.Replace(raw, []byte(`"sequence"`), []byte(`"number"`), 1); check.Event(missing) == nil {
			t.Errorf("%s: an event without a sequence is accepted", typ.Name)
		}
	}
}

// Every change type of the domain has a contract.
func TestTypes(t *testing.T) {
	t.Parallel()
	seen := map[orderflow.ChangeType]bool{}
	for _, typ := range events.Types {
		if seen[typ.Name] || typ.When == "" || typ.Example.Type != typ.Name {
			t.Errorf("%s is described twice, or not at all", typ.Name)
		}
		seen[typ.Name] = true
	}
	contract, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(contract, []byte("ChangeType:\n      type: string\n      enum: ["))
	list, _, _ := bytes.Cut(rest, []byte("]"))
	names := bytes.Split(list, []byte(", "))
	for _, name := range names {
		if !seen[orderflow.ChangeType(name)] {
			t.Errorf("%s has no contract", name)
		}
	}
	if len(names) != len(seen) {
		t.Errorf("the API has %d change types, the events %d", len(names), len(seen))
	}
}

// shape is what consumers may rely on.
type shape struct {
	Properties map[string]struct {
		Type  string
		Enum  []string
		Const any
	}
	Required []string
}

// A version of the schemas only gains members. released/1 holds the schemas as they were first
// published: an incompatible change needs a new SchemaVersion, and a folder of its own.
func TestCompatible(t *testing.T) {
	t.Parallel()
	released, err := os.ReadDir("released/1")
	if err != nil || len(released) < 20 {
		t.Fatalf("got %d released schemas, %v", len(released), err)
	}
	for _, entry := range released {
		var old, now shape
		for file, into := range map[string]*shape{"released/1/": &old, "schemas/": &now} {
			raw, err := os.ReadFile(file + entry.Name())
			if err != nil {
				t.Fatalf("a released type is gone: %v", err)
			}
			if err := json.Unmarshal(raw, into); err != nil {
				t.Fatal(err)
			}
		}
		for _, fault := range breaks(old, now) {
			t.Errorf("%s: %s", entry.Name(), fault)
		}
	}
}

// breaks returns what a consumer of old cannot rely on any more.
func breaks(old, now shape) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(old.Properties)) {
		o := old.Properties[name]
		n, ok := now.Properties[name]
		switch {
		case !ok:
			faults = append(faults, name+" is gone")
		case n.Type != o.Type || n.Const != o.Const:
			faults = append(faults, name+" has another type")
		case !slices.Equal(n.Enum, o.Enum):
			faults = append(faults, name+" has other values")
		}
	}
	for _, name := range old.Required {
		if !slices.Contains(now.Required, name) {
			faults = append(faults, name+" is not always there")
		}
	}
	return faults
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	parse := func(s string) (v shape) {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	old := parse(`{"properties": {"a": {"type": "string", "enum": ["x"]}, "b": {"type": "integer"}}, "required": ["a"]}`)
	for now, want := range map[string]int{
		`{"properties": {"a": {"type": "string", "enum": ["x"]}, "b": {"type": "integer"}, "c": {}}, "required": ["a", "b"]}`: 0,
		`{"properties": {"a": {"type": "string", "enum": ["x"]}}, "required": ["a"]}`:                                         1,
		`{"properties": {"a": {"type": "string", "enum": ["x", "y"]}, "b": {"type": "string"}}, "required": ["b"]}`:           3,
	} {
		if got := breaks(old, parse(now)); len(got) != want {
			t.Errorf("got %v for %s", got, now)
		}
	}
}
