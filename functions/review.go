package functions

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// reviewRules reads the rules of the reviews: REVIEW_ABOVE is "none" or limits such as
// USD:100000,JPY:150000; REVIEW_COUNTRIES is "any" or countries such as US,CA.
func (p *parts) reviewRules() orderflow.ReviewRules {
	r := orderflow.ReviewRules{Risk: p.env.number("REVIEW_RISK")}
	if v := p.env.required("REVIEW_ABOVE"); v != "" && v != "none" {
		r.Above = p.env.amounts("REVIEW_ABOVE", v)
	}
	if v := p.env.required("REVIEW_COUNTRIES"); v != "any" {
		r.Countries = strings.Split(v, ",")
	}
	return r
}

// amounts reads a list of currencies and amounts in minor units.
func (e *environment) amounts(name, value string) map[string]int64 {
	out := map[string]int64{}
	for entry := range strings.SplitSeq(value, ",") {
		currency, digits, _ := strings.Cut(entry, ":")
		amount, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || amount < 0 || len(currency) != 3 {
			e.errs = append(e.errs, fmt.Errorf("environment variable %s is not a list such as USD:100000,JPY:150000: %q",
				name, value))
			return nil
		}
		out[currency] = amount
	}
	return out
}
