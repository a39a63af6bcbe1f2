package value

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// keyIs compares the raw text between a key's quotes with a plain key.
func keyIs(raw, key string) bool {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw == key
	}
	return unquote(raw) == key
}

// unquote decodes the text between the quotes of a valid string. A lone surrogate, which UTF-8 does
// not allow, becomes the three bytes of UTF-8's rule; AppendString makes it an escape again.
func unquote(raw string) string {
	at := strings.IndexByte(raw, '\\')
	if at < 0 {
		return raw
	}
	dst := append(make([]byte, 0, len(raw)), raw[:at]...)
	for i := at; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		var r rune
		r, i = unescape(raw, i)
		if utf16.IsSurrogate(r) {
			dst = append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return string(dst)
}

// surrogate decodes a lone surrogate at the start of s, as unquote writes it.
func surrogate(s string) (rune, bool) {
	if len(s) < 3 || s[0] != 0xED || s[1]&0xE0 != 0xA0 || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), true
}

// unescape decodes the escape sequence at raw[i], and returns the index after it.
func unescape(raw string, i int) (rune, int) {
	switch b := raw[i+1]; b {
	case 'b':
		return '\b', i + 2
	case 'f':
		return '\f', i + 2
	case 'n':
		return '\n', i + 2
	case 'r':
		return '\r', i + 2
	case 't':
		return '\t', i + 2
	case 'u':
		r, _ := hex4(raw[i+2:])
		i += 6
		if utf16.IsSurrogate(r) && len(raw) >= i+6 && raw[i] == '\\' && raw[i+1] == 'u' {
			low, _ := hex4(raw[i+2:])
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return both, i + 6
			}
		}
		return r, i
	default:
		return rune(b), i + 2
	}
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string, escaping only what must be escaped. A lone surrogate
// from unquote becomes its escape, other invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[start:i]...)
				dst, n = appendInvalid(dst, s[i:])
				start = i + n
			}
			i += n
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscaped(dst, b)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// appendInvalid appends the first of the bytes that are not valid UTF-8, and returns how many bytes
// it has read as n.
func appendInvalid(dst []byte, s string) (out []byte, n int) {
	if r, ok := surrogate(s); ok {
		return append(dst, '\\', 'u', 'd', hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15]), 3
	}
	return append(dst, "\uFFFD"...), 1
}

func appendEscaped(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
}

// Compact removes white space between the tokens of v.
func Compact(v JSON) JSON {
	s := string(v)
	if !strings.ContainsAny(s, " \n\t\r") {
		return v
	}
	dst := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch s[i] {
		case '"':
			end := skipString(s, i)
			dst = append(dst, s[i:end]...)
			i = end
		case ' ', '\n', '\t', '\r':
			i++
		default:
			dst = append(dst, s[i])
			i++
		}
	}
	return JSON(dst)
}
