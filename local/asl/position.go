package asl

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// locate sets the lines and columns.
func (d Diagnostics) locate(text string) {
	if len(d) == 0 {
		return
	}
	v, err := value.Parse(text)
	for i := range d {
		x := &d[i]
		offset := x.offset - 1
		if offset < 0 && err == nil {
			offset = placeOf(v, leading(text), x.Location, x.member)
		}
		x.Line, x.Column = position(text, offset)
	}
}

// position returns the line and the column of an offset, from 1.
func position(text string, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}

// placeOf returns the offset of the value at a location of a definition that starts at start: the
// offset of its key, or of an array element itself. With member it returns the offset of that
// member of the object.
func placeOf(definition value.JSON, start int, location, member string) int {
	if location == "/" {
		location = ""
	}
	f := finder{member: member, at: start}
	f.find(definition, start, location)
	return f.at
}

// leading returns the length of the white space at the start of a text.
func leading(text string) int { return len(text) - len(strings.TrimLeft(text, " \n\t\r")) }

// finder follows a location. A name may contain the separator of names, so it tries every name that
// fits.
type finder struct {
	member string
	at     int
}

// find follows the rest of a location below v, which starts at base.
func (f *finder) find(v value.JSON, base int, rest string) bool {
	if rest == "" {
		for m := range v.Placed() {
			if f.member != "" && m.Key == f.member {
				f.at = base + m.KeyAt
			}
		}
		return true
	}
	if strings.HasPrefix(rest, "[") {
		return f.element(v, base, rest[1:])
	}
	for m := range v.Placed() {
		after, ok := strings.CutPrefix(rest, "/"+m.Key)
		if !ok || after != "" && after[0] != '/' && after[0] != '[' {
			continue
		}
		was := f.at
		f.at = base + m.KeyAt
		if f.find(m.Value, base+m.ValueAt, after) {
			return true
		}
		f.at = was
	}
	return false
}

func (f *finder) element(v value.JSON, base int, rest string) bool {
	number, after, _ := strings.Cut(rest, "]")
	want, err := strconv.Atoi(number)
	if err != nil {
		return false
	}
	i := 0
	for at, e := range v.PlacedElements() {
		if i == want {
			f.at = base + at
			return f.find(e, base+at, after)
		}
		i++
	}
	return false
}
