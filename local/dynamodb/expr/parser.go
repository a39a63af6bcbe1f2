package expr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Kind is the request parameter that an expression came in. Messages name it.
type Kind string

// The kinds of expressions.
const (
	ConditionKind    Kind = "ConditionExpression"
	FilterKind       Kind = "FilterExpression"
	KeyConditionKind Kind = "KeyConditionExpression"
	ProjectionKind   Kind = "ProjectionExpression"
	UpdateKind       Kind = "UpdateExpression"
)

// maxExpression is the longest expression in bytes.
const maxExpression = 4096

// parser reads one expression by recursive descent. A syntax error ends it at once. Of the other
// errors, which AWS reports only if the syntax is right, it keeps one: the first of the class with
// the lowest rank.
type parser struct {
	kind         Kind
	src          string
	tokens       []token
	at           int
	placeholders *Placeholders
	semantic     error
	rank         int // of the error that is kept
}

// class is the subject of an error.
type class int

const (
	parenthesesError class = iota
	functionError          // an unknown function
	misuseError            // a function in a place that does not allow it
	reservedError
	sectionError
	nameError
	valueError
	overlapError
	conflictError
	countError // of operands
	distinctError
	operandError
	classes
)

// rankOf orders the errors of an expression by class. Outside of conditions, reserved words come
// first; within conditions, the classes after them rank equal.
func (p *parser) rankOf(c class) int {
	conditional := p.kind != UpdateKind && p.kind != ProjectionKind
	switch {
	case !conditional && c == reservedError:
		return -1
	case !conditional && c == misuseError:
		return int(functionError)
	case conditional && c > reservedError:
		return int(classes)
	}
	return int(c)
}

// parse runs f over the whole expression.
func parse(kind Kind, src string, ph *Placeholders, f func(*parser) error) error {
	ph.expressions++
	if kind != ProjectionKind {
		ph.takeValues++
	}
	if strings.TrimSpace(src) == "" {
		return errorf("Invalid %s: The expression can not be empty;", kind)
	}
	if len(src) > maxExpression {
		return errorf("Invalid %s: Expression size has exceeded the maximum allowed size; expression size: %d", kind,
			len(src))
	}
	p := &parser{kind: kind, src: src, tokens: lex(src), placeholders: ph}
	err := f(p)
	if err == nil && p.peek().kind != endToken {
		err = p.syntax()
	}
	if err == nil {
		err = p.semantic
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return errorf("Invalid %s: %s", kind, e.Message)
	}
	return err
}

func (p *parser) peek() token { return p.tokens[p.at] }

// take consumes the next token if it is the symbol or keyword.
func (p *parser) take(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if !p.take(text) {
		return p.syntax()
	}
	return nil
}

// fail keeps an error that is not one of syntax.
func (p *parser) fail(c class, err error) {
	if rank := p.rankOf(c); p.semantic == nil || rank < p.rank {
		p.semantic, p.rank = err, rank
	}
}

// syntax is the error at the next token; "near" shows it with its neighbours, as the expression has
// them.
func (p *parser) syntax() error {
	from, to := p.tokens[max(0, p.at-1)], p.tokens[min(p.at+1, len(p.tokens)-1)]
	near := strings.TrimSpace(p.src[from.at:to.end()])
	// %q would escape: AWS quotes the text as it is.
	return &Error{fmt.Sprintf(`Syntax error; token: "%s", near: "%s"`, p.peek().text, near)}
}

// list parses elements separated by commas.
func list[T any](p *parser, element func() (T, error)) ([]T, error) {
	var out []T
	for {
		e, err := element()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		if !p.take(",") {
			return out, nil
		}
	}
}

// maxPath is how many steps a path has.
const maxPath = 32

// path parses a document path.
func (p *parser) path() (Path, error) {
	step, err := p.name()
	if err != nil {
		return nil, err
	}
	path := Path{step}
	for {
		switch {
		case p.take("."):
			step, err = p.name()
		case p.take("["):
			step, err = p.index()
		default:
			return path, nil
		}
		if err != nil {
			return nil, err
		}
		if len(path) == 1 {
			p.placeholders.nested = append(p.placeholders.nested, path[0].Name)
		}
		if path = append(path, step); len(path) == maxPath+1 {
			p.fail(operandError, errorf("The document path has too many nesting elements; nesting levels: %d", len(path)))
		}
	}
}

func (p *parser) name() (Step, error) {
	t := p.peek()
	switch t.kind {
	case nameToken:
		p.at++
		name, err := p.placeholders.name(t.text)
		if err != nil {
			p.fail(nameError, err)
		}
		return Step{Name: name}, nil
	case wordToken:
		if p.isKeyword(t) {
			return Step{}, p.syntax()
		}
		p.at++
		if isReserved(t.text) {
			p.fail(reservedError, errorf("Attribute name is a reserved keyword; reserved keyword: %s", t.text))
		}
		return Step{Name: t.text}, nil
	}
	return Step{}, p.syntax()
}

// isKeyword reports whether a word is an operator, or a section of an update, wherever it stands.
func (p *parser) isKeyword(t token) bool {
	if p.kind == UpdateKind && (t.is("SET") || t.is("REMOVE") || t.is("ADD") || t.is("DELETE")) {
		return true
	}
	return t.is("AND") || t.is("OR") || t.is("NOT") || t.is("IN") || t.is("BETWEEN")
}

func (p *parser) index() (Step, error) {
	t := p.peek()
	if t.kind != numberToken {
		return Step{}, p.syntax()
	}
	n, err := strconv.Atoi(t.text)
	if err != nil {
		p.fail(operandError, errorf("List index is not within the allowable range; index: [%s]", t.text))
	}
	p.at++
	return Step{Index: n, IsIndex: true}, p.expect("]")
}

// constant parses a value's placeholder.
func (p *parser) constant() (attr.Value, error) {
	t := p.peek()
	if t.kind != valueToken {
		return attr.Value{}, p.syntax()
	}
	p.at++
	v, err := p.placeholders.value(t.text)
	if err != nil {
		p.fail(valueError, err)
	}
	return v, nil
}

// call reports whether a function's name and its opening parenthesis are next, and consumes them.
func (p *parser) call() (function string, ok bool) {
	t := p.peek()
	if t.kind == wordToken && !p.isKeyword(t) && p.tokens[p.at+1].is("(") {
		p.at += 2
		return t.text, true
	}
	return "", false
}
