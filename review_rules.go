package orderflow

import "slices"

// ReviewRules decide which orders an operator reviews before any money moves. The zero value lets
// every order pass.
type ReviewRules struct {
	// Above has the highest amount that needs no review, in minor units, by currency. A currency
	// without an entry has no limit.
	Above map[string]int64
	// Risk is the score from which an order is reviewed. 0 means never.
	Risk int
	// Countries are those to which the shop usually ships. Empty means that none is unusual.
	Countries []string
}

// ReviewReason is a reason for a review.
type ReviewReason string

// The reasons. All but the first are signs of risk, which only count together.
const (
	ReviewAmountOverLimit ReviewReason = "AmountOverLimit"
	ReviewBulkQuantity    ReviewReason = "BulkQuantity"   // bulkQuantity of one product or more
	ReviewUnusualCountry  ReviewReason = "UnusualCountry" // ships to none of Countries
	ReviewLargeAmount     ReviewReason = "LargeAmount"    // at least half of the limit
)

// bulkQuantity is how many of one product a household hardly needs.
const bulkQuantity = 20

// signs are the signs of risk with their points. The score of an order is their sum, 0 to 100.
var signs = []struct {
	reason ReviewReason
	points int
	shows  func(ReviewRules, *Order) bool
}{
	{ReviewBulkQuantity, 35, ReviewRules.bulk},
	{ReviewUnusualCountry, 35, ReviewRules.unusualCountry},
	{ReviewLargeAmount, 30, ReviewRules.largeAmount},
}

// Reasons returns why the order needs a review, and its risk score. It depends on nothing else, so
// the same order and rules always give the same result. An order that costs nothing needs none.
func (r ReviewRules) Reasons(o *Order) (reasons []ReviewReason, score int) {
	if o.Total.Amount == 0 {
		return nil, 0
	}
	var seen []ReviewReason
	for _, s := range signs {
		if s.shows(r, o) {
			seen = append(seen, s.reason)
			score += s.points
		}
	}
	if limit, ok := r.Above[o.Total.Currency]; ok && o.Total.Amount > limit {
		reasons = append(reasons, ReviewAmountOverLimit)
	}
	if r.Risk > 0 && score >= r.Risk {
		reasons = append(reasons, seen...)
	}
	return reasons, score
}

func (r ReviewRules) bulk(o *Order) bool {
	return slices.ContainsFunc(o.StockMoves(Reserve), func(m StockMove) bool { return m.Quantity >= bulkQuantity })
}

func (r ReviewRules) unusualCountry(o *Order) bool {
	return len(r.Countries) > 0 && !slices.Contains(r.Countries, o.ShippingAddress.Country)
}

func (r ReviewRules) largeAmount(o *Order) bool {
	limit, ok := r.Above[o.Total.Currency]
	return ok && o.Total.Amount >= limit-limit/2
}
