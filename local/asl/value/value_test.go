package value

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		ok   bool
	}{
		{` {"a" : [ 1 , -2.5e+3 , "x\u00e9\n" , null , true , false , {} , [] ] } `, true},
		{`0`, true}, {`-0`, true}, {`"\ud83d"`, true}, {`""`, true},
		{``, false}, {` `, false}, {`{`, false}, {`[1,]`, false}, {`{"a"}`, false}, {`{"a":1,}`, false}, {`{a:1}`, false},
		{`01`, false}, {`1.`, false}, {`.5`, false}, {`1e`, false}, {`+1`, false}, {`NaN`, false}, {`tru`, false},
		{`1 2`, false},
		{`"a`, false}, {"\"a\nb\"", false}, {`"\x"`, false}, {`"\u12g4"`, false}, {"\"\xff\"", false}, {`[1}`, false},
		{strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), true},
		{strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), false},
	}
	for _, tt := range tests {
		v, err := Parse(tt.text)
		if (err == nil) != tt.ok {
			t.Errorf("Parse(%.40q): %v", tt.text, err)
		}
		if tt.ok && string(v) != strings.TrimSpace(tt.text) {
			t.Errorf("Parse(%.40q) = %.40q", tt.text, v)
		}
	}
}

func TestJSON_access(t *testing.T) {
	t.Parallel()
	v, err := Parse(`{ "a" : [ 10 , "two" , { "b" : null } ] , "d":1, "\u0065":"\ud83d\ude00\/", "d" : 2 }`)
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := v.Member("a"); a != `[ 10 , "two" , { "b" : null } ]` || a.Len() != 3 {
		t.Errorf("a is %s", a)
	} else if last, ok := a.Element(-1); !ok || last != `{ "b" : null }` {
		t.Errorf("the last element is %s", last)
	} else if _, ok := a.Element(3); ok {
		t.Error("there is an element 3")
	} else if _, ok := a.Element(-4); ok {
		t.Error("there is an element -4")
	}
	if d, _ := v.Member("d"); d != "2" {
		t.Errorf("of two members d the last is %s", d)
	}
	if e, ok := v.Member("e"); !ok || e.Text() != "😀/" {
		t.Errorf("e is %s", e)
	}
	var keys []string
	for _, m := range v.Members() {
		keys = append(keys, m.Key+"="+string(m.Value))
	}
	if got := strings.Join(keys[1:], " "); got != `d=2 e="\ud83d\ude00\/"` {
		t.Errorf("members %s", got)
	}
	if got := Compact(v); got != `{"a":[10,"two",{"b":null}],"d":1,"\u0065":"\ud83d\ude00\/","d":2}` {
		t.Errorf("compact %s", got)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b JSON
		want bool
	}{
		{`1`, `1.0`, true}, {`1e3`, `1000`, true}, {`0.1`, `0.10`, true},
		{`12345678901234567890`, `12345678901234567891`, false},
		{`"\u0061"`, `"a"`, true}, {`"1"`, `1`, false}, {`null`, `null`, true}, {`true`, `false`, false},
		{`[1,2]`, `[ 1 , 2.0 ]`, true}, {`[1,2]`, `[2,1]`, false}, {`{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false}, {`{"a":1}`, `{"b":1}`, false}, {`-0`, `0`, true},
	}
	for _, tt := range tests {
		if got := Equal(tt.a, tt.b); got != tt.want {
			t.Errorf("Equal(%s, %s) = %t", tt.a, tt.b, got)
		}
		if tt.want && Canonical(tt.a) != Canonical(tt.b) {
			t.Errorf("Canonical differs: %s and %s", Canonical(tt.a), Canonical(tt.b))
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b JSON
		want int
	}{
		{`1`, `2`, -1}, {`2.5`, `2.5`, 0}, {`9007199254740993`, `9007199254740992`, 1},
		{`0.1`, `0.10000000000000001`, -1},
		{`1e400`, `1`, 1}, {`-1e400`, `1`, -1}, {`1E2`, `100`, 0},
	} {
		if got := Compare(tt.a, tt.b); got != tt.want {
			t.Errorf("Compare(%s, %s) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	key := func(keys ...string) []Step {
		var steps []Step
		for _, k := range keys {
			steps = append(steps, Step{Key: k})
		}
		return steps
	}
	tests := []struct {
		name string
		v    JSON
		path []Step
		want JSON // empty: an error
	}{
		{"replace", `{"a":1,"b":2}`, key("a"), `{"a":9,"b":2}`},
		{"add", `{"a":1}`, key("b"), `{"a":1,"b":9}`},
		{"add to nothing", `{ }`, key("a"), `{ "a":9}`},
		{"make objects", `{"a":{}}`, key("a", "b", "c"), `{"a":{"b":{"c":9}}}`},
		{"nested", `{"a": {"b": 1, "c": 2}}`, key("a", "b"), `{"a": {"b": 9, "c": 2}}`},
		{"strange key", `{}`, key(`q"\`), `{"q\"\\":9}`},
		{"escaped key", `{"\u0061":1}`, key("a"), `{"\u0061":9}`},
		{"key that occurs twice", `{"a":1, "b":2, "a":3}`, key("a"), `{"a":9, "b":2}`},
		{"key that occurs in adjacent members", `{"b":0,"a":1,"\u0061":2,"a":3,"c":4}`, key("a"), `{"b":0,"a":9,"c":4}`},
		{"in a key that occurs twice", `{"a":1,"a":{"c":2}}`, key("a", "b"), `{"a":{"c":2,"b":9}}`},
		{"other key that occurs twice", `{"b":1,"b":2}`, key("a"), `{"b":1,"b":2,"a":9}`},
		{"all", `[1]`, nil, `9`},
		{"element", `{"a":[1,2]}`, []Step{{Key: "a"}, {Index: 1, IsIndex: true}}, `{"a":[1,9]}`},
		{"in an element", `[{"a":1}]`, []Step{{IsIndex: true}, {Key: "a"}}, `[{"a":9}]`},
		{"no such element", `{"a":[1]}`, []Step{{Key: "a"}, {Index: 1, IsIndex: true}}, ``},
		{"not an object", `{"a":"x"}`, key("a", "b"), ``},
		{"not an array", `{"a":{}}`, []Step{{Key: "a"}, {IsIndex: true}}, ``},
		{"array that is missing", `{}`, []Step{{Key: "a"}, {IsIndex: true}}, ``},
		{"scalar", `1`, key("a"), ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Set(tt.v, tt.path, "9")
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("Set returns %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  `""`,
		"a\"b\\c\n\t\r\b\f": `"a\"b\\c\n\t\r\b\f"`,
		"\x00\x1f\x7f":      "\"\\u0000\\u001f\x7f\"",
		"é😀":                `"é😀"`,
		"a\xffb":            "\"a\uFFFDb\"",
		"</script>":         `"</script>"`,
	} {
		if got := string(AppendString(nil, in)); got != want {
			t.Errorf("AppendString(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestOfString_surrogates: a lone surrogate is the same after decoding and encoding.
func TestOfString_surrogates(t *testing.T) {
	t.Parallel()
	for in, want := range map[JSON]JSON{
		`"\ud800"`: `"\ud800"`, `"a\uDFFFb"`: `"a\udfffb"`, `"\udc00\ud800"`: `"\udc00\ud800"`,
		`"\ud83dx\ude00"`: `"\ud83dx\ude00"`, `"\ud83d\ude00"`: `"😀"`, `"\ud7ff\ue000"`: "\"\ud7ff\ue000\"",
	} {
		if got := OfString(in.Text()); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
	if got := OfString("\xed\xa0"); got != "\"\uFFFD\uFFFD\"" {
		t.Errorf("a part of a surrogate becomes %s", got)
	}
}
