// Package expr reads and evaluates DynamoDB expressions: condition, filter, key condition,
// projection and update.
//
// An expression passes lexer -> parser -> checks -> evaluation. A parsed expression is immutable
// and evaluates without error, except for updates, which may not fit the item (developer guide,
// "Using expressions in DynamoDB").
package expr

import "strings"

type tokenKind int

const (
	endToken    tokenKind = iota
	wordToken             // an attribute name, a keyword or a function name
	nameToken             // #name
	valueToken            // :value
	numberToken           // the index of a list element
	symbolToken           // ( ) [ ] , . + - = <> < <= > >=
	badToken              // a character that no expression has
)

type token struct {
	kind tokenKind
	text string
	at   int // where it begins in the expression
}

// is reports whether the token is a symbol, or a keyword in any case.
func (t token) is(text string) bool {
	return t.kind == symbolToken && t.text == text || t.kind == wordToken && strings.EqualFold(t.text, text)
}

// end is where the token ends in the expression.
func (t token) end() int {
	if t.kind == endToken {
		return t.at
	}
	return t.at + len(t.text)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// lex splits an expression into tokens; the last is endToken.
func lex(src string) []token {
	tokens := make([]token, 0, len(src)/4+2)
	for at := 0; at < len(src); {
		if strings.IndexByte(" \t\r\n\f", src[at]) >= 0 {
			at++
			continue
		}
		t := next(src, at)
		tokens = append(tokens, t)
		at += len(t.text)
	}
	return append(tokens, token{kind: endToken, text: "<EOF>", at: len(src)})
}

func next(src string, at int) token {
	c := src[at]
	end := at + 1
	words := func() string {
		for end < len(src) && isWord(src[end]) {
			end++
		}
		return src[at:end]
	}
	switch {
	case isDigit(c):
		for end < len(src) && isDigit(src[end]) {
			end++
		}
		return token{numberToken, src[at:end], at}
	case isWord(c):
		return token{wordToken, words(), at}
	case c == '#' && end < len(src) && isWord(src[end]):
		return token{nameToken, words(), at}
	case c == ':' && end < len(src) && isWord(src[end]):
		return token{valueToken, words(), at}
	case c == '<' && end < len(src) && (src[end] == '=' || src[end] == '>'), c == '>' && end < len(src) && src[end] == '=':
		return token{symbolToken, src[at : end+1], at}
	case strings.IndexByte("()[],.+-=<>", c) >= 0:
		return token{symbolToken, src[at:end], at}
	}
	return token{badToken, src[at:end], at}
}
