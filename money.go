package orderflow

import (
	"fmt"
	"math"
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
	if (n.Amount > 0 && m.Amount > math.MaxInt64-n.Amount) || (n.Amount < 0 && m.Amount < math.MinInt64-n.Amount) {
		return Money{}, Errorf(CodeAmountOverflow, "%d + %d", m.Amount, n.Amount)
	}
	return Money{m.Amount + n.Amount, m.Currency}, nil
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
	"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}

// String formats the amount for display: "19.99 USD", "500 JPY".
func (m Money) String() string {
	digits, ok := minorDigits[m.Currency]
	if !ok {
		digits = 2
	}
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
