package awsapi

import (
	"strings"
	"testing"
)

func TestIsAttributeName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "trace-id_2": true, "a.b.c": true, "AWSome": true, "amazonian": true, strings.Repeat("n", 256): true,
		"": false, ".a": false, "a.": false, "a..b": false, "a b": false, "ä": false, "a/b": false, "AWS.x": false, "aws.x": false,
		"Amazon.x": false, "AMAZON.x": false, strings.Repeat("n", 257): false,
	} {
		if got := IsAttributeName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestAttributeKind(t *testing.T) {
	t.Parallel()
	for dataType, want := range map[string]string{
		"String": "String", "Number.cents": "Number", "Binary.gif": "Binary", "String.Array": "String",
		"": "", "string": "", "String.": "", "Strings": "", "Boolean": "", "Number cents": "", "String." + strings.Repeat("x", 250): "",
	} {
		if got := AttributeKind(dataType); got != want {
			t.Errorf("%q: %q", dataType, got)
		}
	}
}

func TestIsAttributeNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0": true, "-1": true, "+1.50": true, ".5": true, "5.": true, "1e3": true, "-2.5E-3": true, "00012": true, "0e9999": true,
		strings.Repeat("9", 38): true, "1" + strings.Repeat("0", 100): true, "9.9e126": true, "1e-128": true,
		"": false, "x": false, "1,5": false, "0x1F": false, "NaN": false, "Infinity": false, " 1": false, "1e": false, "--1": false, ".": false, "1_000": false,
		strings.Repeat("9", 39): false, "1e127": false, "1e-129": false, "1e99999": false, "٣": false,
	} {
		if got := IsAttributeNumber(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
