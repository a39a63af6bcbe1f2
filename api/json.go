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

// maxDepth is the greatest depth of nested values in a body.
const maxDepth = 16

// decodeBody parses a body, checks it against the schema, and decodes it into v. The error holds
// all faults.
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
		return fmt.Errorf("decode checked body: %w", err) // a bug: the schema and the Go type differ
	}
	return nil
}

// parseJSON parses one JSON value into map[string]any, []any, string, json.Number, bool and nil. It
// is stricter than encoding/json: duplicate names in an object, bytes that are not UTF-8, half of a
// surrogate pair, and anything after the value are errors.
func parseJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("the text is not UTF-8")
	}
	if halfPair(text) {
		return nil, errors.New("a string has half of a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := parseValue(d, 0)
	if err != nil {
		return nil, plain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is text after the value")
	}
	return value, nil
}

// halfPair reports whether the text holds an escape \ud800 to \udfff that is not part of a pair.
// encoding/json would replace it by U+FFFD.
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

// escaped parses an escape such as \u00e9 at the beginning of the text.
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
		return nil, fmt.Errorf("the values are nested deeper than %d levels", maxDepth)
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
			return nil, errors.New("an object has a name twice")
		}
		if object[name], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// plain returns an error of encoding/json in words that do not quote the body.
func plain(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("syntax error at byte %d", syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("unexpected end")
	}
	return err
}
