package asl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// invalidJSON reports that the definition is not JSON.
func (p *parser) invalidJSON(err error) {
	if strings.TrimSpace(p.text) == "" {
		p.report(CodeMissing, "", "The definition is empty")
		return
	}
	offset := 0
	if syntax, ok := errors.AsType[*value.SyntaxError](err); ok {
		offset = syntax.Offset
	}
	what, read := SyntaxText(p.text, err)
	p.unreadable(what, offset, read)
}

// unreadable reports an error in the JSON text at an offset. AWS locates it at the position that
// its reader has reached, which is read bytes later.
func (p *parser) unreadable(what string, offset, read int) {
	line, column := position(p.text, offset)
	source := fmt.Sprintf("[Source: (String)\"%s\"; line: %d, column: %d]", p.text, line, column+read)
	p.add(Diagnostic{Code: CodeInvalidJSON, Location: source, Message: what + "\n at " + source, offset: offset + 1})
}

// expectations maps what value.Parse expected to the wording of AWS's JSON reader.
var expectations = map[string]string{
	"unexpected character": "expected a valid value (JSON String, Number, Array, Object or token 'null', " +
		"'true' or 'false')",
	"expected a key":      "was expecting double-quote to start field name",
	"expected ':'":        "was expecting a colon to separate field name and value",
	"expected ',' or '}'": "was expecting comma to separate Object entries",
	"expected ',' or ']'": "was expecting comma to separate Array entries",
}

// SyntaxText words an error of value.Parse as AWS's JSON reader does, where its wording is known.
// read is how many bytes after the error that reader has read.
func SyntaxText(text string, err error) (what string, read int) {
	syntax, ok := errors.AsType[*value.SyntaxError](err)
	if !ok {
		return err.Error(), 0
	}
	rest := text[min(syntax.Offset, len(text)):]
	if rest == "" {
		return "Unexpected end-of-input", 0
	}
	word := rest
	if end := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) }); end >= 0 {
		word = rest[:end]
	}
	if syntax.Text == "unexpected character" && word != "" {
		return fmt.Sprintf("Unrecognized token '%s': "+
			"was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", word), len(word)
	}
	expected, known := expectations[syntax.Text]
	if !known {
		return syntax.Text, 0
	}
	r, size := utf8.DecodeRuneInString(rest)
	return fmt.Sprintf("Unexpected character ('%c' (code %d)): %s", r, r, expected), size
}

func isWord(r rune) bool {
	return r == '_' || r == '$' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// duplicates reports keys that occur twice in an object: one of the two values would be ignored
// silently. Among states the key is the name of a state.
func (p *parser) duplicates(v value.JSON) {
	for _, d := range value.Duplicates(v) {
		offset := leading(p.text) + d.Offset
		if n := len(d.Path); n > 0 && d.Path[n-1] == "States" {
			at := "/" + strings.Join(d.Path, "/") + "/" + d.Key
			p.add(Diagnostic{Code: CodeDuplicateState, Location: at, Message: "Duplicate State name: " + d.Key,
				offset: offset + 1})
			continue
		}
		p.unreadable(fmt.Sprintf("Duplicate field '%s'", d.Key), offset, 0)
		return // stop, as a reader does that treats the key as an error
	}
}
