package dynamodb

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// parameter is a string parameter that knows whether it was given: AWS refuses a missing value and
// an empty one with different texts.
type parameter struct {
	text  string
	given bool
}

// UnmarshalJSON implements json.Unmarshaler; null is a parameter that was not given.
func (p *parameter) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	p.given = true
	if n := len(data); n >= 2 && data[0] == '"' {
		if s := string(data[1 : n-1]); strings.IndexByte(s, '\\') < 0 && utf8.ValidString(s) {
			p.text = s
			return nil
		}
	}
	return json.Unmarshal(data, &p.text)
}

// SetText implements shape.Texter.
func (p *parameter) SetText(text string) { *p = parameter{text, true} }

// Text implements shape.Texted.
func (p parameter) Text() string { return p.text }
