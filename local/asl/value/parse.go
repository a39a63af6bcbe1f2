package value

import (
	"fmt"
	"unicode/utf8"
)

// MaxDepth is how deeply arrays and objects may nest.
const MaxDepth = 1000

// SyntaxError reports where a text stops being JSON.
type SyntaxError struct {
	Offset int // in bytes
	Text   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Text, e.Offset) }

// Parse checks a text once, so that all other functions may rely on it: it must be one JSON value
// (RFC 8259) in valid UTF-8, nested at most MaxDepth deep. Invalid UTF-8 is an error; lone
// surrogate escapes are allowed, as in AWS's reader.
func Parse(text string) (JSON, error) {
	if !utf8.ValidString(text) {
		return "", &SyntaxError{firstInvalid(text), "invalid UTF-8"}
	}
	c := checker{s: text}
	start := skipSpace(text, 0)
	end, err := c.value(start)
	if err != nil {
		return "", err
	}
	if rest := skipSpace(text, end); rest != len(text) {
		return "", &SyntaxError{rest, "unexpected text after the value"}
	}
	return JSON(text[start:end]), nil
}

func firstInvalid(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

// checker checks a text that may be anything.
type checker struct {
	s     string
	depth int
}

func (c *checker) value(i int) (int, error) {
	if i >= len(c.s) {
		return i, &SyntaxError{i, "unexpected end of text"}
	}
	switch b := c.s[i]; {
	case b == '{':
		return c.object(i)
	case b == '[':
		return c.array(i)
	case b == '"':
		return c.str(i)
	case b == '-' || '0' <= b && b <= '9':
		return c.number(i)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(c.s)-i >= len(word) && c.s[i:i+len(word)] == word {
			return i + len(word), nil
		}
	}
	return i, &SyntaxError{i, "unexpected character"}
}

func (c *checker) enter(i int) error {
	if c.depth++; c.depth > MaxDepth {
		return &SyntaxError{i, "nested too deeply"}
	}
	return nil
}

func (c *checker) object(i int) (int, error) {
	if err := c.enter(i); err != nil {
		return i, err
	}
	i = skipSpace(c.s, i+1)
	if i < len(c.s) && c.s[i] == '}' {
		c.depth--
		return i + 1, nil
	}
	for {
		if i >= len(c.s) || c.s[i] != '"' {
			return i, &SyntaxError{i, "expected a key"}
		}
		end, err := c.str(i)
		if err != nil {
			return end, err
		}
		if i = skipSpace(c.s, end); i >= len(c.s) || c.s[i] != ':' {
			return i, &SyntaxError{i, "expected ':'"}
		}
		if i, err = c.value(skipSpace(c.s, i+1)); err != nil {
			return i, err
		}
		var done bool
		if i, done, err = c.next(i, '}'); err != nil || done {
			return i, err
		}
	}
}

func (c *checker) array(i int) (int, error) {
	if err := c.enter(i); err != nil {
		return i, err
	}
	i = skipSpace(c.s, i+1)
	if i < len(c.s) && c.s[i] == ']' {
		c.depth--
		return i + 1, nil
	}
	for {
		end, err := c.value(i)
		if err != nil {
			return end, err
		}
		var done bool
		if i, done, err = c.next(end, ']'); err != nil || done {
			return i, err
		}
	}
}

// next skips a comma, or the closing bracket (done).
func (c *checker) next(i int, closing byte) (at int, done bool, err error) {
	i = skipSpace(c.s, i)
	switch {
	case i >= len(c.s):
		return i, false, &SyntaxError{i, "unexpected end of text"}
	case c.s[i] == closing:
		c.depth--
		return i + 1, true, nil
	case c.s[i] == ',':
		return skipSpace(c.s, i+1), false, nil
	}
	return i, false, &SyntaxError{i, "expected ',' or '" + string(closing) + "'"}
}

func (c *checker) str(i int) (int, error) {
	for i++; i < len(c.s); i++ {
		switch b := c.s[i]; {
		case b == '"':
			return i + 1, nil
		case b < ' ':
			return i, &SyntaxError{i, "control character in a string"}
		case b == '\\':
			n := escapeLen(c.s[i:])
			if n == 0 {
				return i, &SyntaxError{i, "invalid escape in a string"}
			}
			i += n - 1
		}
	}
	return i, &SyntaxError{i, "unexpected end of text"}
}

// escapeLen returns the length of the escape sequence at the start of s; 0 if it is invalid.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s[2:]); ok {
			return 6
		}
	}
	return 0
}

func (c *checker) number(i int) (int, error) {
	s := c.s
	if s[i] == '-' {
		i++
	}
	at := i
	if i = digits(s, i); i == at {
		return i, &SyntaxError{i, "expected a digit"}
	}
	if s[at] == '0' && i-at > 1 {
		return at, &SyntaxError{at, "leading zero in a number"}
	}
	if i < len(s) && s[i] == '.' {
		if at, i = i+1, digits(s, i+1); i == at {
			return i, &SyntaxError{i, "expected a digit"}
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if at, i = i, digits(s, i); i == at {
			return i, &SyntaxError{i, "expected a digit"}
		}
	}
	return i, nil
}

func digits(s string, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}
