package asltest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// comparer compares the result of a replay with the recording. It knows what the recorder has
// replaced.
type comparer struct {
	c     *Case
	rules []*regexp.Regexp // of the scrubs
	diffs []string
}

// Compare lists the differences between a replay and its recording. An empty list is a pass.
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
		return // the recording ends while the execution waits
	case end == nil:
		m.diff("status: recorded %s, but the execution still waits", *c.Status)
		return
	case string(end.Status) != *c.Status:
		m.diff("status: recorded %s, got %s (%s: %s)", *c.Status, end.Status, show(end.Error), show(end.Cause))
		return
	}
	if c.Kind == "history" {
		return // the last event is compared with the rest of the recording
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

// history compares event by event. Inside a Parallel, where the recorder has removed the ids, the
// events between two that have an id are compared as a set; the recorder's sorting has lost the
// Parallel's own end.
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

// erased compares the recorded events without an id with the replayed events up to the next event
// that has an id, and returns the index of that one.
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

// quietly reports whether a comparison finds no difference, and records none.
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
