package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// path is a parsed JSON path: names, and indexes or "*" in brackets.
type path []step

type step struct {
	name  string
	index int
	array bool // index is set
	all   bool // "[*]"
}

// parsePath reads the subset of JSONPath that EventBridge supports: $.a.b, [0], [*]. It returns
// ValidationException.
func parsePath(text string) (path, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, badPath(text)
	}
	var out path
	for rest != "" {
		switch rest[0] {
		case '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			if end == 0 {
				return nil, badPath(text)
			}
			out, rest = append(out, step{name: rest[1 : 1+end]}), rest[1+end:]
		case '[':
			inner, after, ok := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(inner)
			if !ok || inner != "*" && (err != nil || n < 0) {
				return nil, badPath(text)
			}
			out, rest = append(out, step{array: true, all: inner == "*", index: n}), after
		default:
			return nil, badPath(text)
		}
	}
	return out, nil
}

func badPath(text string) error { return invalid("Invalid JSON path: %s", text) }

// get finds the value in a JSON text and returns it as written; nil if the path leads nowhere.
func (p path) get(text json.RawMessage) (json.RawMessage, error) {
	if len(p) == 0 {
		return text, nil
	}
	if !p[0].array {
		var object map[string]json.RawMessage
		if json.Unmarshal(text, &object) != nil || object[p[0].name] == nil {
			return nil, nil
		}
		return p[1:].get(object[p[0].name])
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return nil, nil
	}
	if !p[0].all {
		if p[0].index >= len(list) {
			return nil, nil
		}
		return p[1:].get(list[p[0].index])
	}
	found := []json.RawMessage{}
	for _, e := range list {
		v, err := p[1:].get(e)
		if err != nil {
			return nil, err
		}
		if v != nil {
			found = append(found, v)
		}
	}
	return awsapi.MarshalUnescaped(found)
}

// input is what the target gets: a constant, a part of the event, a template filled from it, or the
// event.
func (d *delivery) input() ([]byte, error) {
	switch t := d.Target; {
	case t.Input != nil && *t.Input != "":
		return []byte(*t.Input), nil
	case t.InputPath != nil && *t.InputPath != "":
		p, err := parsePath(*t.InputPath)
		if err != nil {
			return nil, err
		}
		v, err := p.get(d.Event)
		if err == nil && v == nil {
			v = []byte("{}") // as AWS sends for a path that leads nowhere
		}
		return v, err
	case t.InputTransformer != nil:
		return d.transform(t.InputTransformer)
	}
	return d.Event, nil
}

// maxVariables bounds a transformer's InputPathsMap.
const maxVariables = 100

var (
	placeholder  = regexp.MustCompile(`<([A-Za-z0-9_.\-]+)>`)
	variableName = regexp.MustCompile(`^[A-Za-z0-9_\-]{1,256}$`)
)

// predefined are the variables that need no path: "EventBridge input transformation" in the user
// guide.
var predefined = []string{"aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time",
	"aws.events.event", "aws.events.event.json"}

// check refuses paths, names and templates that EventBridge refuses.
func (t *InputTransformer) check(target string) error {
	switch {
	case t.InputTemplate == "":
		return invalid("InputTemplate must not be empty.")
	case len(t.InputTemplate) > maxInputBytes:
		return invalid("InputTemplate for target %s is longer than %d characters.", target, maxInputBytes)
	case len(t.InputPathsMap) > maxVariables:
		return invalid("InputPathsMap must not have more than %d entries.", maxVariables)
	}
	for _, name := range slices.Sorted(maps.Keys(t.InputPathsMap)) {
		if strings.HasPrefix(strings.ToLower(name), "aws.") {
			return invalid("InputPathsMap keys must not start with AWS.")
		}
		if !variableName.MatchString(name) {
			return invalid("InputPathsMap key '%s' for target %s is not valid: it has 1 to 256 letters, digits, "+
				"hyphens and underscores.", name, target)
		}
		if _, err := parsePath(t.InputPathsMap[name]); err != nil {
			return err
		}
	}
	return t.checkTemplate(target)
}

// checkTemplate replaces the template's variables by sample values: the result must be JSON texts,
// and every variable must be known.
func (t *InputTransformer) checkTemplate(target string) error {
	for _, m := range placeholder.FindAllStringSubmatch(t.InputTemplate, -1) {
		if _, ok := t.InputPathsMap[m[1]]; !ok && !slices.Contains(predefined, m[1]) {
			return invalid("InputTemplate for target %s contains placeholder <%s> that InputPathsMap does not define.", target, m[1])
		}
	}
	values := map[string]json.RawMessage{}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(t.InputPathsMap)), predefined) {
		values[name] = json.RawMessage(`"x"`)
	}
	filled, err := fillTemplate(t.InputTemplate, values)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(filled))
	for {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return invalid("Invalid InputTemplate for target %s : %v", target, err)
		}
	}
}

// transform fills the template with values of the event.
func (d *delivery) transform(t *InputTransformer) ([]byte, error) {
	values, err := d.variables(t)
	if err != nil {
		return nil, err
	}
	return fillTemplate(t.InputTemplate, values)
}

// fillTemplate replaces variables by their values. Outside of quotes a variable is a JSON value;
// inside of a string it is text. A variable whose path leads nowhere is the empty string.
func fillTemplate(text string, values map[string]json.RawMessage) ([]byte, error) {
	var out strings.Builder
	quoted := false
	for text != "" {
		switch {
		case text[0] == '\\' && len(text) > 1:
			out.WriteString(text[:2])
			text = text[2:]
			continue
		case text[0] == '"':
			quoted = !quoted
		case text[0] == '<':
			name, rest, ok := strings.Cut(text[1:], ">")
			if v, known := values[name]; ok && known {
				if err := writeValue(&out, v, quoted); err != nil {
					return nil, err
				}
				text = rest
				continue
			}
		}
		out.WriteByte(text[0])
		text = text[1:]
	}
	return []byte(out.String()), nil
}

func writeValue(out *strings.Builder, v json.RawMessage, quoted bool) error {
	if v == nil {
		v = json.RawMessage(`""`)
	}
	if !quoted {
		out.Write(v)
		return nil
	}
	if v[0] == '"' {
		out.Write(v[1 : len(v)-1]) // a string keeps its escapes
		return nil
	}
	escaped, err := awsapi.MarshalUnescaped(string(v))
	if err != nil {
		return fmt.Errorf("fill template: %w", err)
	}
	out.Write(escaped[1 : len(escaped)-1])
	return nil
}

// variables are the values of the transformer's paths and the predefined variables.
func (d *delivery) variables(t *InputTransformer) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{"aws.events.event.json": d.Event}
	for name, v := range map[string]string{
		"aws.events.rule-arn": d.Rule, "aws.events.rule-name": d.RuleName,
		"aws.events.event.ingestion-time": d.Ingested.Format(time.RFC3339),
	} {
		text, err := awsapi.MarshalUnescaped(v)
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(d.Event, &fields); err != nil {
		return nil, fmt.Errorf("read event: %w", err)
	}
	delete(fields, "detail")
	var err error
	if out["aws.events.event"], err = awsapi.MarshalUnescaped(fields); err != nil {
		return nil, err
	}
	for name, text := range t.InputPathsMap {
		p, err := parsePath(text)
		if err != nil {
			return nil, err
		}
		if out[name], err = p.get(d.Event); err != nil {
			return nil, err
		}
	}
	return out, nil
}
