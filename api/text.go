package api

import (
	"strings"
	"unicode"
)

// isVisibleLine reports whether a text is one line with something visible on it. Invisible
// characters may join letters and emoji; a text of nothing else looks empty. Characters that
// reorder the text around them (bidirectional embeddings, overrides and isolates) are refused.
func isVisibleLine(text string) bool {
	visible := false
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point, bidirectional) {
			return false
		}
		visible = visible || isVisible(r)
	}
	return visible
}

// isVisible reports whether a character is visible by itself.
func isVisible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) && !unicode.In(r, unicode.Zs, blank)
}

var bidirectional = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1},
	{Lo: 0x2066, Hi: 0x2069, Stride: 1}}}

// blank are letters and symbols that show nothing: the fillers of Hangul and Khmer, the empty
// Braille pattern, the object replacement character, and the null notehead.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfffc, Hi: 0xfffc, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
}

// isEmail checks the length limits of an address, which the contract's pattern cannot express (RFC
// 5321, section 4.5.3.1).
func isEmail(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && len(local) <= 64 && len(domain) <= 255
}
