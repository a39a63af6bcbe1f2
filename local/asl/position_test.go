package asl

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestDiagnostics_positions(t *testing.T) {
	t.Parallel()
	const text = `
{
  "StartAt": "A",
  "Größe": 1, "Colour": 2,
  "States": {
    "A": {"Type": "Choice", "Choices": [
      {"Variable": "$.a", "IsNull": true, "Next": "a/b[0]"},
      {"Variable": "$.a", "IsNull": true, "Next": "X"}
    ]},
    "a/b[0]": {"Type": "Pass", "Seconds": 1, "End": true}, "a": {"Type": "Nap", "End": true},
    "a": {"Type": "Fail"}
  }
}`
	_, diags := Parse([]byte(text), Options{})
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprintf("%d:%d %s", d.Line, d.Column, strings.SplitN(d.Message, "\n", 2)[0]))
	}
	want := []string{
		"11:5 Duplicate State name: a", "4:3 Field 'Größe' is not supported", "4:15 Field 'Colour' is not supported",
		"8:43 Missing 'Next' target: X", "10:32 Field 'Seconds' is not supported", `10:60 State "a" is not reachable.`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
