package cloud

import (
	"bytes"
	"errors"
	"fmt"
)

// image rewrites a stream item from DynamoDB's typed JSON to plain JSON: {"amount":{"N":"5"}}
// becomes {"amount":5}. It reads the JSON, which must be valid, once, and depends on no attribute
// name.
type image struct {
	jsonReader
	out []byte
}

// plainJSON returns the item as the JSON that was saved.
func plainJSON(typed []byte) ([]byte, error) {
	i := image{jsonReader{typed}, make([]byte, 0, len(typed))}
	if err := i.members('{', '}', i.member); err != nil {
		return nil, err
	}
	return i.out, nil
}

var errNoAttribute = errors.New("the image is not DynamoDB's typed JSON")

// members rewrites the members of a list or map.
func (i *image) members(begin, end byte, member func() error) error {
	i.out = append(i.out, begin)
	first := true
	err := i.each(begin, end, func() error {
		if !first {
			i.out = append(i.out, ',')
		}
		first = false
		return member()
	})
	i.out = append(i.out, end)
	if errors.Is(err, errSyntax) {
		err = errNoAttribute
	}
	return err
}

// member rewrites one member of a map.
func (i *image) member() error {
	name, err := i.text()
	if err != nil || !i.next(':') {
		return errNoAttribute
	}
	i.out = append(append(i.out, name...), ':')
	return i.value()
}

// value rewrites an object whose one member is a type and its value.
func (i *image) value() error {
	if !i.next('{') {
		return errNoAttribute
	}
	kind, err := i.text()
	if err != nil || !i.next(':') {
		return errNoAttribute
	}
	switch string(kind) {
	case `"M"`:
		err = i.members('{', '}', i.member)
	case `"L"`:
		err = i.members('[', ']', i.value)
	case `"S"`, `"B"`, `"N"`:
		err = i.scalar(kind[1] != 'N')
	case `"BOOL"`, `"NULL"`:
		err = i.literal(kind[1] == 'N')
	default:
		err = fmt.Errorf("%w: a value of type %s", errNoAttribute, kind)
	}
	if err == nil && !i.next('}') {
		err = errNoAttribute
	}
	return err
}

// scalar rewrites a string. A number loses its quotes.
func (i *image) scalar(quoted bool) error {
	s, err := i.text()
	if err != nil {
		return err
	}
	if !quoted {
		s = s[1 : len(s)-1]
	}
	i.out = append(i.out, s...)
	return nil
}

// literal rewrites a boolean. The boolean of a NULL becomes null.
func (i *image) literal(null bool) error {
	i.in = bytes.TrimLeft(i.in, " \t\r\n")
	for _, word := range []string{"true", "false"} {
		if bytes.HasPrefix(i.in, []byte(word)) {
			i.in = i.in[len(word):]
			if null {
				word = "null"
			}
			i.out = append(i.out, word...)
			return nil
		}
	}
	return errNoAttribute
}
