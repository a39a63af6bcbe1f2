// Package jsonpath evaluates the JSONPath of the Amazon States Language, in the dialect of the
// Jayway library. The only script expression is [(@.length-1)]. Functions ($.a.length()) are
// parsed, but a path with one finds nothing, as on AWS.
package jsonpath

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Root is the value that a path starts from.
type Root uint8

// The roots: "$" is the state's data, "$$" the context object, "$name" a variable.
const (
	Input Root = iota
	Context
	Variable
)

// Path is a compiled path. It is immutable.
type Path struct {
	text     string
	root     Root
	variable string
	steps    []step
	definite bool
}

type stepKind uint8

const (
	stepMember stepKind = iota
	stepIndex
	stepMembers // ['a','b']
	stepIndexes // [0,1]
	stepSlice
	stepWildcard
	stepFilter
	stepFromEnd  // [(@.length-1)]
	stepFunction // length()
)

// definite reports whether a step of the kind finds at most one value.
func (k stepKind) definite() bool {
	return k == stepMember || k == stepIndex || k == stepFromEnd
}

// step is one step. Deep means that it was written with "..": it applies to the current value and
// to every value below it.
type step struct {
	kind    stepKind
	deep    bool
	key     string
	index   int
	keys    []string
	indexes []int
	slice   slice
	filter  condition
}

type slice struct {
	from, to, by          int
	hasFrom, hasTo, hasBy bool
}

// String formats a slice as it is written: [1:], [:2], [1:3:2].
func (s slice) String() string {
	text := "["
	if s.hasFrom {
		text += strconv.Itoa(s.from)
	}
	text += ":"
	if s.hasTo {
		text += strconv.Itoa(s.to)
	}
	if s.hasBy {
		text += ":" + strconv.Itoa(s.by)
	}
	return text + "]"
}

// String returns the path as it was written.
func (p *Path) String() string { return p.text }

// Root returns what the path starts from.
func (p *Path) Root() Root { return p.root }

// Variable returns the name of the variable that the path starts from.
func (p *Path) Variable() string { return p.variable }

// Definite reports whether the path finds at most one value. Other paths return an array.
func (p *Path) Definite() bool { return p.definite }

// FirstKey returns the key of the first step, if that is a plain member access.
func (p *Path) FirstKey() (string, bool) {
	if len(p.steps) == 0 || p.steps[0].kind != stepMember || p.steps[0].deep {
		return "", false
	}
	return p.steps[0].key, true
}

// Reference returns the steps of a reference path: members and elements only, from the input. ok is
// false for any other path.
func (p *Path) Reference() (steps []value.Step, ok bool) {
	if p.root != Input || !p.definite {
		return nil, false
	}
	steps = make([]value.Step, 0, len(p.steps))
	for _, s := range p.steps {
		if s.kind == stepFromEnd {
			return nil, false
		}
		steps = append(steps, value.Step{Key: s.key, Index: s.index, IsIndex: s.kind == stepIndex})
	}
	return steps, true
}

// fragment formats a step for messages: ['key'], [3], [*].
func (s *step) fragment() string {
	switch s.kind {
	case stepMember:
		return "['" + s.key + "']"
	case stepIndex:
		return "[" + strconv.Itoa(s.index) + "]"
	case stepMembers:
		return "['" + strings.Join(s.keys, "','") + "']"
	case stepWildcard:
		return "[*]"
	case stepFromEnd:
		return "[(@.length-" + strconv.Itoa(s.index) + ")]"
	case stepFunction:
		return "." + s.key
	case stepSlice:
		return s.slice.String()
	case stepIndexes:
		return "[" + strings.Trim(strings.ReplaceAll(fmt.Sprint(s.indexes), " ", ","), "[]") + "]"
	}
	return "[...]"
}
