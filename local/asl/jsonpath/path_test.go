package jsonpath

import (
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

const store = `{"book":[{"t":"A","p":8.95,"tags":["x"]},{"t":"B","p":12.99,"isbn":"1"},{"t":"C","p":8.99}],` +
	`"a.b":1,"it's":2,"deep":{"t":"D","list":[[1,2],[3]]},"n":null}`

func TestPath_Eval(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, want string }{
		{"$", store},
		{"$.n", `null`},
		{"$.book[0].t", `"A"`},
		{"$.book[(@.length-1)].t", `"C"`},
		{"$.book[( @.length - 3 )].t", `"A"`},
		{"$.book[*].tags[(@.length-1)]", `["x"]`},
		{"$.['a.b']", `1`},
		{"$.deep.['list'].[0][1]", `2`},
		{"$.book.[0:2].['t']", `["A","B"]`},
		{"$.none[1:]", `[]`},
		{"$.none[0,1]", `[]`},
		{"$.book[*][1:]", `[]`},
		{"$..deep[1:]", `[]`},
		{"$.book[0,-1].t", `["A"]`},
		{"$['a.b']", `1`},
		{`$["it's"]`, `2`},
		{`$['it\'s']`, `2`},
		{"$.deep['list'][0][1]", `2`},
		{"$.book[*].t", `["A","B","C"]`},
		{"$.book.*.t", `["A","B","C"]`},
		{"$.book[0,2].t", `["A","C"]`},
		{"$.book[-2:].t", `["B","C"]`},
		{"$.book[:2].t", `["A","B"]`},
		{"$.book[0:3:2].t", `["A","C"]`},
		{"$.book[5:9]", `[]`},
		{"$.book[*].isbn", `["1"]`},
		{"$.book[0]['t','p']", `["A",8.95]`},
		{"$..t", `["A","B","C","D"]`},
		{"$..list[0]", `[[1,2]]`},
		{"$.book..tags[*]", `["x"]`},
		{"$.book[?(@.p < 9)].t", `["A","C"]`},
		{"$.book[?(@.p > 9 || @.t == 'C')].t", `["B","C"]`},
		{"$.book[?(@.isbn)].t", `["B"]`},
		{"$.book[?(!@.isbn && @.p != 8.99)].t", `["A"]`},
		{"$.book[?(@.t >= 'B')].p", `[12.99,8.99]`},
		{"$.book[?(@.p == $.book[0].p)].t", `["A"]`},
		{"$.book[?(@.tags[0] == \"x\")].t", `["A"]`},
		{"$.deep[?(@.t == 'D')].t", `["D"]`},
		{"$.none[*].x", `[]`},
		{"$.n[*]", `[]`},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			p, err := Parse(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Eval(store)
			if err != nil || got != value.JSON(tt.want) {
				t.Errorf("got %s, %v; want %s", got, err, tt.want)
			}
			if p.String() != tt.path {
				t.Errorf("the path is shown as %s", p)
			}
		})
	}
}

func TestPath_notFound(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"$.no":                 "No results for path: $['no']",
		"$.deep.no":            "No results for path: $['deep']['no']",
		"$.no.such.path":       "Missing property in path $['no']",
		"$.deep.no.x":          "Missing property in path $['deep']['no']",
		"$.book[7]":            "Index out of bounds when evaluating path $['book'][7]",
		"$.book[-1].t":         "Index out of bounds when evaluating path $['book'][-1]",
		"$.book[(@.length-4)]": "Index out of bounds when evaluating path $['book'][(@.length-4)]",
		"$.deep[(@.length-1)]": "Filter: [(@.length-1)] can only be applied to arrays. Current context is: " +
			`{"t":"D","list":[[1,2],[3]]}`,
		"$.deep[1:]": "Filter: [1:] can only be applied to arrays. Current context is: " +
			`{"t":"D","list":[[1,2],[3]]}`,
		"$.n[:2:1].x":       "Filter: [:2:1] can only be applied to arrays. Current context is: null",
		"$.deep.t[0,1]":     "Filter: [0,1] can only be applied to arrays. Current context is: " + `"D"`,
		"$.book.length()":   "No results for path: $['book'].length()",
		"$.book[*].p.sum()": "No results for path: $['book'][*]['p'].sum()",
		"$.book[0].t.x": "Expected to find an object with property ['x'] in path $['book'][0]['t'] but " +
			"found 'string'.",
	} {
		p, err := Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = p.Eval(store); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestParse_roots(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]Path{
		"$":                 {root: Input, definite: true},
		"$$.Execution.Id":   {root: Context, definite: true},
		"$name.a[0]":        {root: Variable, variable: "name", definite: true},
		"$größe_1":          {root: Variable, variable: "größe_1", definite: true},
		"$.a[*]":            {root: Input},
		"$$..Id":            {root: Context},
		"$v[?(@.a == 1)].b": {root: Variable, variable: "v"},
	} {
		p, err := Parse(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if p.Root() != want.root || p.Variable() != want.variable || p.Definite() != want.definite {
			t.Errorf("%s: root %d, variable %q, definite %t", path, p.Root(), p.Variable(), p.Definite())
		}
	}
}

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"", "a", "$.", "$..", "$[", "$[]", "$[a]", "$['a]", "$['a'", "$.a b", "$[1,]", "$[1:2:0]", "$[?]", "$[?(",
		"$[?(@.a ==)]", "$[?(1)]",
		"$[?(@.a == [1])]", "$.length().a", "$.a.b(", "$.a.b('", "$[(@.size-1)]", "$[(1)]", "$[(@.length+1)]",
		"$[(@.length-1]", "$[(@.length--1)]", "$-", "$ ", "$.a]", "$[99999999999999999999]",
	} {
		if p, err := Parse(path); err == nil {
			t.Errorf("%q is accepted as %+v", path, p)
		}
	}
}

func TestPath_Reference(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{"$": true, "$.a['b'][2]": true, "$.a[*]": false, "$$.a": false,
		"$v": false, "$..a": false, "$.a[(@.length-1)]": false, "$.length()": false} {
		p, err := Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := p.Reference(); got != ok {
			t.Errorf("%s: reference path %t", path, got)
		}
	}
}
