package pattern

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorded is one case with the answer of AWS (TestEventPattern).
type recorded struct {
	Name        string
	Event       json.RawMessage
	EventText   string
	Pattern     json.RawMessage
	PatternText string
	Expect      string
	Error       struct{ Code, Message string } `json:"expectedError"`
}

func readRecorded(t *testing.T) []recorded {
	t.Helper()
	dir := os.Getenv("RECORDED_CASES")
	if dir == "" {
		t.Skip("RECORDED_CASES is not set: the recorded event patterns are not checked")
	}
	text, err := os.ReadFile(filepath.Join(dir, "event_patterns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no recorded cases")
	}
	for i := range cases {
		if cases[i].EventText != "" {
			cases[i].Event = []byte(cases[i].EventText)
		}
		if cases[i].PatternText != "" {
			cases[i].Pattern = []byte(cases[i].PatternText)
		}
	}
	return cases
}

func (c *recorded) run() (outcome string, err error) {
	p, err := Compile(c.Pattern)
	if err != nil {
		return "error", err
	}
	ok, err := p.Match(c.Event)
	switch {
	case err != nil:
		return "error", err
	case ok:
		return "match", nil
	}
	return "no_match", nil
}

func TestPattern_Recorded(t *testing.T) {
	t.Parallel()
	for _, c := range readRecorded(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got, err := c.run()
			if got != c.Expect {
				t.Fatalf("%s (%v), want %s\npattern %s\nevent %s", got, err, c.Expect, c.Pattern, c.Event)
			}
			// AWS quotes its JSON parser. Its wording and positions are not repeated here.
			var e *Error
			if errors.As(err, &e) && !strings.Contains(c.Error.Message, "[Source:") && e.Error() != c.Error.Message {
				t.Errorf("message %q, want %q", e.Error(), c.Error.Message)
			}
		})
	}
}

