package value

import (
	"encoding/json"
	"testing"
)

// FuzzParse compares Parse with encoding/json, and reads all parts of the values that it accepts.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,{"b":null}],"a":"\u00e9\ud83d\ude00\n"}`, ` [ true , false ] `, `"x`,
		`-0.0e+5`, `{"a" : {} , "b":[]}`, `01`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			// encoding/json accepts invalid UTF-8, and deeper nesting.
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("Parse accepts %q", text)
		}
		visit(t, v, 0)
		if c := Compact(v); !Equal(c, v) || !json.Valid([]byte(c)) {
			t.Fatalf("Compact(%s) = %s", v, c)
		}
		if Canonical(v) != Canonical(Compact(v)) {
			t.Fatalf("Canonical(%s) depends on white space", v)
		}
		set, err := Set(v, []Step{{Key: "a"}, {Key: "b\"c"}}, "[1]")
		if err == nil && !json.Valid([]byte(set)) {
			t.Fatalf("Set returns %s", set)
		}
	})
}

func visit(t *testing.T, v JSON, depth int) {
	switch v.Kind() {
	case Object:
		for _, m := range v.Members() {
			got, ok := v.Member(m.Key)
			if !ok || got != m.Value {
				t.Fatalf("Member(%q) = %s, %t", m.Key, got, ok)
			}
			if depth < 20 {
				visit(t, m.Value, depth+1)
			}
		}
	case Array:
		for i, e := range v.Elements() {
			if i < 5 {
				if got, ok := v.Element(i); !ok || got != e {
					t.Fatalf("Element(%d) = %s, %t", i, got, ok)
				}
			}
			if depth < 20 {
				visit(t, e, depth+1)
			}
		}
	case String:
		var want string
		if err := json.Unmarshal([]byte(v), &want); err != nil || want != v.Text() {
			t.Fatalf("Text of %s is %q, want %q (%v)", v, v.Text(), want, err)
		}
		if back := OfString(v.Text()); back.Text() != v.Text() {
			t.Fatalf("OfString(%q) = %s", v.Text(), back)
		}
	case Number:
		if Compare(v, v) != 0 {
			t.Fatalf("%s differs from itself", v)
		}
	}
}
