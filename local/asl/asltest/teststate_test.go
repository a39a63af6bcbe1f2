package asltest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orderflow/local/asl"
	"orderflow/local/asl/value"
)

// stateCase is a recorded request to TestState.
type stateCase struct {
	Name    string
	Request struct {
		Definition, Input, Context json.RawMessage
		StateName                  string
		Mock                       *struct {
			Result      *string
			ErrorOutput *struct{ Error, Cause *string }
		}
		StateConfiguration struct{ RetrierRetryCount int64 }
	}
	Response map[string]json.RawMessage
}

// TestRecordedTestState compares states tested alone with those tested on AWS. The
// checks of requests and mocks are the API's, not the engine's.
func TestRecordedTestState(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("RECORDED_CASES")
	if dir == "" {
		t.Skip("RECORDED_CASES is not set: the recorded tests of states are not compared")
	}
	data, err := os.ReadFile(filepath.Join(dir, "teststate.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []stateCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, c := range cases {
		if c.Response != nil {
			t.Run(c.Name, func(t *testing.T) { counts[c.check(t)]++ })
		}
	}
	t.Logf("TestState: %v", counts)
	if counts[Pass] == 0 {
		t.Error("no case was compared")
	}
}

func (c *stateCase) check(t *testing.T) string {
	input := c.Request.Input
	if input == nil {
		input = []byte("{}")
	}
	trial := asl.Trial{State: c.Request.StateName, Input: string(value.Compact(value.JSON(input))), Context: string(value.Compact(value.JSON(c.Request.Context))),
		Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), RetryCount: c.Request.StateConfiguration.RetrierRetryCount}
	if m := c.Request.Mock; m != nil {
		trial.Mock = &asl.Mock{Result: m.Result}
		if m.ErrorOutput != nil {
			trial.Mock.Error, trial.Mock.Cause = m.ErrorOutput.Error, m.ErrorOutput.Cause
		}
	}
	r, diags, err := asl.Test(c.Request.Definition, trial)
	if len(diags.Unsupported()) > 0 {
		return LeftOut
	}
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Task != nil {
		return "left out: calls a service"
	}
	c.compare(t, r)
	return Pass
}

func (c *stateCase) compare(t *testing.T, r *asl.TrialResult) {
	m := &comparer{c: &Case{}}
	got := map[string]string{"status": r.Status, "output": r.Output, "nextState": r.NextState}
	for key, s := range map[string]*string{"error": r.Error, "cause": r.Cause} {
		if s != nil {
			got[key] = *s
		}
	}
	recorded := map[string]json.RawMessage{}
	for key, v := range c.Response {
		if key != "inspectionData" {
			recorded[key] = v
		}
	}
	if inspected, ok := c.Response["inspectionData"]; ok {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(inspected, &fields); err != nil {
			t.Fatal(err)
		}
		for key, v := range fields {
			recorded["inspection."+key] = v
		}
		in := r.Inspection
		for key, s := range map[string]string{
			"input": in.Input, "afterInputPath": in.AfterInputPath, "afterParameters": in.AfterParameters, "afterItemsPath": in.AfterItemsPath,
			"result": in.Result, "afterResultSelector": in.AfterResultSelector, "afterResultPath": in.AfterResultPath,
		} {
			got["inspection."+key] = s
		}
		delete(recorded, "inspection.maxConcurrency")
	}
	names := keys(recorded)
	for _, key := range keys(got) {
		if recorded[key] == nil {
			names = append(names, key)
		}
	}
	for _, key := range names {
		switch {
		case recorded[key] == nil && got[key] == "":
		case recorded[key] == nil || got[key] == "":
			m.diff("%s: recorded %s, got %s", key, recorded[key], got[key])
		default:
			m.text(key, []string{key}, recorded[key], got[key])
		}
	}
	if len(m.diffs) > 0 {
		t.Error(strings.Join(m.diffs, "\n"))
	}
}
