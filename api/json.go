package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep the values of a body may be nested.
const maxDepth = 16

// decodeBody parses a body, checks it against the schema, all faults at once, and decodes it into v.
func decodeBody(body []byte, s *schema, v any) error {
	value, err := parseJSON(body)
	if err != nil {
		return refusef(codeMalformedRequest, "the body is not a JSON document: %v", err)
	}
	var faults faultList
	s.check(value, "", &faults)
	if err := refuseFaults(codeInvalidRequest, faults); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("decode checked body: %w", err) // the schema and the Go type differ: our fault
	}
	return nil
}

// parseJSON parses one JSON value into map[string]any, []any, string, json.Number, bool and nil. It is stricter than encoding/json:
// a name that stands twice in an object, bytes that are not UTF-8, half of a surrogate pair and anything after the value are errors.
func parseJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	if halfPair(text) {
		return nil, errors.New("a string holds half of a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := parseValue(d, 0)
	if err != nil {
		return nil, plain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return value, nil
}

// halfPair reports whether an escape \ud800 to \udfff in the text is not one of a pair: encoding/json would put U+FFFD in its place.
func halfPair(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		first, ok := escaped(text[i:])
		if !ok {
			i++ // \\ and the other short escapes
			continue
		}
		i += len(`u0000`)
		if !utf16.IsSurrogate(first) {
			continue
		}
		second, ok := escaped(text[i+1:])
		if !ok || utf16.DecodeRune(first, second) == unicode.ReplacementChar {
			return true
		}
		i += len(`\u0000`)
	}
	return false
}

// escaped reads an escape such as \u00e9 at the beginning of the text.
func escaped(text []byte) (rune, bool) {
	if len(text) < len(`\u0000`) || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	if delim == '[' {
		return parseArray(d, depth)
	}
	return parseObject(d, depth)
}

func parseArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		value, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := d.Token()
	return list, err
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("a name is expected")
		}
		if _, twice := object[name]; twice {
			return nil, errors.New("a name stands twice in an object")
		}
		if object[name], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// plain words an error of encoding/json without quoting the body.
func plain(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("syntax error at byte %d", syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it breaks off")
	}
	return err
}
