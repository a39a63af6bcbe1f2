package asl

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// roundHalfUp rounds as Java's Math.round does: 2.5 to 3, -2.5 to -2.
func roundHalfUp(f float64) int64 { return int64(math.Floor(f + 0.5)) }

func mathAdd(_ *env, args []value.JSON) (value.JSON, error) {
	var n [2]int64
	for i := range n {
		var err error
		if n[i], err = integer(args[i]); err != nil {
			return "", err
		}
		if n[i] < math.MinInt32 || n[i] > math.MaxInt32 {
			return "", fmt.Errorf("%s is out of range", args[i])
		}
	}
	return value.OfInt(n[0] + n[1]), nil
}

// mathRandom returns a number in [start, end). The same seed always returns the same number, but
// not the one that AWS returns for it.
func mathRandom(e *env, args []value.JSON) (value.JSON, error) {
	start, err := integer(args[0])
	if err != nil {
		return "", err
	}
	end, err := integer(args[1])
	if err != nil {
		return "", err
	}
	if start >= end {
		return "", errors.New("the start must be less than the end")
	}
	if start < math.MinInt32 || end > math.MaxInt32 {
		return "", errors.New("the range is out of bounds")
	}
	r := e.x.random(e.b)
	if len(args) == 3 {
		seed, err := integer(args[2])
		if err != nil {
			return "", err
		}
		r = rand.New(rand.NewPCG(uint64(seed), 0))
	}
	return value.OfInt(start + r.Int64N(end-start)), nil
}

func uuid(e *env, _ []value.JSON) (value.JSON, error) {
	r := e.x.random(e.b)
	hi, lo := r.Uint64(), r.Uint64()
	hi = hi&^0xf000 | 0x4000 // version 4
	lo = lo&^(3<<62) | 2<<62 // the variant of RFC 9562
	return value.OfString(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x",
		hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)), nil
}

func jsonMerge(_ *env, args []value.JSON) (value.JSON, error) {
	if args[0].Kind() != value.Object || args[1].Kind() != value.Object {
		return "", errors.New("the first two arguments must be objects")
	}
	if args[2] != value.False {
		return "", errors.New("only the shallow mode is supported: the third argument must be false")
	}
	members := args[0].Members()
	at := make(map[string]int, len(members))
	for i, m := range members {
		at[m.Key] = i
	}
	for _, m := range args[1].Members() {
		if i, ok := at[m.Key]; ok {
			members[i].Value = m.Value
			continue
		}
		members = append(members, m)
	}
	return value.OfMembers(members), nil
}

// random returns a generator for one draw. A replay of the execution draws the same numbers.
func (x *Execution) random(b *branch) *rand.Rand {
	x.draws++
	return rand.New(rand.NewPCG(x.info.Seed, uint64(x.count)<<20|x.draws))
}
