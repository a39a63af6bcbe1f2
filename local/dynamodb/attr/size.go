package attr

import "strings"

// ItemSize is the size of an item in bytes, as DynamoDB counts it against the 400 KB limit and the
// 1 MB page (developer guide, "DynamoDB item sizes and formats"): names and values in UTF-8.
func ItemSize(item Item) int {
	n := 0
	for name, v := range item {
		n += len(name) + v.Size()
	}
	return n
}

// Size is the size of the value in bytes.
func (v Value) Size() int {
	switch v.Kind {
	case S, B:
		return len(v.Text)
	case N:
		return numberSize(v.Text)
	case BOOL, NULL:
		return 1
	case M:
		n := 3
		for name, e := range v.Map {
			n += len(name) + e.Size() + 1
		}
		return n
	}
	n := 0
	if v.Kind == L {
		n = 3 + len(v.List)
	}
	for _, e := range v.List {
		n += e.Size()
	}
	return n
}

// numberSize is about one byte for two significant digits, and one more; a sign takes one too.
func numberSize(text string) int {
	digits, negative := strings.CutPrefix(text, "-")
	significant := strings.Trim(strings.Replace(digits, ".", "", 1), "0")
	n := (len(significant)+1)/2 + 1
	if negative {
		n++
	}
	return n
}
