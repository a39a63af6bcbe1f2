package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// route is a compiled Route.
type route struct {
	Route
	method     string // empty: any
	segments   []segment
	fallback   bool // $default
	authorizer *Authorizer
	limiter    *rate.Limiter
}

type segment struct {
	kind kind
	text string // literal, or the parameter's name
}

// kind orders segments by how specific they are.
type kind int

const (
	literal kind = iota
	parameter
	greedy
)

func compile(r Route) (*route, error) {
	if r.Timeout == 0 {
		r.Timeout = MaxIntegrationTime
	}
	if r.Timeout < 50*time.Millisecond || r.Timeout > MaxIntegrationTime {
		return nil, fmt.Errorf("timeout %v is not between 50 ms and 30 s", r.Timeout)
	}
	if r.Function == "" {
		return nil, errors.New("no function")
	}
	c := &route{Route: r}
	if r.Key == "$default" {
		c.fallback = true
		return c, nil
	}
	method, path, ok := strings.Cut(r.Key, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return nil, errors.New(`not "METHOD /path" or "$default"`)
	}
	if method != "ANY" {
		c.method = method
	}
	for s := range strings.SplitSeq(path[1:], "/") {
		seg, err := parseSegment(s)
		if err != nil {
			return nil, err
		}
		if n := len(c.segments); n > 0 && c.segments[n-1].kind == greedy {
			return nil, errors.New("a greedy parameter must come last")
		}
		c.segments = append(c.segments, seg)
	}
	return c, nil
}

func parseSegment(s string) (segment, error) {
	if !strings.HasPrefix(s, "{") {
		if strings.ContainsAny(s, "{}") {
			return segment{}, fmt.Errorf("segment %q", s)
		}
		return segment{literal, s}, nil
	}
	name, ok := strings.CutSuffix(s[1:], "}")
	k := parameter
	if n, plus := strings.CutSuffix(name, "+"); plus {
		name, k = n, greedy
	}
	if !ok || name == "" || strings.ContainsAny(name, "{}") {
		return segment{}, fmt.Errorf("segment %q", s)
	}
	return segment{k, name}, nil
}

// table holds the routes, the most specific first.
type table struct{ routes []*route }

func (t *table) add(r *route) error {
	for _, other := range t.routes {
		if compareRoutes(r, other) == 0 && slices.EqualFunc(r.segments, other.segments, sameSegment) &&
			r.method == other.method {
			return fmt.Errorf("the same route as %q", other.Key)
		}
	}
	t.routes = append(t.routes, r)
	slices.SortStableFunc(t.routes, compareRoutes)
	return nil
}

func sameSegment(a, b segment) bool {
	return a.kind == b.kind && (a.kind != literal || a.text == b.text)
}

// compareRoutes puts the route first that API Gateway prefers: full matches before greedy ones,
// literal segments before parameters, a method before ANY, $default last ("Create routes for HTTP
// APIs" in the developer guide).
func compareRoutes(a, b *route) int {
	if a.fallback != b.fallback {
		if a.fallback {
			return 1
		}
		return -1
	}
	if a.greedy() != b.greedy() {
		if a.greedy() {
			return 1
		}
		return -1
	}
	for i := range min(len(a.segments), len(b.segments)) {
		if c := cmp.Compare(a.segments[i].kind, b.segments[i].kind); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(len(b.segments), len(a.segments)); c != 0 {
		return c
	}
	switch {
	case a.method != "" && b.method == "":
		return -1
	case a.method == "" && b.method != "":
		return 1
	}
	return 0
}

func (r *route) greedy() bool {
	n := len(r.segments)
	return n > 0 && r.segments[n-1].kind == greedy
}

// match finds the route of a decoded path. Parameters are nil if the route has none.
func (t *table) match(method, path string) (*route, map[string]string) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, r := range t.routes {
		if r.fallback {
			return r, nil
		}
		if r.method != "" && r.method != method {
			continue
		}
		if params, ok := r.match(segments); ok {
			return r, params
		}
	}
	return nil, nil
}

func (r *route) match(path []string) (map[string]string, bool) {
	var params map[string]string
	set := func(name, value string) {
		if params == nil {
			params = map[string]string{}
		}
		params[name] = value
	}
	for i, s := range r.segments {
		if i >= len(path) {
			return nil, false
		}
		switch s.kind {
		case literal:
			if s.text != path[i] {
				return nil, false
			}
		case parameter:
			if path[i] == "" {
				return nil, false
			}
			set(s.text, path[i])
		case greedy:
			rest := strings.Join(path[i:], "/")
			if rest == "" {
				return nil, false
			}
			set(s.text, rest)
			return params, true
		}
	}
	return params, len(path) == len(r.segments)
}
