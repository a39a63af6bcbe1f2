package orderflow

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The properties of amounts are tested with rapid rather than with testing/quick: it draws from
// ranges and lists with their bounds in them, where money goes wrong, and shrinks what fails to the
// smallest order that does.

func TestAllocate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		total   int64
		weights []int64
		want    []int64
		code    Code
	}{
		{"2.00 over three lines", 200, []int64{1, 1, 1}, []int64{67, 67, 66}, ""},
		{"1000 over three", 1000, []int64{5, 5, 5}, []int64{334, 333, 333}, ""},
		{"the largest remainder first", 10, []int64{1, 2, 4}, []int64{1, 3, 6}, ""},
		{"nothing for a weight of zero", 5, []int64{0, 2, 1}, []int64{0, 3, 2}, ""},
		{"weights of zero are equal", 5, []int64{0, 0}, []int64{3, 2}, ""},
		{"no total", 0, []int64{3, 2}, []int64{0, 0}, ""},
		{"nothing to nobody", 0, nil, []int64{}, ""},
		{"the largest amounts", math.MaxInt64, []int64{math.MaxInt64 - 1, 1}, []int64{math.MaxInt64 - 1, 1}, ""},
		{"something to nobody", 1, nil, nil, CodeInvalidAmount},
		{"negative total", -1, []int64{1}, nil, CodeInvalidAmount},
		{"negative weight", 1, []int64{2, -1}, nil, CodeInvalidAmount},
		{"weights too large", 1, []int64{math.MaxInt64, 1}, nil, CodeAmountOverflow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Allocate(tt.total, tt.weights)
			if CodeOf(err) != tt.code || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v; want %v, %q", got, err, tt.want, tt.code)
			}
		})
	}
}

// The parts sum to the whole; each is less than a unit from its exact share.
func TestAllocate_properties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, math.MaxInt64).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/100), 1, 100).Draw(t, "weights")
		parts, err := Allocate(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := sumOf(weights)
		if err != nil {
			t.Fatal(err)
		}
		left := total
		for i, part := range parts {
			left -= part
			if sum == 0 {
				continue
			}
			exact := new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i]))
			times := new(big.Int).Mul(big.NewInt(part), big.NewInt(sum))
			if off := exact.Sub(exact, times); off.CmpAbs(big.NewInt(sum)) >= 0 {
				t.Fatalf("part %d is %d of %d by %v", i, part, total, weights)
			}
			if total <= sum && part > weights[i] {
				t.Fatalf("part %d of %d is more than its weight: %v by %v", i, total, parts, weights)
			}
		}
		if left != 0 {
			t.Fatalf("%d of %d is left", left, total)
		}
	})
}

func TestPortion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(0, math.MaxInt64).Draw(t, "a"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "b")
		c := rapid.Int64Range(1, math.MaxInt64).Draw(t, "c")
		want := new(big.Int).Mul(big.NewInt(2), big.NewInt(a))
		want.Mul(want, big.NewInt(b)).Add(want, big.NewInt(c)).Div(want, new(big.Int).Mul(big.NewInt(2), big.NewInt(c)))
		got, err := portion(a, b, c)
		if !want.IsInt64() {
			if CodeOf(err) != CodeAmountOverflow {
				t.Fatalf("%d * %d / %d is %d, %v; want an overflow", a, b, c, got, err)
			}
			return
		}
		if err != nil || got != want.Int64() {
			t.Fatalf("%d * %d / %d is %d, %v; want %s", a, b, c, got, err, want)
		}
	})
}
