package orderflow

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of an ISO 4217 currency: {1999, "USD"} is 19.99 US dollars.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Add returns m + n. Returns CodeCurrencyMismatch or CodeAmountOverflow.
func (m Money) Add(n Money) (Money, error) {
	if m.Currency != n.Currency {
		return Money{}, Errorf(CodeCurrencyMismatch, "cannot add %s to %s", n.Currency, m.Currency)
	}
	sum, err := add(m.Amount, n.Amount)
	if err != nil {
		return Money{}, err
	}
	return Money{sum, m.Currency}, nil
}

// Times returns m * quantity for quantity >= 0. Returns CodeAmountOverflow.
func (m Money) Times(quantity int) (Money, error) {
	q := int64(quantity)
	if q < 0 || (q > 0 && (m.Amount > math.MaxInt64/q || m.Amount < math.MinInt64/q)) {
		return Money{}, Errorf(CodeAmountOverflow, "%d * %d", m.Amount, quantity)
	}
	return Money{m.Amount * q, m.Currency}, nil
}

// minorDigits lists the currencies whose minor unit is not 1/100 (ISO 4217).
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// digitsOf returns how many decimals the currency has.
func digitsOf(currency string) int {
	if digits, ok := minorDigits[currency]; ok {
		return digits
	}
	return 2
}

// String formats the amount for display: "19.99 USD", "500 JPY", "1.234 BHD".
func (m Money) String() string {
	digits := digitsOf(m.Currency)
	sign, amount := "", uint64(m.Amount)
	if m.Amount < 0 {
		sign, amount = "-", -amount
	}
	if digits == 0 {
		return fmt.Sprintf("%s%d %s", sign, amount, m.Currency)
	}
	unit := uint64(math.Pow10(digits))
	return fmt.Sprintf("%s%d.%0*d %s", sign, amount/unit, digits, amount%unit, m.Currency)
}

// ParseMoney reads an amount as String writes it. The decimals may be left out, all of them: "19
// USD" is "19.00 USD"; others than the currency has are an error, so that "500.00 JPY" is not taken
// for 50,000 yen. Returns CodeInvalidAmount.
func ParseMoney(s string) (Money, error) {
	refused := func(why string) (Money, error) {
		return Money{}, Errorf(CodeInvalidAmount, "%q is not an amount of money: %s", s, why)
	}
	number, currency, found := strings.Cut(s, " ")
	if !found || len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return refused(`write it as "19.99 USD"`)
	}
	digits := digitsOf(currency)
	units, decimals, dotted := strings.Cut(number, ".")
	if dotted && (digits == 0 || len(decimals) != digits) {
		return refused(fmt.Sprintf("%s has %d decimals", currency, digits))
	}
	if !dotted {
		decimals = strings.Repeat("0", digits)
	}
	if figures := strings.TrimPrefix(units, "-"); figures == "" || strings.Trim(figures+decimals, "0123456789") != "" {
		return refused("it is not a decimal number")
	}
	amount, err := strconv.ParseInt(units+decimals, 10, 64)
	if err != nil {
		return refused("it is too large")
	}
	return Money{amount, currency}, nil
}
