package asltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// caseKeys is the order in which Update writes the members of a case; others follow.
var caseKeys = []string{"name", "comment", "kind", "definition", "input", "tasks", "stop", "redrives", "status",
	"error", "cause", "output", "history"}

// Update writes the result of a replay into the case's file as the expected result: status, error,
// cause, output and, for the kind "history", the events. The rest of the file stays. Review the
// file before you commit it.
func Update(c *Case, run *Run) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("update case: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return fmt.Errorf("update case %s: %w", c.File, err)
	}
	for _, key := range [...]string{"status", "error", "cause", "output", "history"} {
		delete(members, key)
	}
	if err := expect(members, c, run); err != nil {
		return fmt.Errorf("update case %s: %w", c.File, err)
	}
	if err := os.WriteFile(c.File, layOut(members), 0o644); err != nil {
		return fmt.Errorf("update case: %w", err)
	}
	return nil
}

func expect(members map[string]json.RawMessage, c *Case, run *Run) error {
	set := func(key string, v any) error {
		text, err := json.Marshal(v)
		members[key] = text
		return err
	}
	if run.End != nil {
		if err := set("status", run.End.Status); err != nil {
			return err
		}
		for key, s := range map[string]*string{"error": run.End.Error, "cause": run.End.Cause} {
			if s != nil {
				if err := set(key, *s); err != nil {
					return err
				}
			}
		}
		if run.End.Output != "" {
			members["output"] = json.RawMessage(run.End.Output)
		}
	}
	if c.Kind != "history" {
		return nil
	}
	var b bytes.Buffer
	for i := range run.Events {
		if e := &run.Events[i]; !e.JournalOnly() {
			b.WriteString(map[bool]string{true: "[\n    ", false: ",\n    "}[b.Len() == 0])
			text := e.AppendJSON(nil, asl.JSONOptions{})
			fmt.Fprintf(&b, `{"at":%g,%s`, e.Time.Sub(c.start()).Seconds(), text[1:])
		}
	}
	b.WriteString("\n  ]")
	members["history"] = b.Bytes()
	return nil
}

// layOut writes a case with one line for each event, so that a diff is readable.
func layOut(members map[string]json.RawMessage) []byte {
	order := slices.Clone(caseKeys)
	for _, key := range keys(members) {
		if !slices.Contains(order, key) {
			order = append(order, key)
		}
	}
	var b bytes.Buffer
	for _, key := range order {
		v, ok := members[key]
		if !ok {
			continue
		}
		b.WriteString(map[bool]string{true: "{\n  ", false: ",\n  "}[b.Len() == 0])
		fmt.Fprintf(&b, "%q: ", key)
		if key == "history" {
			b.Write(v)
		} else if err := json.Indent(&b, v, "  ", "  "); err != nil {
			b.Write(v)
		}
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}
