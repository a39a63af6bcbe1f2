package attr

import (
	"cmp"
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Errors of numbers, worded as DynamoDB words them.
var (
	ErrPrecision = error(&Error{Message: "Attempting to store more than 38 significant digits in a Number"})
	ErrOverflow  = error(&Error{Message: "Number overflow. Attempting to store a number with magnitude larger than " +
		"supported range"})
	ErrUnderflow = error(&Error{Message: "Number underflow. Attempting to store a number with magnitude smaller than " +
		"supported range"})
	errNumber = errors.New("not a number")
)

// Limits of numbers: 38 significant digits, magnitudes from 1E-130 to 9.99...E+125.
const (
	maxDigits   = 38
	maxExponent = 126  // of 0.d * 10^exponent
	minExponent = -129 // of 0.d * 10^exponent
)

// decimal is (-1)^negative * 0.digits * 10^exponent, digits without leading or trailing zeros; zero
// has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// Number makes a value of kind N from its decimal notation. The error is an *Error: ErrPrecision,
// ErrOverflow, ErrUnderflow, or one for a text that is not a number.
func Number(text string) (Value, error) {
	if isShortInteger(text) {
		return Value{Kind: N, Text: text}, nil
	}
	d, err := parseDecimal(text)
	if err != nil {
		if errors.Is(err, errNumber) {
			err = &Error{Message: strings.TrimSuffix("The parameter cannot be converted to a numeric value: "+text, ": ")}
		}
		return Value{}, err
	}
	return Value{Kind: N, Text: d.String()}, nil
}

// Int makes a value of kind N.
func Int(n int64) Value { return Value{Kind: N, Text: strconv.FormatInt(n, 10)} }

// isShortInteger reports whether text is canonical already: the usual case of counts, amounts and
// times.
func isShortInteger(text string) bool {
	if len(text) == 0 || len(text) > 18 {
		return false
	}
	if text[0] == '0' {
		return len(text) == 1
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func parseDecimal(text string) (decimal, error) {
	var d decimal
	switch {
	case strings.HasPrefix(text, "-"):
		d.negative, text = true, text[1:]
	case strings.HasPrefix(text, "+"):
		text = text[1:]
	}
	mantissa := text
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e > 1000 || e < -1000 {
			return d, exponentError(text[i+1:], err)
		}
		d.exponent = e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return d, errNumber
	}
	d.exponent += len(whole)
	return d.normal(digits)
}

// exponentError distinguishes an exponent beyond every limit from a text that is not a number.
func exponentError(exponent string, err error) error {
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errNumber
	}
	if strings.HasPrefix(exponent, "-") {
		return ErrUnderflow
	}
	return ErrOverflow
}

// normal sets the digits of d, without leading and trailing zeros, and checks the limits.
func (d decimal) normal(digits string) (decimal, error) {
	trimmed := strings.TrimLeft(digits, "0")
	d.exponent -= len(digits) - len(trimmed)
	d.digits = strings.TrimRight(trimmed, "0")
	switch {
	case d.digits == "":
		return decimal{}, nil
	case d.exponent > maxExponent:
		return d, ErrOverflow
	case d.exponent < minExponent:
		return d, ErrUnderflow
	case len(d.digits) > maxDigits:
		return d, ErrPrecision
	}
	return d, nil
}

// String is the canonical notation: plain decimal without exponent, as DynamoDB answers numbers.
func (d decimal) String() string {
	if d.digits == "" {
		return "0"
	}
	var b strings.Builder
	if d.negative {
		b.WriteByte('-')
	}
	n := len(d.digits)
	switch {
	case d.exponent <= 0:
		b.WriteString("0.")
		b.WriteString(strings.Repeat("0", -d.exponent))
		b.WriteString(d.digits)
	case d.exponent >= n:
		b.WriteString(d.digits)
		b.WriteString(strings.Repeat("0", d.exponent-n))
	default:
		b.WriteString(d.digits[:d.exponent])
		b.WriteByte('.')
		b.WriteString(d.digits[d.exponent:])
	}
	return b.String()
}

// canonical parses the text of a Value, which is always valid.
func canonical(text string) decimal {
	d, err := parseDecimal(text)
	if err != nil {
		panic("attr: number value with text " + strconv.Quote(text))
	}
	return d
}

func compareNumbers(a, b string) int {
	if a == b {
		return 0
	}
	x, y := canonical(a), canonical(b)
	if s := cmp.Compare(x.sign(), y.sign()); s != 0 {
		return s
	}
	n := cmp.Or(cmp.Compare(x.exponent, y.exponent), cmp.Compare(x.digits, y.digits))
	if x.negative {
		return -n
	}
	return n
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// Add returns the exact sum of two values of kind N. A sum outside the limits of numbers is an
// error; it is never rounded.
func Add(a, b Value) (Value, error) { return combine(a, b, (*big.Int).Add) }

// Subtract returns the exact difference of two values of kind N.
func Subtract(a, b Value) (Value, error) { return combine(a, b, (*big.Int).Sub) }

func combine(a, b Value, f func(z, x, y *big.Int) *big.Int) (Value, error) {
	x, y := canonical(a.Text), canonical(b.Text)
	scale := min(x.exponent-len(x.digits), y.exponent-len(y.digits))
	z := f(new(big.Int), x.scaled(scale), y.scaled(scale))
	d := decimal{negative: z.Sign() < 0}
	digits := z.Abs(z).String()
	d.exponent = scale + len(digits)
	d, err := d.normal(digits)
	if err != nil {
		return Value{}, err
	}
	return Value{Kind: N, Text: d.String()}, nil
}

// scaled is d as a multiple of 10^scale.
func (d decimal) scaled(scale int) *big.Int {
	if d.digits == "" {
		return new(big.Int)
	}
	n, _ := new(big.Int).SetString(d.digits+strings.Repeat("0", d.exponent-len(d.digits)-scale), 10)
	if d.negative {
		n.Neg(n)
	}
	return n
}
