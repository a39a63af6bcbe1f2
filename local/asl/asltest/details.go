package asltest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// details compares the members of a details object. Texts that are JSON are compared by value.
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

// text compares a text field. The recorder has parsed objects and left other texts as they are.
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
			continue // recorded before AWS introduced redrive
		}
		m.diff("%s: at %s nothing recorded, got %q", at, strings.Join(path, "."), one.Key)
	}
}

// scrubbed reports whether the recorder has replaced the value at path.
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

// sameString compares two texts. A placeholder of the recorder (<uuid:1>, date) matches any text.
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
