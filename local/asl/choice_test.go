package asl

import "testing"

func TestChoice(t *testing.T) {
	t.Parallel()
	const input = `{"s":"Hello","n":2,"f":2.0,"b":true,"t":"2024-05-01T12:00:00Z",` +
		`"t2":"2024-05-01T14:00:00+02:00","null":null,"o":{},"stars":"a*b","n10":10}`
	tests := []struct {
		rule string
		want bool
	}{
		{`{"Variable":"$.s","StringEquals":"Hello"}`, true},
		{`{"Variable":"$.s","StringLessThan":"Help"}`, true},
		{`{"Variable":"$.s","StringGreaterThanEquals":"Hello"}`, true},
		{`{"Variable":"$.s","StringEqualsPath":"$.stars"}`, false},
		{`{"Variable":"$.n","StringEquals":"2"}`, false},
		{`{"Variable":"$.n","NumericEquals":2.0}`, true},
		{`{"Variable":"$.n","NumericEqualsPath":"$.f"}`, true},
		{`{"Variable":"$.n10","NumericGreaterThan":9}`, true},
		{`{"Variable":"$.n","NumericLessThanEqualsPath":"$.n10"}`, true},
		{`{"Variable":"$.s","NumericEquals":2}`, false},
		{`{"Variable":"$.b","BooleanEquals":true}`, true},
		{`{"Variable":"$.s","BooleanEquals":true}`, false},
		{`{"Variable":"$.t","TimestampEquals":"2024-05-01T12:00:00Z"}`, true},
		{`{"Variable":"$.t","TimestampEqualsPath":"$.t2"}`, true},
		{`{"Variable":"$.t","TimestampLessThan":"2024-05-01T12:00:00.001Z"}`, true},
		{`{"Variable":"$.s","TimestampGreaterThan":"2024-05-01T12:00:00Z"}`, false},
		{`{"Variable":"$.null","IsNull":true}`, true},
		{`{"Variable":"$.s","IsNull":false}`, true},
		{`{"Variable":"$.none","IsPresent":false}`, true},
		{`{"Variable":"$.null","IsPresent":true}`, true},
		{`{"Variable":"$.n","IsNumeric":true}`, true},
		{`{"Variable":"$.s","IsString":true}`, true},
		{`{"Variable":"$.b","IsBoolean":true}`, true},
		{`{"Variable":"$.t","IsTimestamp":true}`, true},
		{`{"Variable":"$.s","IsTimestamp":true}`, false},
		{`{"Variable":"$.s","StringMatches":"H*o"}`, true},
		{`{"Variable":"$.s","StringMatches":"H*x"}`, false},
		{`{"Variable":"$.stars","StringMatches":"a\\*b"}`, true},
		{`{"Variable":"$.s","StringMatches":"a\\*b"}`, false},
		{`{"And":[{"Variable":"$.n","NumericEquals":2},{"Variable":"$.b","BooleanEquals":true}]}`, true},
		{`{"And":[{"Variable":"$.n","NumericEquals":3},{"Variable":"$.none","BooleanEquals":true}]}`, false},
		{`{"Or":[{"Variable":"$.n","NumericEquals":2},{"Variable":"$.none","BooleanEquals":true}]}`, true},
		{`{"Not":{"Variable":"$.n","NumericEquals":2}}`, false},
		{`{"And":[{"Variable":"$.none","IsPresent":true},{"Variable":"$.none","NumericEquals":2}]}`, false},
		{`{"Variable":"$$.State.Name","StringEquals":"A"}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			t.Parallel()
			m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[`+tt.rule[:len(tt.rule)-1]+`,"Next":"Yes"}],"Default":"No"},
				"Yes":{"Type":"Pass","Result":true,"End":true},"No":{"Type":"Pass","Result":false,"End":true}}}`)
			x := New(m, simInfo(1))
			_, commands := mustStep(t, x, 0, Start{input})
			end := find[End](t, commands)
			if end.Status != Succeeded || end.Output != map[bool]string{true: "true", false: "false"}[tt.want] {
				t.Errorf("%s %s, want %t", end.Status, end.Output, tt.want)
			}
		})
	}
}

func TestMatchWildcard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"**", "abc", true}, {"a*b*c", "axxbyyc", true},
		{"a*b*c", "axxbyy", false},
		{"*.log", "x.log.log", true}, {`\\`, `\`, true}, {`a\*`, "a*", true}, {`a\*`, "ab", false},
		{"log-*.txt", "log-2024.txt", true}, {"é*", "éa", true},
	}
	for _, tt := range tests {
		if got := matchWildcard(tt.pattern, tt.text); got != tt.want {
			t.Errorf("matchWildcard(%q, %q) = %t", tt.pattern, tt.text, got)
		}
	}
}
