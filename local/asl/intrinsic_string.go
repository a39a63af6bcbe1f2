package asl

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// maxText is the maximum length of a text for Base64Encode, Base64Decode and Hash.
const maxText = 10_000

// format is States.Format: it replaces each {} in the template by the next argument.
func format(template argument, args []value.JSON) (value.JSON, error) {
	text := template.template
	if template.path != nil || template.call != nil {
		if args[0].Kind() != value.String {
			return "", errors.New("the first argument must be a string")
		}
		text = args[0].Text()
	} else if template.literal.Kind() != value.String {
		return "", errors.New("the first argument must be a string")
	}
	var b strings.Builder
	next := 1
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`'{}\`, text[i+1]) >= 0:
			i++
			b.WriteByte(text[i])
		case strings.HasPrefix(text[i:], "{}"):
			if next == len(args) {
				return "", errors.New("there are more {} than arguments")
			}
			writePlain(&b, args[next])
			next++
			i++
		default:
			b.WriteByte(text[i])
		}
	}
	if next != len(args) {
		return "", errors.New("there are more arguments than {}")
	}
	return value.OfString(b.String()), nil
}

// writePlain writes a value as AWS formats it in a text: {a=1, b=[x, y]}.
func writePlain(b *strings.Builder, v value.JSON) {
	switch v.Kind() {
	case value.Object:
		b.WriteByte('{')
		for i, m := range v.Members() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(m.Key)
			b.WriteByte('=')
			writePlain(b, m.Value)
		}
		b.WriteByte('}')
	case value.Array:
		b.WriteByte('[')
		for i, e := range v.Elements() {
			if i > 0 {
				b.WriteString(", ")
			}
			writePlain(b, e)
		}
		b.WriteByte(']')
	default:
		b.WriteString(v.Text())
	}
}

// stringToJSON is States.StringToJson. An empty text returns null, as recorded.
func stringToJSON(_ *env, args []value.JSON) (value.JSON, error) {
	if args[0].Kind() != value.String {
		return "", errors.New("the argument must be a string")
	}
	text := args[0].Text()
	if strings.TrimSpace(text) == "" {
		return value.NullValue, nil
	}
	v, err := value.Parse(text)
	if err != nil {
		return "", fmt.Errorf("the string is not JSON: %v", err)
	}
	if v == "-0" { // read as an integer, which has no negative zero
		v = "0"
	}
	return v, nil
}

func jsonToString(_ *env, args []value.JSON) (value.JSON, error) {
	return value.OfString(string(value.Compact(args[0]))), nil
}

func shortText(v value.JSON) (string, error) {
	if v.Kind() != value.String {
		return "", errors.New("the argument must be a string")
	}
	text := v.Text()
	if len(text) > maxText {
		return "", fmt.Errorf("the text is longer than %d characters", maxText)
	}
	if !utf8.ValidString(text) {
		return "", errors.New("the text has a lone surrogate, which has no bytes in UTF-8")
	}
	return text, nil
}

func base64Encode(_ *env, args []value.JSON) (value.JSON, error) {
	text, err := shortText(args[0])
	if err != nil {
		return "", err
	}
	return value.OfString(base64.StdEncoding.EncodeToString([]byte(text))), nil
}

func base64Decode(_ *env, args []value.JSON) (value.JSON, error) {
	text, err := shortText(args[0])
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("the text is not Base64")
	}
	return value.OfString(string([]rune(string(data)))), nil // each invalid UTF-8 byte becomes U+FFFD
}

func hash(_ *env, args []value.JSON) (value.JSON, error) {
	text, err := shortText(args[0])
	if err != nil {
		return "", err
	}
	var sum []byte
	switch data := []byte(text); args[1].Text() {
	case "MD5":
		s := md5.Sum(data)
		sum = s[:]
	case "SHA-1":
		s := sha1.Sum(data)
		sum = s[:]
	case "SHA-256":
		s := sha256.Sum256(data)
		sum = s[:]
	case "SHA-384":
		s := sha512.Sum384(data)
		sum = s[:]
	case "SHA-512":
		s := sha512.Sum512(data)
		sum = s[:]
	default:
		return "", errors.New("the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	return value.OfString(hex.EncodeToString(sum)), nil
}

// stringSplit splits at any character of the delimiter, and drops empty parts.
func stringSplit(_ *env, args []value.JSON) (value.JSON, error) {
	if args[0].Kind() != value.String || args[1].Kind() != value.String {
		return "", errors.New("both arguments must be strings")
	}
	delimiters := args[1].Text()
	parts := strings.FieldsFunc(args[0].Text(), func(r rune) bool { return strings.ContainsRune(delimiters, r) })
	items := make([]value.JSON, len(parts))
	for i, p := range parts {
		items[i] = value.OfString(p)
	}
	return value.OfArray(items), nil
}
