// Package asltest replays recorded executions on the engine and compares the result with the
// recording, event for event. See README.md for the format of a case.
package asltest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Case is one recorded execution.
type Case struct {
	File string `json:"-"`

	Name          string          `json:"name"`
	Kind          string          `json:"kind"` // "history" or "result"
	MachineType   string          `json:"machineType"`
	QueryLanguage string          `json:"queryLanguage"`
	Features      []string        `json:"features"`
	Definition    json.RawMessage `json:"definition"`
	Input         json.RawMessage `json:"input"`
	Tasks         []Task          `json:"tasks"`
	Redrives      []Redrive       `json:"redrives"`
	Stop          *Stop           `json:"stop"`
	History       []Recorded      `json:"history"`
	Status        *string         `json:"status"`
	Output        json.RawMessage `json:"output"`
	Error         *string         `json:"error"`
	Cause         *string         `json:"cause"`
	Scrubs        []Scrub         `json:"scrubs"`
	Unresolved    json.RawMessage `json:"unresolvedInDefinition"`
	Unpaired      []Recorded      `json:"taskOutcomesUnpaired"`
	Source        struct {
		RecordedDate string `json:"recordedDate"`
	} `json:"source"`
}

// Task is a task that the execution scheduled, and its outcome.
type Task struct {
	StateName    *string `json:"stateName"`
	ResourceType string  `json:"resourceType"`
	Iteration    *int    `json:"mapIteration"`
	Outcome      Outcome `json:"outcome"`
}

// Outcome is the end of a task: one of Output, Error (and Cause), TimedOut, Aborted,
// StartFailed, SubmitFailed.
type Outcome struct {
	Output       json.RawMessage `json:"output"`
	Error        *string         `json:"error"`
	Cause        *string         `json:"cause"`
	Failed       bool            `json:"failed"` // a failure without error and cause
	TimedOut     json.RawMessage `json:"timedOut"`
	Aborted      json.RawMessage `json:"aborted"`
	StartFailed  *errorCause     `json:"startFailed"`
	SubmitFailed *errorCause     `json:"submitFailed"`
	Submitted    json.RawMessage `json:"submitted"`
	ClosedBy     int64           `json:"closedBy"`
	Unpaired     bool            `json:"unpaired"`
	// AfterSeconds is how long the task takes. Heartbeats are the times at which the task reports,
	// in seconds after its start.
	AfterSeconds float64   `json:"afterSeconds"`
	Heartbeats   []float64 `json:"heartbeats"`
}

type errorCause struct {
	Error *string `json:"error"`
	Cause *string `json:"cause"`
}

// Redrive asks for a redrive this long after the execution has ended.
type Redrive struct {
	AfterSeconds float64 `json:"afterSeconds"`
}

// Stop asks to stop the execution at this time after its start.
type Stop struct {
	AfterSeconds float64 `json:"afterSeconds"`
	Error        *string `json:"error"`
	Cause        *string `json:"cause"`
}

// Recorded is an event of the recorded history.
type Recorded struct {
	ID         json.RawMessage            `json:"id"`
	PreviousID int64                      `json:"previousEventId"`
	Type       string                     `json:"type"`
	At         *float64                   `json:"at"` // seconds since the start; optional
	Members    map[string]json.RawMessage `json:"-"`  // the details
}

// UnmarshalJSON keeps the details, whatever their key.
func (r *Recorded) UnmarshalJSON(data []byte) error {
	type plain Recorded
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &r.Members); err != nil {
		return err
	}
	for _, key := range [...]string{"id", "previousEventId", "type", "timestamp", "at"} {
		delete(r.Members, key)
	}
	return nil
}

// id returns the recorded id; false if the recorder removed it.
func (r *Recorded) id() (int64, bool) {
	var id int64
	err := json.Unmarshal(r.ID, &id)
	return id, err == nil
}

// Scrub is a replacement that the recorder made.
type Scrub struct {
	Regex       string `json:"regex"`
	JSONPath    string `json:"jsonpath"`
	Key         string `json:"key"`
	Replacement string `json:"replacement"`
}

// Load reads a case file.
func Load(file string) (*Case, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	c := &Case{File: file}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("read case %s: %w", file, err)
	}
	c.compact()
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	if c.Kind == "" {
		c.Kind = "result"
		if len(c.History) > 0 {
			c.Kind = "history"
		}
	}
	if len(c.Definition) == 0 {
		return nil, fmt.Errorf("read case %s: no definition", file)
	}
	return c, nil
}

// compact removes the file's indentation from the text that the engine gets.
func (c *Case) compact() {
	texts := []*json.RawMessage{&c.Input}
	for i := range c.Tasks {
		texts = append(texts, &c.Tasks[i].Outcome.Output, &c.Tasks[i].Outcome.Submitted)
	}
	for _, t := range texts {
		*t = json.RawMessage(value.Compact(value.JSON(*t)))
	}
}

// start returns the time at which the replay begins: the time of the recording, so that times in
// the case's input are as near as they were then.
func (c *Case) start() time.Time {
	for _, layout := range [...]string{"02-01-2006, 15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, c.Source.RecordedDate); err == nil {
			return t
		}
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
}

// unresolved returns what a case lacks for a replay: values that could not be matched to the
// recording, or the outcomes of its tasks.
const unresolved = "unresolved"

// leftOut is the table of reasons not to replay a case. A reason is found by a word of the
// diagnostic with which the engine refuses to run it, or by a feature of the case.
var leftOut = []struct{ reason, word, feature string }{
	{"JSONata", "JSONata", ""},
	{"distributed Map / ItemReader", "DISTRIBUTED", "DistributedMap"},
	{"distributed Map / ItemReader", "", "ItemReader"},
	{"activities", "activities", "activity"},
	// All SDK integrations are alike. An optimized one checks its parameters in its own way.
	{"other services' integrations", "the optimized integration", ""},
}

// LeftOut returns why a case is not replayed; "" if it is.
func (c *Case) LeftOut(diags asl.Diagnostics) string {
	if len(c.Unresolved) > 0 && string(c.Unresolved) != "null" && string(c.Unresolved) != "[]" {
		return unresolved
	}
	for _, row := range leftOut {
		if row.feature != "" && slices.Contains(c.Features, row.feature) {
			return row.reason
		}
		for _, d := range diags.Unsupported() {
			if row.word != "" && strings.Contains(d.Message, row.word) {
				return row.reason
			}
		}
	}
	return ""
}
