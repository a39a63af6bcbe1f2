package graph

import "unicode"

// Sizes of type in pixels.
const (
	nameSize   = 13
	detailSize = 10
	labelSize  = 11
)

// textWidth estimates the width of a text in the fonts of the picture. It rather overestimates.
func textWidth(s string, size float64) float64 {
	em := 0.0
	for _, r := range s {
		switch {
		case r > 0x2e80: // East Asian scripts and emoji are as wide as high
			em += 1
		case unicode.IsUpper(r) || r == 'm' || r == 'w' || r == 'M' || r == 'W' || r == '@':
			em += 0.74
		case r == 'i' || r == 'l' || r == 'j' || r == '.' || r == ':' || r == ' ' || r == '·':
			em += 0.34
		default:
			em += 0.58
		}
	}
	return em * size
}
