package expr

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// testCase is one case of testdata: an expression, its placeholders, and what it gives.
type testCase struct {
	Kind       Kind
	Expression string
	Names      map[string]string
	Values     attr.Item
	Error      string
}

func (c testCase) placeholders(t *testing.T) *Placeholders {
	t.Helper()
	ph, err := NewPlaceholders(c.Names, c.Values)
	if err != nil {
		t.Fatal(err)
	}
	return ph
}

func load(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func text(i attr.Item) string { return string(attr.AppendJSON(nil, i)) }

func TestCondition_Match(t *testing.T) {
	t.Parallel()
	var file struct {
		Items map[string]attr.Item
		Cases []struct {
			testCase
			Item string
			Want bool
		}
	}
	load(t, "conditions.json", &file)
	for _, c := range file.Cases {
		t.Run(c.Expression+" "+c.Item, func(t *testing.T) {
			ph := c.placeholders(t)
			condition, err := ParseCondition(ConditionKind, c.Expression, ph)
			if err == nil {
				err = ph.Done("")
			}
			if err != nil {
				t.Fatal(err)
			}
			item := file.Items["order"]
			if c.Item != "" {
				item = file.Items[c.Item]
			}
			if got := condition.Match(item); got != c.Want {
				t.Errorf("= %t, want %t", got, c.Want)
			}
		})
	}
}

func TestUpdate_Apply(t *testing.T) {
	t.Parallel()
	var cases []struct {
		testCase
		Item, Want attr.Item
	}
	load(t, "updates.json", &cases)
	for _, c := range cases {
		t.Run(c.Expression, func(t *testing.T) {
			ph := c.placeholders(t)
			update, err := ParseUpdate(c.Expression, ph)
			if err == nil {
				err = ph.Done("")
			}
			if err != nil {
				t.Fatal(err)
			}
			before := text(c.Item)
			got, err := update.Apply(c.Item)
			if err == nil && c.Error != "" || err != nil && err.Error() != c.Error {
				t.Fatalf("error = %v, want %q", err, c.Error)
			}
			if err == nil && text(got) != text(c.Want) {
				t.Errorf("= %s, want %s", text(got), text(c.Want))
			}
			if text(c.Item) != before {
				t.Errorf("the item has changed to %s", text(c.Item))
			}
		})
	}
}

func TestProjection_Apply(t *testing.T) {
	t.Parallel()
	var cases []struct {
		testCase
		Item, Want attr.Item
	}
	load(t, "projections.json", &cases)
	for _, c := range cases {
		t.Run(c.Expression, func(t *testing.T) {
			projection, err := ParseProjection(c.Expression, c.placeholders(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := projection.Apply(c.Item); text(got) != text(c.Want) {
				t.Errorf("= %s, want %s", text(got), text(c.Want))
			}
		})
	}
}

// parseKind parses an expression of any kind; key conditions for a table with the keys pk and rk.
func parseKind(kind Kind, src string, ph *Placeholders) error {
	var err error
	switch kind {
	case UpdateKind:
		_, err = ParseUpdate(src, ph)
	case ProjectionKind:
		_, err = ParseProjection(src, ph)
	case KeyConditionKind:
		var terms *KeyTerms
		if terms, err = ParseKeyCondition(src, ph); err == nil {
			err = terms.Check()
		}
		if err == nil {
			_, err = terms.For(Key{"pk", attr.S}, Key{"rk", attr.S})
		}
	default:
		_, err = ParseCondition(kind, src, ph)
	}
	if err == nil {
		err = ph.Done("")
	}
	return err
}

func TestParse_Refused(t *testing.T) {
	t.Parallel()
	var cases []struct {
		testCase
		Want string
	}
	load(t, "refused.json", &cases)
	for _, c := range cases {
		t.Run(c.Expression, func(t *testing.T) {
			ph, err := NewPlaceholders(c.Names, c.Values)
			if err == nil {
				err = parseKind(c.Kind, c.Expression, ph)
			}
			if err == nil || err.Error() != c.Want {
				t.Errorf("error = %v\nwant    %s", err, c.Want)
			}
		})
	}
}

func TestParseKeyCondition(t *testing.T) {
	t.Parallel()
	values := attr.Item{":h": attr.Value{Kind: attr.S, Text: "p"}, ":a": attr.Value{Kind: attr.S, Text: "a"}, ":b": attr.Value{Kind: attr.S, Text: "b"}}
	for _, tt := range []struct {
		src, op string
		args    int
	}{
		{"pk = :h", "", 0}, {":h = pk", "", 0}, {"pk = :h AND rk = :a", "=", 1}, {"rk < :a AND pk = :h", "<", 1},
		{"pk = :h AND :a <= rk", ">=", 1},
		{"(pk = :h) AND (begins_with(rk, :a))", "begins_with", 1}, {"pk = :h AND rk BETWEEN :a AND :b", "BETWEEN", 2},
	} {
		t.Run(tt.src, func(t *testing.T) {
			ph, err := NewPlaceholders(nil, values)
			if err != nil {
				t.Fatal(err)
			}
			terms, err := ParseKeyCondition(tt.src, ph)
			if err == nil {
				err = terms.Check()
			}
			if err != nil {
				t.Fatal(err)
			}
			c, err := terms.For(Key{"pk", attr.S}, Key{"rk", attr.S})
			if err != nil || c.Op != tt.op || len(c.Range) != tt.args || c.Hash.Text != "p" {
				t.Errorf("= %+v, %v", c, err)
			}
		})
	}
}

func TestReservedWords(t *testing.T) {
	t.Parallel()
	if len(reserved) != 573 {
		t.Errorf("%d reserved words, AWS lists 573", len(reserved))
	}
	for _, w := range []string{"Status", "name", "TTL", "items", "Year"} {
		if !isReserved(w) {
			t.Errorf("%s is not reserved", w)
		}
	}
}

// FuzzParse looks for expressions that crash a parser or an evaluation; a parsed one must give the
// same result twice.
func FuzzParse(f *testing.F) {
	var cases []testCase
	load(f, "refused.json", &cases)
	for _, c := range cases {
		f.Add(c.Expression)
	}
	for _, src := range []string{
		"SET a = list_append(l[0], :v), m.x = if_not_exists(a, :n) - :n REMOVE l[1] ADD n :n",
		"NOT (a IN (:v, n) OR size(#n) > :n)",
	} {
		f.Add(src)
	}
	values := attr.Item{":v": attr.Value{Kind: attr.S, Text: "x"}, ":n": attr.Int(1)}
	item := attr.Item{"a": attr.Value{Kind: attr.S, Text: "x"}, "n": attr.Int(3), "l": {Kind: attr.L, List: []attr.Value{attr.Int(1)}},
		"m": {Kind: attr.M, Map: attr.Item{"x": attr.Int(2)}}}
	f.Fuzz(func(t *testing.T, src string) {
		for _, kind := range []Kind{ConditionKind, UpdateKind, ProjectionKind, KeyConditionKind} {
			ph, err := NewPlaceholders(map[string]string{"#n": "n"}, values)
			if err != nil {
				t.Fatal(err)
			}
			if err := parseKind(kind, src, ph); err != nil && strings.Contains(err.Error(), "%!") {
				t.Errorf("badly formatted error: %v", err)
			}
		}
		ph, err := NewPlaceholders(map[string]string{"#n": "n"}, values)
		if err != nil {
			t.Fatal(err)
		}
		before := text(item)
		if c, err := ParseCondition(ConditionKind, src, ph); err == nil {
			if first := c.Match(item); c.Match(item) != first {
				t.Error("a condition gives two results")
			}
		}
		if u, err := ParseUpdate(src, ph); err == nil {
			if after, err := u.Apply(item); err == nil {
				if _, err := attr.Unmarshal(attr.Marshal(after)); err != nil {
					t.Errorf("the updated item cannot be stored and read back: %v", err)
				}
			}
		}
		if text(item) != before {
			t.Errorf("%s changed its input to %s", src, text(item))
		}
	})
}
