package orderflow

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Allocate divides a total of minor units in proportion to weights, with the largest remainder
// method. The parts sum to the total: each is its exact share rounded down, and the parts with the
// largest remainders get one unit more, the earlier ones first. So each part is less than one unit
// away from its exact share, a weight of zero gets nothing, and no part is larger than its weight
// if the total is at most the sum of the weights. Weights that are all zero count as equal.
//
// Returns CodeInvalidAmount if the total or a weight is negative, or if there is a total but no
// weight; CodeAmountOverflow if the sum of the weights is not an int64.
func Allocate(total int64, weights []int64) ([]int64, error) {
	sum, err := sumOf(weights)
	if err != nil {
		return nil, err
	}
	if total < 0 || total > 0 && len(weights) == 0 {
		return nil, Errorf(CodeInvalidAmount, "cannot allocate %d to %d parts", total, len(weights))
	}
	if sum == 0 {
		weights, sum = slices.Repeat([]int64{1}, len(weights)), int64(len(weights))
	}
	parts, remainders, order := make([]int64, len(weights)), make([]uint64, len(weights)), make([]int, len(weights))
	left := total
	for i, w := range weights {
		high, low := bits.Mul64(uint64(total), uint64(w))
		share, remainder := bits.Div64(high, low, uint64(sum)) // w <= sum: the share is at most the total
		parts[i], remainders[i], order[i] = int64(share), remainder, i
		left -= int64(share)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainders[b], remainders[a]) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts, nil
}

// sumOf returns the sum of weights.
func sumOf(weights []int64) (sum int64, err error) {
	for _, w := range weights {
		if w < 0 {
			return 0, Errorf(CodeInvalidAmount, "cannot allocate by the weight %d", w)
		}
		if sum, err = add(sum, w); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// portion returns a * b / c to the nearest unit, halves up, for a, b >= 0 and c > 0. Returns
// CodeAmountOverflow.
func portion(a, b, c int64) (int64, error) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	low, carry := bits.Add64(low, uint64(c)/2, 0)
	if high += carry; high >= uint64(c) {
		return 0, Errorf(CodeAmountOverflow, "%d * %d / %d", a, b, c)
	}
	n, _ := bits.Div64(high, low, uint64(c))
	if n > math.MaxInt64 {
		return 0, Errorf(CodeAmountOverflow, "%d * %d / %d", a, b, c)
	}
	return int64(n), nil
}

// add returns a + b. Returns CodeAmountOverflow.
func add(a, b int64) (int64, error) {
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return 0, Errorf(CodeAmountOverflow, "%d + %d", a, b)
	}
	return a + b, nil
}
