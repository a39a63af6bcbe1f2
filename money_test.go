package orderflow

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want Money
	}{
		{"19.99 USD", usd(1999)}, {"0.05 USD", usd(5)}, {"-0.05 USD", usd(-5)}, {"19 USD", usd(1900)},
		{"500 JPY", Money{500, "JPY"}}, {"1.234 BHD", Money{1234, "BHD"}}, {"1 BHD", Money{1000, "BHD"}},
		{"-92233720368547758.08 USD", usd(math.MinInt64)}, {"92233720368547758.07 USD", usd(math.MaxInt64)},
	} {
		if got, err := ParseMoney(tt.text); err != nil || got != tt.want {
			t.Errorf("%s is %+v, %v; want %+v", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{
		"", "19.99", "19.99 usd", "19.99 US", "19.9 USD", "19.990 USD", "19. USD", ".99 USD", "500.00 JPY",
		"500. JPY", "1.23 BHD", "1,234 USD", "+1 USD", "1e3 USD", "--1 USD", "- USD", "1.-5 USD", " 1 USD", "1  USD",
		"92233720368547758.08 USD", "0x10 USD", "1_0 USD", "٣ USD",
	} {
		if got, err := ParseMoney(text); CodeOf(err) != CodeInvalidAmount {
			t.Errorf("%q is %+v, %v; want an error", text, got, err)
		}
	}
}

// What is written is read as the same amount, in currencies of 0, 2 and 3 decimals.
func TestParseMoney_readsWhatIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"JPY", "USD", "EUR", "BHD", "KWD", "CLF"})
		m := Money{rapid.Int64().Draw(t, "amount"), currency.Draw(t, "currency")}
		if got, err := ParseMoney(m.String()); err != nil || got != m {
			t.Fatalf("%s is read as %+v, %v", m, got, err)
		}
	})
}
