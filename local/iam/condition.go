package iam

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one operator on one key. Values are alternatives.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type condition struct {
	key        contextKey
	values     []string
	ifExists   bool
	null       bool
	quantifier string // ForAnyValue, ForAllValues, or empty
	operator
}

// operator compares a value of the policy with one of the request.
type operator struct {
	match  func(policy, value string) bool
	negate bool                     // holds if no value of the policy matches
	valid  func(policy string) bool // nil accepts every text
}

var operators = map[string]operator{
	"StringEquals":              {match: equal},
	"StringNotEquals":           {match: equal, negate: true},
	"StringEqualsIgnoreCase":    {match: strings.EqualFold},
	"StringNotEqualsIgnoreCase": {match: strings.EqualFold, negate: true},
	"StringLike":                {match: caseLike},
	"StringNotLike":             {match: caseLike, negate: true},
	"NumericEquals":             {match: numeric(func(c int) bool { return c == 0 }), valid: isNumber},
	"NumericNotEquals":          {match: numeric(func(c int) bool { return c == 0 }), valid: isNumber, negate: true},
	"NumericLessThan":           {match: numeric(func(c int) bool { return c < 0 }), valid: isNumber},
	"NumericLessThanEquals":     {match: numeric(func(c int) bool { return c <= 0 }), valid: isNumber},
	"NumericGreaterThan":        {match: numeric(func(c int) bool { return c > 0 }), valid: isNumber},
	"NumericGreaterThanEquals":  {match: numeric(func(c int) bool { return c >= 0 }), valid: isNumber},
	"DateEquals":                {match: date(func(c int) bool { return c == 0 }), valid: isDate},
	"DateNotEquals":             {match: date(func(c int) bool { return c == 0 }), valid: isDate, negate: true},
	"DateLessThan":              {match: date(func(c int) bool { return c < 0 }), valid: isDate},
	"DateLessThanEquals":        {match: date(func(c int) bool { return c <= 0 }), valid: isDate},
	"DateGreaterThan":           {match: date(func(c int) bool { return c > 0 }), valid: isDate},
	"DateGreaterThanEquals":     {match: date(func(c int) bool { return c >= 0 }), valid: isDate},
	"Bool":                      {match: strings.EqualFold, valid: isBool},
	"BinaryEquals":              {match: equal, valid: isBase64},
	"IpAddress":                 {match: inRange, valid: isRange},
	"NotIpAddress":              {match: inRange, valid: isRange, negate: true},
	"ArnEquals":                 {match: arnLike}, // AWS treats ArnEquals as ArnLike
	"ArnNotEquals":              {match: arnLike, negate: true},
	"ArnLike":                   {match: arnLike},
	"ArnNotLike":                {match: arnLike, negate: true},
}

func compileConditions(wire map[string]map[string]oneOrMany) ([]condition, error) {
	var out []condition
	for name, keys := range wire {
		c, err := compileOperator(name)
		if err != nil {
			return nil, err
		}
		for key, values := range keys {
			c := c
			if c.key, err = findKey(key); err != nil {
				return nil, err
			}
			c.values = values
			if err := c.check(name, key); err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// compileOperator reads an operator's name: ForAnyValue:StringLikeIfExists.
func compileOperator(name string) (condition, error) {
	var c condition
	base := name
	if quantifier, rest, ok := strings.Cut(name, ":"); ok {
		if quantifier != "ForAnyValue" && quantifier != "ForAllValues" {
			return c, fmt.Errorf("condition operator %s is not supported", name)
		}
		c.quantifier, base = quantifier, rest
	}
	if base == "Null" {
		c.null = true
		c.valid = isBool
		return c, nil
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	o, ok := operators[base]
	if !ok {
		return c, fmt.Errorf("condition operator %s is not supported", name)
	}
	c.operator = o
	return c, nil
}

// check refuses values that the operator cannot compare. A value with a variable is known only with
// the request.
func (c *condition) check(name, key string) error {
	if len(c.values) == 0 {
		return fmt.Errorf("condition %s on %s has no value", name, key)
	}
	for _, v := range c.values {
		if err := checkVariables(v); err != nil {
			return err
		}
		if c.valid != nil && !strings.Contains(v, "${") && !c.valid(v) {
			return fmt.Errorf("condition %s on %s: %q is not a value of that type", name, key, v)
		}
	}
	return nil
}

// holds evaluates the condition. If the request does not have the key, operators that ask for a
// value fail and operators that forbid one pass; ForAllValues passes, ForAnyValue fails, IfExists
// passes.
func (c *condition) holds(r request) bool {
	values := c.key.of(r)
	switch {
	case c.null:
		return strings.EqualFold(c.values[0], strconv.FormatBool(len(values) == 0))
	case len(values) == 0 && c.ifExists:
		return true
	case c.quantifier == "ForAllValues":
		return !slices.ContainsFunc(values, func(v string) bool { return !c.passes(r, v) })
	case c.quantifier == "" && c.negate:
		return !slices.ContainsFunc(values, func(v string) bool { return !c.passes(r, v) })
	}
	return slices.ContainsFunc(values, func(v string) bool { return c.passes(r, v) })
}

// passes compares one value of the request. A policy value whose variable the request does not have
// matches nothing.
func (c *condition) passes(r request, value string) bool {
	matched := slices.ContainsFunc(c.values, func(p string) bool {
		p, ok := r.expand(p)
		return ok && c.match(p, value)
	})
	return matched != c.negate
}

func equal(a, b string) bool { return a == b }

func caseLike(pattern, value string) bool { return like(pattern, value, false) }

// arnLike compares the six parts of an ARN, each with wildcards of its own.
func arnLike(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != 6 || len(a) != 6 {
		return false
	}
	for i := range p {
		if !like(p[i], a[i], false) {
			return false
		}
	}
	return true
}

// numeric compares the request's number with the policy's.
func numeric(holds func(order int) bool) func(policy, value string) bool {
	return func(policy, value string) bool {
		p, errP := strconv.ParseFloat(policy, 64)
		v, errV := strconv.ParseFloat(value, 64)
		if errP != nil || errV != nil {
			return false
		}
		switch {
		case v < p:
			return holds(-1)
		case v > p:
			return holds(1)
		}
		return holds(0)
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func date(holds func(order int) bool) func(policy, value string) bool {
	return func(policy, value string) bool {
		p, okP := parseDate(policy)
		v, okV := parseDate(value)
		return okP && okV && holds(v.Compare(p))
	}
}

var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02"}

// parseDate reads one of the W3C profiles of ISO 8601, or Unix seconds.
func parseDate(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0), true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func isDate(s string) bool {
	_, ok := parseDate(s)
	return ok
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func isBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

// parseRange reads an address or a CIDR range.
func parseRange(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	a, err := netip.ParseAddr(s)
	return netip.PrefixFrom(a, a.BitLen()), err
}

func inRange(policy, value string) bool {
	p, errP := parseRange(policy)
	v, errV := netip.ParseAddr(value)
	return errP == nil && errV == nil && p.Contains(v)
}

func isRange(s string) bool {
	_, err := parseRange(s)
	return err == nil
}
