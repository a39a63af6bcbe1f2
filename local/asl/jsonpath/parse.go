package jsonpath

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError describes why a text is not a path.
type SyntaxError struct{ Path, Text string }

func (e *SyntaxError) Error() string { return fmt.Sprintf("invalid path %q: %s", e.Path, e.Text) }

// maxFilterDepth limits how deeply the conditions of a filter may nest.
const maxFilterDepth = 50

// Parse compiles a path.
func Parse(text string) (*Path, error) {
	p := &parser{s: text}
	path, err := p.path(false)
	if err != nil {
		return nil, err
	}
	if p.i != len(p.s) {
		return nil, p.fail("unexpected %q", p.s[p.i:])
	}
	return path, nil
}

// ParsePrefix compiles the path at the start of text, as an argument of an intrinsic function, and
// returns its length.
func ParsePrefix(text string) (*Path, int, error) {
	p := &parser{s: text}
	path, err := p.path(true)
	if err != nil {
		return nil, 0, err
	}
	return path, p.i, nil
}

type parser struct {
	s     string
	i     int
	depth int
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.s, fmt.Sprintf(format, args...)}
}

func (p *parser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *parser) take(b byte) bool {
	if p.peek() == b && b != 0 {
		p.i++
		return true
	}
	return false
}

func (p *parser) space() {
	for p.peek() == ' ' {
		p.i++
	}
}

// path parses "$", "$$" or "$name" and the steps after it. With prefix it stops at a character that
// cannot belong to a path.
func (p *parser) path(prefix bool) (*Path, error) {
	start := p.i
	if !p.take('$') {
		return nil, p.fail("a path starts with $")
	}
	path := &Path{definite: true}
	switch {
	case p.take('$'):
		path.root = Context
	case isNameStart(p.rune()):
		path.root = Variable
		path.variable = p.name(isNamePart)
	}
	if err := p.steps(path, prefix); err != nil {
		return nil, err
	}
	path.text = p.s[start:p.i]
	return path, nil
}

func (p *parser) steps(path *Path, prefix bool) error {
	for p.i < len(p.s) {
		var s step
		var err error
		switch {
		case p.peek() == '[':
			s, err = p.bracket()
		case p.take('.'):
			deep := p.take('.')
			s, err = p.dotted()
			s.deep = deep
		case prefix:
			return nil
		default:
			err = p.fail("unexpected %q", p.s[p.i:])
		}
		if err != nil {
			return err
		}
		if s.deep || !s.kind.definite() {
			path.definite = false
		}
		path.steps = append(path.steps, s)
		if s.kind == stepFunction && (p.peek() == '.' || p.peek() == '[') {
			return p.fail("a function ends the path")
		}
	}
	return nil
}

// dotted parses what stands after '.' or '..': a key, *, a function, or [...] as without the dot.
func (p *parser) dotted() (step, error) {
	if p.peek() == '[' {
		return p.bracket()
	}
	if p.take('*') {
		return step{kind: stepWildcard}, nil
	}
	key := p.name(isKeyPart)
	switch {
	case key == "":
		return step{}, p.fail("expected a name after '.'")
	case p.peek() == '(':
		return p.function(key)
	}
	return step{kind: stepMember, key: key}, nil
}

// function parses the arguments of a function such as length() or concat($.a, "b").
func (p *parser) function(name string) (step, error) {
	depth := 0
	for start := p.i; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '\'', '"':
			if _, err := p.quoted(); err != nil {
				return step{}, err
			}
			p.i--
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				p.i++
				return step{kind: stepFunction, key: name + p.s[start:p.i]}, nil
			}
		}
	}
	return step{}, p.fail("expected ')'")
}

func (p *parser) rune() rune {
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return r
}

func (p *parser) name(part func(rune) bool) string {
	start := p.i
	for p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if !part(r) {
			break
		}
		p.i += n
	}
	return p.s[start:p.i]
}

func isNameStart(r rune) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0x80 && r != utf8.RuneError
}

