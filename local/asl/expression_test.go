package asl

import (
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// TestTemplate_eval: an object has each member once, even if a plain field and an expression have
// the same name.
func TestTemplate_eval(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ template, want value.JSON }{
		"plain before expression":      {`{"a":1,"b":2,"a.$":"$.x"}`, `{"a":7,"b":2}`},
		"expression before plain":      {`{"a.$":"$.x","b":2,"a":1}`, `{"a":1,"b":2}`},
		"in an object":                 {`{"o":{"a":1,"a.$":"$.x"}}`, `{"o":{"a":7}}`},
		"in an array":                  {`[{"a":{"b.$":"$.x"},"a.$":"States.MathAdd($.x, 1)"}]`, `[{"a":8}]`},
		"names that differ by a part":  {`{"a.$":"$.x","a.b":1}`, `{"a":7,"a.b":1}`},
		"expression of the empty name": {`{"":1,".$":"$.x"}`, `{"":7}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compiled := parseTemplate(tt.template,
				func(field, text string) { t.Errorf("%s: %s is refused", field, text) })
			got, f := compiled.eval(&env{input: `{"x":7}`})
			if f != nil || got != tt.want {
				t.Errorf("got %s, %v; want %s", got, f, tt.want)
			}
		})
	}
}
