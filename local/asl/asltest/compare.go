package asltest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"orderflow/local/asl"
	"orderflow/local/asl/value"
)

// comparer compares what came out with what was recorded, and knows what the
// recorder has replaced.
type comparer struct {
	c     *Case
	rules []*regexp.Regexp // of the scrubs
	diffs []string
}

// Compare lists the differences between a replay and its recording: none is a pass.
func Compare(c *Case, run *Run) []string {
	m := &comparer{c: c}
	for _, s := range c.Scrubs {
		if s.Regex == "" {
			m.rules = append(m.rules, nil)
			continue
		}
		re, err := regexp.Compile(s.Regex)
		if err != nil {
			re = regexp.MustCompile(regexp.QuoteMeta(s.Regex))
		}
		m.rules = append(m.rules, re)
	}
	switch {
	case c.Kind == "history" && len(c.History) == 0, c.Kind != "history" && c.Status == nil:
		m.diff("the case expects nothing: it has neither a history nor a status")
	case c.Kind == "history":
		m.history(run.Events)
	}
	m.result(run.End)
	return m.diffs
}

func (m *comparer) diff(format string, args ...any) {
	m.diffs = append(m.diffs, fmt.Sprintf(format, args...))
}

func (m *comparer) result(end *asl.End) {
	c := m.c
	switch {
	case c.Status == nil:
		return // the recording ends while the execution still waits
	case end == nil:
		m.diff("status: recorded %s, but the execution still waits", *c.Status)
		return
	case string(end.Status) != *c.Status:
		m.diff("status: recorded %s, got %s (%s: %s)", *c.Status, end.Status, show(end.Error), show(end.Cause))
		return
	}
	if c.Kind == "history" {
		return // the last event has the rest
	}
	if end.Status == asl.Succeeded {
		m.text("output", []string{"output"}, c.Output, end.Output)
	}
	for _, p := range []struct {
		name     string
		rec, got *string
	}{{"error", c.Error, end.Error}, {"cause", c.Cause, end.Cause}} {
		if (p.rec == nil) != (p.got == nil) || p.rec != nil && !m.sameString(*p.rec, *p.got, []string{p.name}) {
			m.diff("%s: recorded %s, got %s", p.name, show(p.rec), show(p.got))
		}
	}
}

func show(s *string) string {
	if s == nil {
		return "(none)"
	}
	return *s
}

// history compares event for event. Where the recorder has erased ids (inside a
// Parallel), the events between two that have one are compared as a set; its sorting
// has swallowed the Parallel's own end.
func (m *comparer) history(events []asl.Event) {
	shown := slices.DeleteFunc(slices.Clone(events), func(e asl.Event) bool { return e.JournalOnly() })
	recorded := m.c.History
	at := 0
	for i := 0; i < len(recorded); i++ {
		if _, ok := recorded[i].id(); ok {
			if at >= len(shown) {
				m.diff("event %d: recorded %s, got nothing", i+1, recorded[i].Type)
				return
			}
			if !m.event(&recorded[i], &shown[at], true) {
				return // what follows is shifted
			}
			at++
			continue
		}
		from := i
		for i+1 < len(recorded) {
			if _, ok := recorded[i+1].id(); ok {
				break
			}
			i++
		}
		at = m.erased(recorded[from:i+1], shown, at, recorded[i+1:])
	}
	if at < len(shown) && m.c.Status != nil {
		m.diff("event %d: nothing recorded, got %s", shown[at].ID, shown[at].Type)
	}
}

// erased compares events without ids with those that came out up to the next event
// that has an id, and gives the index of that one.
func (m *comparer) erased(recorded []Recorded, shown []asl.Event, at int, after []Recorded) int {
	end := len(shown)
	if len(after) > 0 {
		id, _ := after[0].id()
		end = min(end, max(at, int(id)-1))
	}
	left := make([]*asl.Event, 0, end-at)
	for i := at; i < end; i++ {
		left = append(left, &shown[i])
	}
	for i := range recorded {
		found := slices.IndexFunc(left, func(e *asl.Event) bool {
			return e.Type.String() == recorded[i].Type && m.quietly(func() { m.event(&recorded[i], e, false) })
		})
		if found < 0 {
			m.diff("inside the Parallel: recorded %s %s, got no such event", recorded[i].Type, members(&recorded[i]))
			continue
		}
		left = slices.Delete(left, found, found+1)
	}
	for _, e := range left {
		if e.Type != asl.EventParallelStateSucceeded && e.Type != asl.EventParallelStateFailed {
			m.diff("inside the Parallel: nothing recorded, got %s (event %d)", e.Type, e.ID)
		}
	}
	return end
}