func TestPattern_Match(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, pattern, event string
		want                 bool
	}{
		{"fields of one array element", `{"a":{"b":[1],"c":[2]}}`, `{"a":[{"b":1},{"b":1,"c":2}]}`, true},
		{"fields of two array elements", `{"a":{"b":[1],"c":[2]}}`, `{"a":[{"b":1},{"c":2}]}`, false},
		{"absent from every element", `{"a":{"b":[{"exists":false}]}}`, `{"a":[{"c":1},{"d":2}]}`, true},
		{"absent from one element only", `{"a":{"b":[{"exists":false}]}}`, `{"a":[{"b":1},{"d":2}]}`, false},
		{"absent: an object is not a leaf", `{"a":[{"exists":false}]}`, `{"a":{"b":1}}`, true},
		{"present: null is a leaf", `{"a":[{"exists":true}]}`, `{"a":null}`, true},
		{"alternatives and siblings", `{"a":[1],"$or":[{"b":[2]},{"c":[3]}]}`, `{"a":1,"c":3}`, true},
		{"no alternative", `{"a":[1],"$or":[{"b":[2]},{"c":[3]}]}`, `{"a":1}`, false},
		{"nested alternatives", `{"$or":[{"$or":[{"a":[1]},{"b":[1]}]},{"c":[1]}]}`, `{"b":1}`, true},
		{"wildcards backtrack", `{"a":[{"wildcard":"*ab*b"}]}`, `{"a":"xabyabb"}`, true},
		{"wildcard pieces do not overlap", `{"a":[{"wildcard":"ab*ba"}]}`, `{"a":"aba"}`, false},
		{"escaped wildcard", `{"a":[{"wildcard":"x\\*y*"}]}`, `{"a":"x*yz"}`, true},
		{"escaped wildcard is literal", `{"a":[{"wildcard":"x\\*y*"}]}`, `{"a":"xxyz"}`, false},
		{"prefix in any case", `{"a":[{"prefix":{"equals-ignore-case":"EVT"}}]}`, `{"a":"evtx"}`, true},
		{"dotted member of the event", `{"a":{"b":{"c":["x"]}}}`, `{"a":{"b.c":"x"}}`, true},
		{"paths into one element", `{"a.b":[1],"a.c":[2]}`, `{"a":[{"b":1},{"c":2}]}`, false},
		{"nested arrays", `{"a":["x"]}`, `{"a":[["y"],["x"]]}`, true},
		{"number is not its text", `{"a":["1"]}`, `{"a":1}`, false},
		{"anything-but numbers takes text", `{"a":[{"anything-but":[1,2]}]}`, `{"a":"1"}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := Compile([]byte(tt.pattern))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := p.Match([]byte(tt.event)); err != nil || got != tt.want {
				t.Errorf("match = %v, %v", got, err)
			}
		})
	}
}

func TestCompile_Errors(t *testing.T) {
	t.Parallel()
	for pattern, reason := range map[string]string{
		`{}`:                                  "Empty objects are not allowed",
		`{"a":{}}`:                            "Empty objects are not allowed",
		`{"a":[]}`:                            "Empty arrays are not allowed",
		`{"a":[[1]]}`:                         "Match value must be String, number, true, false, or null",
		`{"a":[1]} x`:                         "text follows the JSON object",
		`{"$or":[{}]}`:                        "There must have at least 2 Objects in $or relationship.",
		`{"a":[{"prefix":"x","suffix":"y"}]}`: "Only one key allowed in match expression",
		`{"a":[{"exists":"yes"}]}`:            "exists match pattern must be either true or false.",
		`{"a":[{"numeric":[">",1,">",2]}]}`:   "Too many elements in numeric expression",
		`{"a":[{"numeric":["!",1]}]}`:         "Unrecognized numeric range operator: !",
		`{"a":[{"cidr":"10.0.0.0/33"}]}`:      "IPv4 mask bits must be < 32",
		`{"a":[{"cidr":"192.168.1.7/32"}]}`:   "IPv4 mask bits must be < 32",
		`{"a":[{"cidr":"::1/128"}]}`:          "IPv6 mask bits must be < 128",
		`{"a":[{"cidr":"10.0.0.0/-1"}]}`:      "Malformed CIDR, mask bits must not be negative",
		`{"$or":[{"prefix":["a"]},{"b":[1]}]}`: "prefix is Ruler reserved fieldName which cannot " +
			"be used inside $or.",
		`{"$or":[{"b":[1]},{"c":{"<":["a"]}}]}`: "< is Ruler reserved fieldName which cannot be " +
			"used inside $or.",
		`{"a":[{"numeric":[">",7,"<",7]}]}`:   "Bottom must be less than top",
		`{"a":[{"numeric":[">=",3,"<=",3]}]}`: "Bottom must be less than top",
		`{"a":[{"numeric":[">=",9,"<",-9]}]}`: "Bottom must be less than top",
		`{"a":[{"numeric":["=","1"]}]}`:       "Value of equals must be numeric",
		`{"a":[{"numeric":["<",6e9]}]}`:       "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"a":[{"anything-but":-6e9}]}`:       "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"a":[{"anything-but":[1,6e9]}]}`:    "Value must be between -5.0E9 and 5.0E9, inclusive",
		`{"a":[{"wildcard":"a\\b"}]}`:         "Invalid escape character at pos 1",
		`{"a":[{"anything-but":["x",1]}]}`: "Inside anything but list, " +
			"either all values are number or string, mixed type is not supported",
		`{"a":[{"anything-but":{"wildcard":["x*","**"]}}]}`:   "Consecutive wildcard characters at pos 1",
		`{"a":[{"anything-but":{"exists":true}}]}`:            "Unsupported anything-but pattern: exists",
		`{"a":[{"prefix":{"equals-ignore-case":["x","y"]}}]}`: "prefix match pattern must be a string",
	} {
		_, err := Compile([]byte(pattern))
		var e *Error
		if !errors.As(err, &e) || e.Reason != reason {
			t.Errorf("%s: %v, want %s", pattern, err, reason)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`{"a":[{"anything-but":{"wildcard":["*/x/*"]}},{"exists":false}],"$or":[{"b.c":[1]},{"d":[null]}]}`,
		`{"a":[{"b":1}],"b.c":[[true]]}`)
	f.Add(`{"a":[{"cidr":"::/0"},{"numeric":[">",1,"<",2]}]}`, `{"a":"::1"}`)
	f.Fuzz(func(t *testing.T, pattern, event string) {
		p, err := Compile([]byte(pattern))
		if err != nil {
			return
		}
		first, err := p.Match([]byte(event))
		if err != nil {
			return
		}
		if second, err := p.Match([]byte(event)); err != nil || second != first {
			t.Errorf("matched %v, then %v, %v", first, second, err)
		}
	})
}

const orderPlaced = `{"version":"0","id":"1","source":"orderflow","detail-type":"Order Placed","account":"000000000000","region":"us-east-1",
"time":"2026-11-22T12:00:00Z","resources":[],"detail":{"orderId":"o-1","sequence":1,"status":"PLACED","total":{"amount":39000,"currency":"EUR"}}}`

func BenchmarkPattern_MatchEvent(b *testing.B) {
	p, err := Compile([]byte(`{"source":["orderflow"],"detail-type":["Order Placed","Order Cancelled"],` +
		`"detail":{"status":[{"anything-but":"DRAFT"}],"total":{"amount":[{"numeric":[">",100]}]}}}`))
	if err != nil {
		b.Fatal(err)
	}
	e, err := ParseEvent([]byte(orderPlaced))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !p.MatchEvent(e) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkParseEvent(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEvent([]byte(orderPlaced)); err != nil {
			b.Fatal(err)
		}
	}
}
