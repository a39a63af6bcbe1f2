package mail

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/orderflow-dev/orderflow"
)

// language is a file of languages: the words of the mails and how it writes amounts and dates.
type language struct {
	Tag     string            `json:"language"` // ISO 639: "en"
	Decimal string            `json:"decimal"`
	Group   string            `json:"group"`   // between groups of three digits
	Amount  string            `json:"amount"`  // {sign}, {number} and {currency}
	Symbols map[string]string `json:"symbols"` // of currencies; others are written by their code
	Code    string            `json:"code"`    // as Amount, for a currency without a symbol
	Day     string            `json:"day"`     // {day}, {month} and {year}
	Moment  string            `json:"moment"`  // and {time}, in UTC
	Months  []string          `json:"months"`
	Texts   map[string]string `json:"texts"`
}

const defaultLanguage = "en"

//go:embed languages/*.json
var files embed.FS

// languages are the languages, by tag. They are read once, when the first mail is written.
var languages = sync.OnceValue(func() map[string]*language {
	all := map[string]*language{}
	entries, err := files.ReadDir("languages")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, e := range entries {
		raw, err := files.ReadFile(path.Join("languages", e.Name()))
		if err != nil {
			panic(err)
		}
		var l language
		if err := json.Unmarshal(raw, &l); err != nil {
			panic(fmt.Errorf("read %s: %w", e.Name(), err))
		}
		all[l.Tag] = &l
	}
	return all
})

// choose returns the language of a BCP 47 tag, whose first part decides, or English.
func choose(tag string) *language {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if l := languages()[base]; l != nil {
		return l
	}
	return languages()[defaultLanguage]
}

// money writes an amount: "€1,234.50", "1.234,50 €".
func (l *language) money(m orderflow.Money) string {
	number, currency, _ := strings.Cut(m.String(), " ")
	number, negative := strings.CutPrefix(number, "-")
	units, decimals, hasDecimals := strings.Cut(number, ".")
	for at := len(units) - 3; at > 0; at -= 3 {
		units = units[:at] + l.Group + units[at:]
	}
	if hasDecimals {
		units += l.Decimal + decimals
	}
	sign := ""
	if negative {
		sign = "−"
	}
	pattern := l.Code
	if symbol := l.Symbols[currency]; symbol != "" {
		pattern, currency = l.Amount, symbol
	}
	return fill(pattern, values{"sign", sign, "number", units, "currency", currency})
}
