package cloud

import "testing"

func TestJSONReader_raw(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want, rest string }{
		{`{"a":"}","b":[1,{"c":"]"}]} , 7`, `{"a":"}","b":[1,{"c":"]"}]}`, ` , 7`},
		{` [ [], {} ]]`, `[ [], {} ]`, `]`},
		{`"\"x\\\\" ,`, `"\"x\\\\"`, ` ,`},
		{`-1.5e3}`, `-1.5e3`, `}`},
		{"true\n", `true`, "\n"},
		{`null`, `null`, ``},
		{`""`, `""`, ``},
		{`{"a":1`, ``, ``},
		{`"a`, ``, ``},
		{``, ``, ``},
		{` `, ``, ``},
	} {
		r := jsonReader{[]byte(tt.in)}
		got, err := r.raw()
		if string(got) != tt.want || err == nil && string(r.in) != tt.rest || (err != nil) != (tt.want == "") {
			t.Errorf("%s: %q, then %q, %v", tt.in, got, r.in, err)
		}
	}
}
