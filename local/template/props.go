package template

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// props is a map of properties after evaluation, with its place in the template for messages. The
// zero props is an absent map: every getter returns its default.
type props struct {
	l  *loader
	r  *resource
	m  map[string]any
	n  *node
	at string
}

// props evaluates a resource's properties.
func (l *loader) props(r *resource) props {
	at := "/Resources/" + r.id + "/Properties"
	p := props{l: l, r: r, m: map[string]any{}, n: r.properties, at: at}
	if r.properties == nil {
		p.n = r.n
		return p
	}
	p.m, _ = l.eval(r.properties, at).(map[string]any)
	return p
}

func (p props) has(key string) bool { _, ok := p.m[key]; return ok && p.m[key] != nil }

// node is the place of a property in the file ("Policies/0"), or the nearest one around it.
func (p props) node(key string) *node {
	n := p.n
	for part := range strings.SplitSeq(key, "/") {
		next := n.field(part)
		if i, err := strconv.Atoi(part); err == nil && n.kind == listNode && i < len(n.items) {
			next = n.items[i]
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (p props) fail(key, format string, args ...any) {
	p.l.fail(p.node(key), strings.TrimSuffix(p.at+"/"+key, "/"), format, args...)
}

// known reports the properties that are in neither list. honoured is separated by spaces; harmless
// gives the reason for each property that has no effect on one machine, under "*" for all the
// others.
func (p props) known(honoured string, harmless map[string]string) {
	names := strings.Fields(honoured)
	for _, key := range sortedKeys(p.m) {
		if slices.Contains(names, key) {
			continue
		}
		why, ok := harmless[key]
		if !ok {
			why, ok = harmless["*"]
		}
		if !ok {
			why = "the local stack does not know this property"
		}
		p.unhonoured(key, why, !ok)
	}
}

func (p props) unhonoured(key, why string, changes bool) {
	property := strings.TrimPrefix(p.at+"/"+key, "/Resources/"+p.r.id+"/Properties/")
	p.l.unhonoured(p.node(key), p.r.id, p.r.typ, property, why, changes)
}

func (p props) text(key string) string { return p.textOr(key, "") }

func (p props) textOr(key, otherwise string) string {
	if !p.has(key) {
		return otherwise
	}
	s, ok := toText(p.m[key])
	if !ok {
		p.fail(key, "not text")
	}
	return s
}

// required is a text that must be present.
func (p props) required(key string) string {
	s := p.text(key)
	if s == "" {
		p.fail(key, "is required")
	}
	return s
}

func (p props) number(key string, otherwise int) int {
	return parsed(p, key, otherwise, strconv.Atoi, "a whole number")
}

func (p props) float(key string) float64 {
	return parsed(p, key, 0, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }, "a number")
}

func (p props) boolean(key string, otherwise bool) bool {
	return parsed(p, key, otherwise, strconv.ParseBool, "true or false")
}

// parsed reads a property that may be absent; kind names the valid values in the error.
func parsed[T any](p props, key string, otherwise T, parse func(string) (T, error), kind string) T {
	if !p.has(key) {
		return otherwise
	}
	s, _ := toText(p.m[key])
	v, err := parse(s)
	if err != nil {
		p.fail(key, "not %s", kind)
	}
	return v
}

// optional is a number that may be absent.
func (p props) optional(key string) *int {
	if !p.has(key) {
		return nil
	}
	n := p.number(key, 0)
	return &n
}

// between is a number within bounds, as AWS limits it.
func (p props) between(key string, otherwise, low, high int) int {
	n := p.number(key, otherwise)
	if p.has(key) && (n < low || n > high) {
		p.fail(key, "%d is not between %d and %d", n, low, high)
	}
	return n
}

func (p props) seconds(key string, otherwise, low, high int) time.Duration {
	return time.Duration(p.between(key, otherwise, low, high)) * time.Second
}

// list is a list; a single value stands for a list of one where AWS allows it.
func (p props) list(key string) []any {
	if !p.has(key) {
		return nil
	}
	if list, ok := p.m[key].([]any); ok {
		return list
	}
	return []any{p.m[key]}
}

func (p props) texts(key string) []string {
	var out []string
	for _, v := range p.list(key) {
		s, ok := toText(v)
		if !ok {
			p.fail(key, "not a list of text")
		}
		out = append(out, s)
	}
	return out
}

// sub is a nested map; absent gives the zero map.
func (p props) sub(key string) props {
	out := props{l: p.l, r: p.r, n: p.node(key), at: p.at + "/" + key}
	if !p.has(key) {
		return out
	}
	m, ok := p.m[key].(map[string]any)
	if !ok {
		p.fail(key, "not a map")
	}
	out.m = m
	return out
}

// objects are the maps of a list.
func (p props) objects(key string) []props {
	var out []props
	for i, v := range p.list(key) {
		n, at := p.node(key), p.at+"/"+key+"/"+strconv.Itoa(i)
		if n.kind == listNode && i < len(n.items) && len(n.items) == len(p.list(key)) {
			n = n.items[i]
		}
		m, ok := v.(map[string]any)
		if !ok {
			p.l.fail(n, at, "not a map")
			continue
		}
		out = append(out, props{l: p.l, r: p.r, m: m, n: n, at: at})
	}
	return out
}

// json is a property as JSON: a document written out, or given as text.
func (p props) json(key string) json.RawMessage {
	v, ok := p.m[key]
	if !ok {
		return nil
	}
	if s, isText := v.(string); isText {
		if !json.Valid([]byte(s)) {
			p.fail(key, "not JSON")
		}
		return json.RawMessage(s)
	}
	b, err := json.Marshal(v)
	if err != nil {
		p.fail(key, "%v", err)
	}
	return b
}
