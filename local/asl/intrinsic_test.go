package asl

import (
	"regexp"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

const intrinsicInput = `{"lone":"a\ud800,b","a":[1,2,3,4,5],"dup":[1,1.0,"1",{"x":1,"y":2},{"y":2,` +
	`"x":1},null,null],"s":"a,b;c","o":{"k":"v","n":[1,null]},"i":2,"f":-2.5,"big":12345678901234567890,"esc":"q\"\\"}`

// evalExpression evaluates an expression over intrinsicInput in a running execution.
func evalExpression(t *testing.T, text string) (value.JSON, *fault) {
	t.Helper()
	e, err := parseExpression(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	x := New(machine(t, tokenMachine), simInfo(9))
	mustStep(t, x, 0, Start{intrinsicInput})
	return e.eval(x.env(x.root, intrinsicInput), "x.$")
}

func TestIntrinsics(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{`States.Format('Hi {}, {} \{\} \'x\' \\', $.s, 7)`, `"Hi a,b;c, 7 {} 'x' \\"`},
		{`States.Format('{} {} {}', $.o, $.a, null)`, `"{k=v, n=[1, null]} [1, 2, 3, 4, 5] null"`},
		{`States.Format($.s)`, `"a,b;c"`},
		{`States.Format('<{}>', $.lone)`, `"<a\ud800,b>"`},
		{`States.StringSplit($.lone, ',')`, `["a\ud800","b"]`},
		{`States.StringToJson(States.JsonToString($.lone))`, `"a\ud800,b"`},
		{`States.JsonMerge(States.StringToJson('{"\\udc00":1}'), States.StringToJson('{}'), false)`, `{"\udc00":1}`},
		{`States.Base64Decode('7aCA')`, "\"\uFFFD\uFFFD\uFFFD\""}, // the bytes of a surrogate are not valid UTF-8
		{`States.StringToJson('{"a":[1, 2]}')`, `{"a":[1, 2]}`},
		{`States.StringToJson('')`, `null`},
		{`States.StringToJson('-0')`, `0`},
		{`States.JsonToString($.o)`, `"{\"k\":\"v\",\"n\":[1,null]}"`},
		{`States.JsonToString($.esc)`, `"\"q\\\"\\\\\""`},
		{`States.Array()`, `[]`},
		{`States.Array(1, 'x', true, null, $.i, States.Array(-1.5))`, `[1,"x",true,null,2,[-1.5]]`},
		{`States.ArrayPartition($.a, 2)`, `[[1,2],[3,4],[5]]`},
		{`States.ArrayPartition(States.Array(), 2)`, `[]`},
		{`States.ArrayContains($.a, 3.0)`, `true`},
		{`States.ArrayContains($.a, '3')`, `false`},
		{`States.ArrayContains($.dup, States.StringToJson('{"y":2,"x":1}'))`, `true`},
		{`States.ArrayRange(1, 9, 2)`, `[1,3,5,7,9]`},
		{`States.ArrayRange(3, -3, -3)`, `[3,0,-3]`},
		{`States.ArrayRange(3, 1, 1)`, `[]`},
		{`States.ArrayGetItem($.a, 4)`, `5`},
		{`States.ArrayLength($.a)`, `5`},
		{`States.ArrayUnique($.dup)`, `[1,"1",{"x":1,"y":2},null]`},
		{`States.Base64Encode('Data to encode')`, `"RGF0YSB0byBlbmNvZGU="`},
		{`States.Base64Decode('RGF0YSB0byBlbmNvZGU=')`, `"Data to encode"`},
		{`States.Hash('input data', 'SHA-1')`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{`States.Hash('', 'MD5')`, `"d41d8cd98f00b204e9800998ecf8427e"`},
		{`States.JsonMerge($.o, States.StringToJson('{"n":1,"z":2}'), false)`, `{"k":"v","n":1,"z":2}`},
		{`States.MathAdd($.i, -1)`, `1`},
		{`States.MathAdd($.f, 0)`, `-2`},
		{`States.MathAdd(1.49, 1.5)`, `3`},
		{`States.MathRandom(5, 6)`, `5`},
		{`States.StringSplit($.s, ',;')`, `["a","b","c"]`},
		{`States.StringSplit(',,a,', ',')`, `["a"]`},
		{`States.StringSplit('', ',')`, `[]`},
		{`States.ArrayGetItem(States.StringSplit($$.Execution.Name, '-'), 0)`, `"x"`},
		{`States.MathAdd( $.i ,  1 )`, `3`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, f := evalExpression(t, tt.text)
			if f != nil {
				t.Fatal(f.text)
			}
			if string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestIntrinsics_fail(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`States.Format('{} {}', 1)`, `States.Format('{}', 1, 2)`, `States.Format($.i)`, `States.StringToJson('{')`,
		`States.StringToJson($.i)`,
		`States.ArrayPartition($.a, 0)`, `States.ArrayPartition($.s, 1)`, `States.ArrayPartition($.a, 'x')`,
		`States.ArrayContains($.o, 1)`,
		`States.ArrayRange(1, 5, 0)`, `States.ArrayRange(1, 1001, 1)`, `States.ArrayGetItem($.a, 5)`,
		`States.ArrayGetItem($.a, -1)`, `States.ArrayLength($.o)`,
		`States.ArrayUnique($.i)`, `States.Base64Encode($.o)`, `States.Base64Decode('?')`,
		`States.Hash('x', 'CRC')`, `States.Hash($.o, 'MD5')`,
		`States.JsonMerge($.o, $.o, true)`, `States.JsonMerge($.a, $.o, false)`, `States.MathAdd($.s, 1)`,
		`States.MathAdd(2147483648, 1)`, `States.MathAdd($.big, 1)`,
		`States.Base64Encode($.lone)`, `States.Hash($.lone, 'MD5')`,
		`States.MathRandom(5, 5)`, `States.MathRandom('a', 5)`, `States.StringSplit($.a, ',')`,
		`States.Base64Encode('` + strings.Repeat("x", 10_001) + `')`,
	} {
		t.Run(text[:min(len(text), 60)], func(t *testing.T) {
			t.Parallel()
			got, f := evalExpression(t, text)
			if f == nil {
				t.Fatalf("got %s", got)
			}
			if *f.name != errIntrinsicFailure || f.fatal || !strings.Contains(f.text, "had the following error: ") {
				t.Errorf("fault %s: %s", *f.name, f.text)
			}
		})
	}
}

func TestIntrinsics_random(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$`)
	ids, f := evalExpression(t, `States.Array(States.UUID(), States.UUID())`)
	if f != nil {
		t.Fatal(f.text)
	}
	list := ids.Elements()
	if list[0] == list[1] || !form.MatchString(string(list[0])) {
		t.Errorf("UUIDs %s", ids)
	}
	if again, _ := evalExpression(t, `States.Array(States.UUID(), States.UUID())`); again != ids {
		t.Error("the same execution returns other UUIDs")
	}
	first, _ := evalExpression(t, `States.MathRandom(0, 1000000, 3)`)
	if second, _ := evalExpression(t, `States.MathRandom(0, 1000000, 3)`); first != second {
		t.Error("the same seed returns another number")
	}
	for range 50 {
		v, _ := evalExpression(t, `States.MathRandom(-3, 3)`)
		if n, ok := v.Int(); !ok || n < -3 || n >= 3 {
			t.Errorf("random number %s", v)
		}
	}
}

func TestParseCall_refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`States.Format`, `States.Format(`, `States.Format('a'`, `States.Format('a',)`, `States.Format('a') x`,
		`States.Format("a")`, `States.UUID(1)`,
		`States.Hash('a')`, `States.Format('\n')`, `States.Format('a`, `States.MathAdd(1 2)`,
		`States.MathAdd([1], 2)`, `Format('a')`, `States.Array($.)`, `States.Array(nope)`,
	} {
		if c, err := parseCall(text); err == nil {
			t.Errorf("%s is accepted as %+v", text, c)
		}
	}
}
