package jsonpath

import (
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// NotFound is the error of a definite path that finds nothing. Its text is that of the Jayway
// library, which AWS shows after "Invalid path '$.a.b' : ".
type NotFound struct{ Text string }

func (e *NotFound) Error() string { return e.Text }

// Eval returns the path's value below root. A definite path returns its value or NotFound; any
// other path returns an array of what it finds, which may be empty.
func (p *Path) Eval(root value.JSON) (value.JSON, error) {
	if n := len(p.steps); n > 0 && p.steps[n-1].kind == stepFunction {
		return "", p.notFound(n-1, root)
	}
	if !p.definite {
		if err := p.checkArray(root); err != nil {
			return "", err
		}
		w := walker{root: root}
		if w.walk(p.steps, root); w.visits > maxVisits {
			return "", &NotFound{"The path visits too many values"}
		}
		return value.OfArray(w.found), nil
	}
	v := root
	for i := range p.steps {
		next, ok := p.steps[i].one(v)
		if !ok {
			return "", p.notFound(i, v)
		}
		v = next
	}
	return v, nil
}

// checkArray reports a slice or a list of indexes that is applied to a value other than an array.
// After a step that may find many values, or that finds none, it finds nothing instead.
func (p *Path) checkArray(v value.JSON) error {
	for i := range p.steps {
		s := &p.steps[i]
		switch {
		case s.deep:
			return nil
		case (s.kind == stepSlice || s.kind == stepIndexes) && v.Kind() != value.Array:
			return p.notFound(i, v)
		case !s.kind.definite():
			return nil
		}
		next, ok := s.one(v)
		if !ok {
			return nil
		}
		v = next
	}
	return nil
}

// one applies a definite step. A negative index finds nothing, as measured on AWS (2024), where
// [(@.length-1)] is used instead. The Jayway library itself would count from the end.
func (s *step) one(v value.JSON) (value.JSON, bool) {
	switch {
	case s.kind == stepFromEnd:
		return element(v, v.Len()-s.index)
	case s.kind == stepIndex:
		return element(v, s.index)
	}
	return v.Member(s.key)
}

func element(v value.JSON, i int) (value.JSON, bool) {
	if i < 0 {
		return "", false
	}
	return v.Element(i)
}

// notFound reports where the path ended: at step i, applied to v.
func (p *Path) notFound(i int, v value.JSON) error {
	var at strings.Builder
	at.WriteByte('$')
	for j := range i {
		at.WriteString(p.steps[j].fragment())
	}
	s := &p.steps[i]
	switch {
	case s.kind == stepFunction:
		return &NotFound{fmt.Sprintf("No results for path: %s%s", at.String(), s.fragment())}
	case s.kind != stepMember && v.Kind() == value.Array:
		return &NotFound{fmt.Sprintf("Index out of bounds when evaluating path %s%s", at.String(), s.fragment())}
	case s.kind != stepMember:
		return &NotFound{fmt.Sprintf("Filter: %s can only be applied to arrays. Current context is: %s", s.fragment(), v)}
	case v.Kind() != value.Object:
		return &NotFound{fmt.Sprintf("Expected to find an object with property %s in path %s but found '%s'.",
			s.fragment(), at.String(), v.Kind())}
	case i == len(p.steps)-1:
		return &NotFound{fmt.Sprintf("No results for path: %s%s", at.String(), s.fragment())}
	}
	return &NotFound{fmt.Sprintf("Missing property in path %s%s", at.String(), s.fragment())}
}

// maxVisits limits the work of one path: "$..*..*..*" over a large value would not end.
const maxVisits = 2_000_000

// walker collects what an indefinite path finds.
type walker struct {
	root   value.JSON
	found  []value.JSON
	visits int
}

// walk collects everything that the steps find below v.
func (w *walker) walk(steps []step, v value.JSON) {
	if w.visits++; w.visits > maxVisits {
		return
	}
	if len(steps) == 0 {
		w.found = append(w.found, v)
		return
	}
	s, rest := &steps[0], steps[1:]
	s.each(v, w.root, func(child value.JSON) { w.walk(rest, child) })
	if !s.deep {
		return
	}
	// The same step applies to all values below.
	children(v, func(child value.JSON) { w.walk(steps, child) })
}

// each calls yield for each value that one step finds in v.
func (s *step) each(v, root value.JSON, yield func(value.JSON)) {
	switch s.kind {
	case stepMember, stepIndex, stepFromEnd:
		if child, ok := s.one(v); ok {
			yield(child)
		}
	case stepMembers:
		for _, key := range s.keys {
			if child, ok := v.Member(key); ok {
				yield(child)
			}
		}
	case stepIndexes:
		for _, i := range s.indexes {
			if child, ok := element(v, i); ok {
				yield(child)
			}
		}
	case stepSlice:
		s.slice.each(v.Elements(), yield)
	case stepWildcard:
		children(v, yield)
	case stepFilter:
		s.eachMatch(v, root, yield)
	}
}

// eachMatch applies a filter to the elements of an array, or to an object itself.
func (s *step) eachMatch(v, root value.JSON, yield func(value.JSON)) {
	if v.Kind() == value.Object && s.filter.holds(v, root) {
		yield(v)
	}
	for e := range v.EachElement() {
		if s.filter.holds(e, root) {
			yield(e)
		}
	}
}

func children(v value.JSON, yield func(value.JSON)) {
	for _, m := range v.Members() {
		yield(m.Value)
	}
	for e := range v.EachElement() {
		yield(e)
	}
}

func (s slice) each(items []value.JSON, yield func(value.JSON)) {
	from, to := 0, len(items)
	if s.hasFrom {
		from = bound(s.from, len(items))
	}
	if s.hasTo {
		to = bound(s.to, len(items))
	}
	for i := from; i < to; i += s.by {
		yield(items[i])
	}
}

// bound converts a slice's limit to an index from 0 to n.
func bound(i, n int) int {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}
