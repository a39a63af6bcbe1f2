package mail

import "strings"

// values are what is filled into a text: names and their values, in turn.
type values []string

func (v values) of(name string) (value string, ok bool) {
	for i := 0; i+1 < len(v); i += 2 {
		if v[i] == name {
			return v[i+1], true
		}
	}
	return "", false
}

// fill returns a text with each {name} replaced by its value. What a value holds is not filled in, and
// braces around anything else stay.
func fill(text string, v values) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if value, known := v.of(name); closed && known {
			b.WriteString(value)
			text = after
		} else {
			b.WriteByte('{')
			text = rest
		}
	}
}