// quietly tells whether a comparison finds no difference, without keeping any.
func (m *comparer) quietly(compare func()) bool {
	kept := m.diffs
	m.diffs = nil
	compare()
	same := len(m.diffs) == 0
	m.diffs = kept
	return same
}

// event compares one event. It reports whether the two are of the same type.
func (m *comparer) event(r *Recorded, e *asl.Event, ids bool) bool {
	at := fmt.Sprintf("event %d", e.ID)
	if r.Type != e.Type.String() {
		m.diff("%s: recorded %s, got %s", at, r.Type, e.Type)
		return false
	}
	if id, _ := r.id(); ids && (id != e.ID || r.PreviousID != e.PreviousID) {
		m.diff("%s %s: recorded id %d after %d, got %d after %d", at, r.Type, id, r.PreviousID, e.ID, e.PreviousID)
	}
	if got := e.Time.Sub(m.c.start()).Seconds(); r.At != nil && *r.At != got {
		m.diff("%s %s: recorded %g s after the start, got %g s", at, r.Type, *r.At, got)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(e.AppendJSON(nil, asl.JSONOptions{}), &got); err != nil {
		m.diff("%s: %v", at, err)
		return true
	}
	for _, key := range [...]string{"id", "previousEventId", "type"} {
		delete(got, key)
	}
	for _, key := range keys(r.Members, got) {
		rec, ok := r.Members[key]
		if !ok {
			m.diff("%s %s: nothing recorded under %s, got %s", at, r.Type, key, got[key])
			continue
		}
		if _, ok := got[key]; !ok {
			m.diff("%s %s: recorded %s %s, got nothing", at, r.Type, key, rec)
			continue
		}
		m.details(at+" "+r.Type, key, rec, got[key])
	}
	return true
}

func members(r *Recorded) string {
	text, err := json.Marshal(r.Members)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func keys[V any](maps ...map[string]V) []string {
	var out []string
	for _, one := range maps {
		for k := range one {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	sort.Strings(out)
	return out
}

// details compares the members of a details object; texts that are JSON by value.
func (m *comparer) details(at, detailsKey string, rec, got json.RawMessage) {
	var r, g map[string]json.RawMessage
	if json.Unmarshal(rec, &r) != nil || json.Unmarshal(got, &g) != nil {
		m.diff("%s: %s is no object", at, detailsKey)
		return
	}
	for _, key := range keys(r, g) {
		path := []string{detailsKey, key}
		switch {
		case r[key] == nil:
			m.diff("%s: nothing recorded under %s, got %s", at, key, g[key])
		case g[key] == nil:
			m.diff("%s: recorded %s %s, got nothing", at, key, r[key])
		case key == "assignedVariables":
			m.variables(at, r[key], g[key])
		case value.JSON(g[key]).Kind() == value.String:
			m.text(at+" "+key, path, r[key], value.JSON(g[key]).Text())
		default:
			m.values(at+" "+key, path, value.JSON(r[key]), value.JSON(g[key]))
		}
	}
}

func (m *comparer) variables(at string, rec, got json.RawMessage) {
	var r, g map[string]json.RawMessage
	if json.Unmarshal(rec, &r) != nil || json.Unmarshal(got, &g) != nil {
		m.diff("%s: assignedVariables is no object", at)
		return
	}
	for _, key := range keys(r, g) {
		if r[key] == nil || g[key] == nil {
			m.diff("%s: variable %s: recorded %s, got %s", at, key, r[key], g[key])
			continue
		}
		m.text(at+" variable "+key, []string{"assignedVariables", key}, r[key], value.JSON(g[key]).Text())
	}
}

// text compares a text field: the recorder has parsed objects and left other texts.
func (m *comparer) text(at string, path []string, rec json.RawMessage, got string) {
	parsed, err := value.Parse(got)
	if r := value.JSON(rec); r.Kind() == value.String {
		if m.sameString(r.Text(), got, path) {
			return
		}
		inner, innerErr := value.Parse(r.Text())
		if innerErr == nil && err == nil {
			m.values(at, path, inner, parsed)
			return
		}
		if err == nil && parsed.Kind() == value.String {
			m.values(at, path, r, parsed) // the output of a result, recorded as a value
			return
		}
		m.diff("%s: recorded %s, got %s", at, r.Text(), got)
		return
	}
	if err != nil {
		m.diff("%s: recorded %s, got %s", at, rec, got)
		return
	}
	r, recErr := value.Parse(string(rec))
	if recErr != nil {
		m.diff("%s: recorded %s: %v", at, rec, recErr)
		return
	}
	m.values(at, path, r, parsed)
}

func (m *comparer) values(at string, path []string, rec, got value.JSON) {
	switch {
	case m.scrubbed(rec, path):
		return
	case rec.Kind() == value.String && got.Kind() == value.String:
		if !m.sameString(rec.Text(), got.Text(), path) {
			m.diff("%s: at %s recorded %s, got %s", at, strings.Join(path, "."), rec, got)
		}
	case rec.Kind() == value.Object && got.Kind() == value.Object:
		m.objects(at, path, rec, got)
	case rec.Kind() == value.Array && got.Kind() == value.Array:
		r, g := rec.Elements(), got.Elements()
		if len(r) != len(g) {
			m.diff("%s: at %s recorded %s, got %s", at, strings.Join(path, "."), rec, got)
			return
		}
		for i := range r {
			m.values(at, path, r[i], g[i])
		}
	case !value.Equal(rec, got):
		m.diff("%s: at %s recorded %s, got %s", at, strings.Join(path, "."), rec, got)
	}
}

func (m *comparer) objects(at string, path []string, rec, got value.JSON) {
	r, g := rec.Members(), got.Members()
	has := func(list []value.Member, key string) (value.JSON, bool) {
		for _, one := range list {
			if one.Key == key {
				return one.Value, true
			}
		}
		return "", false
	}
	_, isExecution := has(r, "StartTime")
	for _, one := range r {
		v, ok := has(g, one.Key)
		if !ok {
			m.diff("%s: at %s recorded %q, got nothing", at, strings.Join(path, "."), one.Key)
			continue
		}
		m.values(at, append(slices.Clone(path), one.Key), one.Value, v)
	}
	for _, one := range g {
		if _, ok := has(r, one.Key); ok {
			continue
		}
		if isExecution && one.Key == "RedriveCount" {
			continue // recorded before AWS had redrive
		}
		m.diff("%s: at %s nothing recorded, got %q", at, strings.Join(path, "."), one.Key)
	}
}

// scrubbed tells whether the recorder has replaced the value at path.
func (m *comparer) scrubbed(rec value.JSON, path []string) bool {
	last := path[len(path)-1]
	for _, s := range m.c.Scrubs {
		switch {
		case s.Key != "" && s.Key == last:
			return true
		case s.JSONPath != "" && rec.Kind() == value.String && rec.Text() == s.Replacement:
			tail := s.JSONPath[strings.LastIndex(s.JSONPath, "..")+1:]
			if strings.HasSuffix("."+strings.Join(path, "."), tail) {
				return true
			}
		}
	}
	return false
}

var placeholder = regexp.MustCompile(`<[A-Za-z_][^<>]*>`)

// sameString compares two texts. What the recorder has put in place of what differs
// from run to run (<uuid:1>, date) stands for any text.
func (m *comparer) sameString(rec, got string, path []string) bool {
	if rec == got || m.scrubbed(value.OfString(rec), path) {
		return true
	}
	if rec == "date" || rec == `"date"` {
		_, err := time.Parse(time.RFC3339, strings.Trim(got, `"`))
		return err == nil
	}
	if rec == "timestamp" && strings.Contains(strings.ToLower(path[len(path)-1]), rec) {
		return true
	}
	for i, re := range m.rules {
		if re != nil {
			got = re.ReplaceAllString(got, strings.ReplaceAll(m.c.Scrubs[i].Replacement, "$", "$$"))
		}
	}
	if rec == got {
		return true
	}
	marks := placeholder.FindAllStringIndex(rec, -1)
	if marks == nil {
		return false
	}
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	from := 0
	for _, mark := range marks {
		pattern.WriteString(regexp.QuoteMeta(rec[from:mark[0]]))
		pattern.WriteString(`.+`)
		from = mark[1]
	}
	pattern.WriteString(regexp.QuoteMeta(rec[from:]) + `\z`)
	return regexp.MustCompile(pattern.String()).MatchString(got)
}
