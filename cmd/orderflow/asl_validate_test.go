package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASLValidate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := write("good.asl.json", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"${Function}","End":true}}}`)
	bad := write("bad.asl.json", `{
  "StartAt": "Pack",
  "States": {
    "Pack": {"Type": "Wait", "Seconds": -1, "Next": "Ship"},
    "Label": {"Type": "Succeed", "Retry": []}
  }
}`)
	broken := write("broken.asl.json", "{\n  \"StartAt\": oops\n}")
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"valid", []string{good, "../../statemachines/fulfil-order.asl.json"}, 0, ""},
		{"invalid", []string{good, bad, broken}, 1, strings.Join([]string{
			bad + ":4:30: error SCHEMA_VALIDATION_FAILED: Minimum value is 0",
			bad + ":4:45: error MISSING_TRANSITION_TARGET: Missing 'Next' target: Ship",
			bad + ":5:34: error SCHEMA_VALIDATION_FAILED: Field 'Retry' is not supported",
			bad + `:5:5: error MISSING_TRANSITION_TARGET: State "Label" is not reachable.`,
			broken + ":2:14: error INVALID_JSON_DESCRIPTION: Unrecognized token 'oops': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
		}, "\n") + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := command(t, append([]string{"asl", "validate"}, tt.args...)...)
			if code != tt.code || out != tt.want || errs != "" {
				t.Errorf("exit code %d\n%s%s\nwant %d\n%s", code, out, errs, tt.code, tt.want)
			}
		})
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		code, out, errs := command(t, "asl", "validate", "--json", bad)
		var got []aslFinding
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 1 || len(got) != 4 {
			t.Fatalf("exit code %d, %v\n%s%s", code, err, out, errs)
		}
		want := aslFinding{
			File: bad, Line: 4, Column: 30, Severity: "ERROR", Code: "SCHEMA_VALIDATION_FAILED",
			Message: "Minimum value is 0", Location: "/States/Pack/Seconds",
		}
		if got[0] != want {
			t.Errorf("first finding %+v, want %+v", got[0], want)
		}
		if code, out, _ := command(t, "asl", "validate", "--json", good); code != 0 || out != "[]\n" {
			t.Errorf("a valid one: exit code %d, %s", code, out)
		}
	})
	t.Run("express", func(t *testing.T) {
		t.Parallel()
		token := write("token.asl.json",
			`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}`)
		if code, out, _ := command(t, "asl", "validate", token); code != 0 {
			t.Errorf("as standard: exit code %d\n%s", code, out)
		}
		if code, out, _ := command(t, "asl", "validate", "--type", "express", token); code != 1 ||
			!strings.Contains(out, "Express state machine") {
			t.Errorf("as express: exit code %d\n%s", code, out)
		}
	})
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		if code, _, errs := command(t, "asl", "validate", filepath.Join(dir, "none.json")); code != 1 ||
			!strings.Contains(errs, "none.json") {
			t.Errorf("exit code %d, %s", code, errs)
		}
	})
}
