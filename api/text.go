package api

import (
	"strings"
	"unicode"
)

// isVisibleLine reports whether a text is one line on which something can be seen. Letters and emoji may be joined by invisible characters;
// a text of nothing but those looks empty. What reorders the text around it (bidirectional embeddings, overrides and isolates) is refused.
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

// isVisible reports whether a character by itself leaves ink.
func isVisible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) && !unicode.In(r, unicode.Zs, blank)
}

var bidirectional = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2066, Hi: 0x2069, Stride: 1}}}

// blank are the letters and symbols that have no ink: the fillers of Hangul and Khmer, the empty Braille pattern, what stands for an object, and
// the note without a head.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfffc, Hi: 0xfffc, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
}

// isEmail checks what the contract's pattern of an address cannot say: the bounds of RFC 5321, section 4.5.3.1.
func isEmail(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && len(local) <= 64 && len(domain) <= 255
}
