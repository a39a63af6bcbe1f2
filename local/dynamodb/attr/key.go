package attr

// KeyBytes is the form of a key attribute (kind S, N or B) whose byte order is DynamoDB's order of
// keys.
//
// A number is one byte for its sign, one for its exponent and one for each digit, all complemented
// for negative numbers; a negative number ends with 0xFF, so that -1.5 comes after -1.55.
func KeyBytes(v Value) []byte {
	if v.Kind != N {
		return []byte(v.Text)
	}
	d := canonical(v.Text)
	if d.digits == "" {
		return []byte{1}
	}
	out := make([]byte, 0, len(d.digits)+3)
	out = append(out, 2, byte(d.exponent-minExponent))
	for i := range len(d.digits) {
		out = append(out, d.digits[i]-'0'+1)
	}
	if d.negative {
		for i := range out {
			out[i] = ^out[i]
		}
		out[0] = 0
		out = append(out, 0xFF)
	}
	return out
}
