package sns

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/orderflow-dev/orderflow/local/pattern"
)

// Limits of "Filter policy constraints" in the SNS developer guide.
const (
	maxFilterBytes        = 256 << 10
	maxFilterKeys         = 5
	maxFilterCombinations = 150
	maxFilterNumber       = 1e9
)

// compileFilter compiles a filter policy for its scope. Beyond EventBridge's rules for a pattern,
// SNS limits the keys and the values, has no wildcards, and allows nested policies on the body
// only. It returns InvalidParameter.
func compileFilter(policy, scope string) (*pattern.Pattern, error) {
	if len(policy) > maxFilterBytes {
		return nil, badFilter("Filter policy is too large")
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(policy), &object); err != nil || object == nil {
		return nil, badFilter("failed to parse JSON: the filter policy is not an object")
	}
	c := filterCheck{nested: scope == onBody, combinations: 1}
	if err := c.object(object, 1); err != nil {
		return nil, err
	}
	if c.keys > maxFilterKeys || c.combinations > maxFilterCombinations {
		return nil, badFilter("Filter policy is too complex")
	}
	compiled, err := pattern.Compile([]byte(policy))
	if e, ok := errors.AsType[*pattern.Error](err); ok {
		return nil, badFilter("%s", e.Reason)
	}
	return compiled, err
}

func badFilter(format string, args ...any) error { return invalid("FilterPolicy: "+format, args...) }

// filterCheck counts what a filter policy has.
type filterCheck struct {
	nested       bool // objects inside of the policy are allowed
	keys         int
	combinations int // of values: the product over all keys, each list times its depth
}

func (c *filterCheck) object(object map[string]any, depth int) error {
	for name, v := range object {
		if depth == 1 && name != "$or" {
			c.keys++
		}
		if err := c.member(name, v, depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *filterCheck) member(name string, v any, depth int) error {
	switch v := v.(type) {
	case map[string]any:
		if !c.nested {
			return badFilter("Filter policy scope MessageAttributes does not support nested filter policy")
		}
		return c.object(v, depth+1)
	case []any:
		if name == "$or" {
			return c.alternatives(v, depth)
		}
		c.multiply(len(v) * depth)
		for _, rule := range v {
			if err := checkRule(rule); err != nil {
				return err
			}
		}
		return nil
	}
	return badFilter("%q must be an object or an array", name)
}

func (c *filterCheck) alternatives(list []any, depth int) error {
	for _, v := range list {
		object, ok := v.(map[string]any)
		if !ok {
			return badFilter("only objects are allowed in the array of $or")
		}
		if err := c.object(object, depth); err != nil {
			return err
		}
	}
	return nil
}

// multiply stops at a product that is too large anyway.
func (c *filterCheck) multiply(n int) {
	c.combinations = min(c.combinations*max(n, 1), maxFilterCombinations+1)
}

// checkRule refuses values and operators that EventBridge supports and SNS does not.
func checkRule(rule any) error {
	switch rule := rule.(type) {
	case float64:
		if math.Abs(rule) > maxFilterNumber {
			return badFilter("value must be between -1.0E9 and 1.0E9: %v", rule)
		}
	case []any:
		for _, v := range rule {
			if err := checkRule(v); err != nil {
				return err
			}
		}
	case map[string]any:
		for operator, v := range rule {
			if operator == "wildcard" {
				return badFilter("Unrecognized match type wildcard")
			}
			if err := checkRule(v); err != nil {
				return err
			}
		}
	}
	return nil
}
