package cloud

import (
	"bytes"
	"errors"
)

// jsonReader walks over valid JSON from its beginning to its end, once. It does not find every
// syntax error.
type jsonReader struct {
	in []byte // rest of the input
}

var errSyntax = errors.New("unexpected JSON")

func (r *jsonReader) space() {
	n := 0
	for n < len(r.in) && (r.in[n] == ' ' || r.in[n] == '\n' || r.in[n] == '\t' || r.in[n] == '\r') {
		n++
	}
	r.in = r.in[n:]
}

// next skips white space, and consumes the next character if it is c.
func (r *jsonReader) next(c byte) bool {
	r.space()
	if len(r.in) == 0 || r.in[0] != c {
		return false
	}
	r.in = r.in[1:]
	return true
}

// end reports whether nothing is left.
func (r *jsonReader) end() bool {
	r.space()
	return len(r.in) == 0
}

// text consumes a string and returns it with its quotes.
func (r *jsonReader) text() ([]byte, error) {
	r.space()
	n := textEnd(r.in)
	if n == 0 {
		return nil, errSyntax
	}
	whole := r.in[:n]
	r.in = r.in[n:]
	return whole, nil
}

// textEnd is the length of the string that s begins with; 0 if there is none.
func textEnd(s []byte) int {
	if len(s) == 0 || s[0] != '"' {
		return 0
	}
	for n := 1; n < len(s); n++ {
		switch s[n] {
		case '\\':
			n++
		case '"':
			return n + 1
		}
	}
	return 0
}

// plainText consumes a string without escapes.
func (r *jsonReader) plainText() (string, error) {
	s, err := r.text()
	if err != nil || bytes.IndexByte(s, '\\') >= 0 {
		return "", errSyntax
	}
	return string(s[1 : len(s)-1]), nil
}

// each calls f for every element or member between the brackets. It must consume it.
func (r *jsonReader) each(begin, end byte, f func() error) error {
	if !r.next(begin) {
		return errSyntax
	}
	for first := true; !r.next(end); first = false {
		if !first && !r.next(',') {
			return errSyntax
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// object calls f with the name of every member. It must consume the value.
func (r *jsonReader) object(f func(name string) error) error {
	return r.each('{', '}', func() error {
		name, err := r.plainText()
		if err != nil || !r.next(':') {
			return errSyntax
		}
		return f(name)
	})
}

// raw consumes a value of any type and returns it.
func (r *jsonReader) raw() ([]byte, error) {
	r.space()
	for n, depth := 0, 0; n < len(r.in); n++ {
		switch r.in[n] {
		case '"':
			length := textEnd(r.in[n:])
			if length == 0 {
				return nil, errSyntax
			}
			n += length - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 && endsValue(r.in[n+1:]) {
			whole := r.in[:n+1]
			r.in = r.in[n+1:]
			return whole, nil
		}
	}
	return nil, errSyntax
}

// endsValue reports whether a value outside of all brackets ends before rest.
func endsValue(rest []byte) bool {
	if len(rest) == 0 {
		return true
	}
	switch rest[0] {
	case ',', '}', ']', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}
