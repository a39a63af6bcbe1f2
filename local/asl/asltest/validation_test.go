package asltest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// TestRecordedValidation compares diagnostics with those recorded against AWS.
func TestRecordedValidation(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("RECORDED_CASES")
	if dir == "" {
		t.Skip("RECORDED_CASES is not set: the recorded validations are not compared")
	}
	data, err := os.ReadFile(filepath.Join(dir, "validation.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name           string
		Definition     json.RawMessage
		DefinitionText *string
		ExpectedError  *struct{ Code, Message string }
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no case")
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			text := []byte(c.Definition)
			if c.DefinitionText != nil {
				text = []byte(*c.DefinitionText)
			}
			express := strings.Contains(c.Name, "express")
			_, diags := asl.Parse(text, asl.Options{Express: express})
			invalid := diags.Invalid()
			switch want := c.ExpectedError; {
			case want == nil:
				if len(invalid) > 0 {
					t.Errorf("recorded as valid, got %v", invalid)
				}
			case len(invalid) == 0:
				t.Errorf("recorded %q, got none", want.Message)
			case want.Code == "InvalidDefinition":
				if got := invalid.Err().Error(); got != sameArn(want.Message) {
					t.Errorf("recorded\n%s\ngot\n%s", want.Message, got)
				}
			case invalid[0].Code != want.Code || invalid[0].Message != want.Message:
				t.Errorf("recorded %s %q, got %s %q", want.Code, want.Message, invalid[0].Code, invalid[0].Message)
			}
		})
	}
}

// sameArn reverts the recorder's replacement of the partition.
func sameArn(s string) string { return strings.ReplaceAll(s, "arn:<partition>:", "arn:aws:") }
