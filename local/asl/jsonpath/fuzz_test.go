package jsonpath

import (
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// FuzzEval: no path panics or fails to end, and every result is JSON.
func FuzzEval(f *testing.F) {
	for _, p := range []string{"$", "$$.a.b", "$v[0]", "$..a[?(@.b > 1 && !(@.c == 'x'))]", "$['a','b'][0,-1]",
		"$.a[1:3:2].*", "$..*..*", "$[::99999999999]"} {
		f.Add(p, `{"a":[{"b":2,"c":"x"},[1,2,3]],"b":{"a":null}}`)
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		p, err := Parse(path)
		if err != nil {
			return
		}
		v, err := value.Parse(text)
		if err != nil {
			return
		}
		found, err := p.Eval(v)
		if err != nil {
			return
		}
		if _, err := value.Parse(string(found)); err != nil {
			t.Fatalf("%s over %s = %s: %v", path, v, found, err)
		}
		if !p.Definite() && found.Kind() != value.Array {
			t.Fatalf("%s over %s is not an array: %s", path, v, found)
		}
	})
}
