package asl

import (
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// maxRange is the maximum number of elements of States.ArrayRange.
const maxRange = 1000

func array(_ *env, args []value.JSON) (value.JSON, error) { return value.OfArray(args), nil }

func elements(v value.JSON) ([]value.JSON, error) {
	if v.Kind() != value.Array {
		return nil, errors.New("the first argument must be an array")
	}
	return v.Elements(), nil
}

// integer reads a whole number; a number with a fraction is rounded half up.
func integer(v value.JSON) (int64, error) {
	if n, ok := v.Int(); ok {
		return n, nil
	}
	f, ok := v.Float()
	if !ok || f < -1e15 || f > 1e15 {
		return 0, fmt.Errorf("%s is not an integer", v)
	}
	return roundHalfUp(f), nil
}

func arrayPartition(_ *env, args []value.JSON) (value.JSON, error) {
	items, err := elements(args[0])
	if err != nil {
		return "", err
	}
	size, err := integer(args[1])
	if err != nil {
		return "", err
	}
	if size < 1 {
		return "", errors.New("the size of the parts must be positive")
	}
	var parts []value.JSON
	for len(items) > 0 {
		n := min(size, int64(len(items)))
		parts = append(parts, value.OfArray(items[:n]))
		items = items[n:]
	}
	return value.OfArray(parts), nil
}

func arrayContains(_ *env, args []value.JSON) (value.JSON, error) {
	items, err := elements(args[0])
	if err != nil {
		return "", err
	}
	for _, it := range items {
		if value.Equal(it, args[1]) {
			return value.True, nil
		}
	}
	return value.False, nil
}

func arrayRange(_ *env, args []value.JSON) (value.JSON, error) {
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = integer(args[i]); err != nil {
			return "", err
		}
	}
	first, last, step := n[0], n[1], n[2]
	if step == 0 {
		return "", errors.New("the step must not be 0")
	}
	var items []value.JSON
	for at := first; step > 0 && at <= last || step < 0 && at >= last; at += step {
		if len(items) == maxRange {
			return "", fmt.Errorf("the range has more than %d elements", maxRange)
		}
		items = append(items, value.OfInt(at))
		if at > 0 && step > 0 && at+step < at || at < 0 && step < 0 && at+step > at {
			break // the next one would overflow
		}
	}
	return value.OfArray(items), nil
}

func arrayGetItem(_ *env, args []value.JSON) (value.JSON, error) {
	items, err := elements(args[0])
	if err != nil {
		return "", err
	}
	i, err := integer(args[1])
	if err != nil {
		return "", err
	}
	if i < 0 || i >= int64(len(items)) {
		return "", fmt.Errorf("the index %d is out of the array's bounds", i)
	}
	return items[i], nil
}

func arrayLength(_ *env, args []value.JSON) (value.JSON, error) {
	if args[0].Kind() != value.Array {
		return "", errors.New("the argument must be an array")
	}
	return value.OfInt(int64(args[0].Len())), nil
}

func arrayUnique(_ *env, args []value.JSON) (value.JSON, error) {
	items, err := elements(args[0])
	if err != nil {
		return "", err
	}
	var unique []value.JSON
	seen := make(map[string]bool, len(items))
	for _, it := range items {
		if key := value.Canonical(it); !seen[key] {
			seen[key] = true
			unique = append(unique, it)
		}
	}
	return value.OfArray(unique), nil
}