func isNamePart(r rune) bool { return isNameStart(r) || '0' <= r && r <= '9' }

// isKeyPart reports whether a character may be part of a key after a dot.
func isKeyPart(r rune) bool {
	return r > ' ' && !strings.ContainsRune(`.[](){}*,'"@?&|!=<>`, r) && r != utf8.RuneError
}

// bracket parses [...].
func (p *parser) bracket() (step, error) {
	p.i++ // the '['
	p.space()
	var s step
	var err error
	switch b := p.peek(); {
	case b == '*':
		p.i++
		s.kind = stepWildcard
	case b == '?':
		p.i++
		s.kind = stepFilter
		s.filter, err = p.filter()
	case b == '\'' || b == '"':
		s, err = p.keys()
	case b == '(':
		s, err = p.fromEnd()
	default:
		s, err = p.indexes()
	}
	if err != nil {
		return s, err
	}
	if p.space(); !p.take(']') {
		return s, p.fail("expected ']'")
	}
	return s, nil
}

func (p *parser) keys() (step, error) {
	var keys []string
	for {
		key, err := p.quoted()
		if err != nil {
			return step{}, err
		}
		keys = append(keys, key)
		if p.space(); !p.take(',') {
			break
		}
		p.space()
	}
	if len(keys) == 1 {
		return step{kind: stepMember, key: keys[0]}, nil
	}
	return step{kind: stepMembers, keys: keys}, nil
}

// quoted parses 'text' or "text". A backslash escapes the quote and itself; before any other
// character it is an ordinary character.
func (p *parser) quoted() (string, error) {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		return "", p.fail("expected a quoted name")
	}
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == quote:
			p.i++
			return b.String(), nil
		case c == '\\' && p.i+1 < len(p.s) && (p.s[p.i+1] == quote || p.s[p.i+1] == '\\'):
			p.i++
			b.WriteByte(p.s[p.i])
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail("unterminated quote")
}

// fromEnd parses (@.length-1), the only script that is supported.
func (p *parser) fromEnd() (step, error) {
	for _, word := range [...]string{"(", "@.length", "-"} {
		if !p.word(word) {
			return step{}, p.fail("expected (@.length-1)")
		}
		p.space()
	}
	n, ok := p.integer()
	if p.space(); !ok || n < 0 || !p.take(')') {
		return step{}, p.fail("expected (@.length-1)")
	}
	return step{kind: stepFromEnd, index: n}, nil
}

// indexes parses 1, 1,2 and the slices 1:2, :2, 1:, ::2.
func (p *parser) indexes() (step, error) {
	n, ok := p.integer()
	if p.space(); p.peek() == ':' {
		return p.slice(n, ok)
	}
	if !ok {
		return step{}, p.fail("expected an index, a quoted name, *, ? or a slice")
	}
	all := []int{n}
	for p.take(',') {
		p.space()
		if n, ok = p.integer(); !ok {
			return step{}, p.fail("expected an index")
		}
		all = append(all, n)
		p.space()
	}
	if len(all) == 1 {
		return step{kind: stepIndex, index: n}, nil
	}
	return step{kind: stepIndexes, indexes: all}, nil
}

func (p *parser) slice(from int, hasFrom bool) (step, error) {
	s := slice{from: from, hasFrom: hasFrom, by: 1}
	p.i++ // the ':'
	p.space()
	s.to, s.hasTo = p.integer()
	p.space()
	if p.take(':') {
		p.space()
		if s.by, s.hasBy = p.integer(); !s.hasBy {
			s.by = 1
		}
	}
	if s.by < 1 || s.by > math.MaxInt32 {
		return step{}, p.fail("the step of a slice must be positive")
	}
	return step{kind: stepSlice, slice: s}, nil
}

func (p *parser) integer() (int, bool) {
	start := p.i
	p.take('-')
	for '0' <= p.peek() && p.peek() <= '9' {
		p.i++
	}
	n, err := strconv.Atoi(p.s[start:p.i])
	if err != nil {
		p.i = start
	}
	return n, err == nil
}
