package attr

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// MarshalJSON writes the item with its names in byte order.
func (item Item) MarshalJSON() ([]byte, error) {
	if item == nil {
		return []byte("null"), nil
	}
	return AppendJSON(nil, item), nil
}

// MarshalJSON writes the value as an object with its kind.
func (v Value) MarshalJSON() ([]byte, error) { return appendJSONValue(nil, v), nil }

// AppendJSON appends the JSON form of an item.
func AppendJSON(b []byte, item Item) []byte {
	b = append(b, '{')
	var few [16]string
	names := slices.AppendSeq(few[:0], maps.Keys(item))
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONValue(append(AppendText(b, name), ':'), item[name])
	}
	return append(b, '}')
}

func appendJSONValue(b []byte, v Value) []byte {
	b = append(b, `{"`...)
	b = append(b, v.Kind.String()...)
	b = append(b, `":`...)
	switch v.Kind {
	case S, N, B:
		b = appendScalar(b, v)
	case BOOL:
		if v.Bool {
			b = append(b, "true"...)
		} else {
			b = append(b, "false"...)
		}
	case NULL:
		b = append(b, "true"...)
	case M:
		b = AppendJSON(b, v.Map)
	default:
		b = appendList(b, v)
	}
	return append(b, '}')
}

func appendScalar(b []byte, v Value) []byte {
	if v.Kind == B {
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, []byte(v.Text))
		return append(b, '"')
	}
	return AppendText(b, v.Text)
}

func appendList(b []byte, v Value) []byte {
	b = append(b, '[')
	for i, e := range v.List {
		if i > 0 {
			b = append(b, ',')
		}
		if v.Kind == L {
			b = appendJSONValue(b, e)
		} else {
			b = appendScalar(b, e)
		}
	}
	return append(b, ']')
}

// AppendText appends s as a JSON string.
func AppendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string always marshals
		panic(err)
	}
	return append(b, quoted...)
}
