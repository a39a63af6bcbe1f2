package value

import (
	"slices"
	"strconv"
	"strings"
)

// Canonical returns a text, for use as a key, that is the same for two values that are Equal.
// Numbers that differ only beyond a float's precision may share it too, unless they are integers.
func Canonical(v JSON) string { return string(appendCanonical(make([]byte, 0, len(v)), v)) }

func appendCanonical(dst []byte, v JSON) []byte {
	switch v.Kind() {
	case Number:
		return appendNumber(dst, v)
	case String:
		return AppendString(dst, v.Text())
	case Array:
		dst = append(dst, '[')
		for e := range v.EachElement() {
			dst = append(appendCanonical(dst, e), ',')
		}
		return append(dst, ']')
	case Object:
		members := v.Members()
		slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
		dst = append(dst, '{')
		for _, m := range members {
			dst = append(AppendString(dst, m.Key), ':')
			dst = append(appendCanonical(dst, m.Value), ',')
		}
		return append(dst, '}')
	}
	return append(dst, v...)
}

func appendNumber(dst []byte, v JSON) []byte {
	if n, ok := v.Int(); ok {
		return strconv.AppendInt(dst, n, 10)
	}
	f, _ := v.Float()
	if f == float64(int64(f)) && f > -1e15 && f < 1e15 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}
