package iam

import (
	"fmt"
	"strings"

	"orderflow/local/awsapi"
)

// condition is one operator on one key. Values are alternatives.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type condition struct {
	key      string // in small letters
	values   []string
	ifExists bool
	negate   bool
	null     bool
	match    func(pattern, value string) bool
}

var operators = map[string]func(pattern, value string) bool{
	"StringEquals":           func(p, v string) bool { return p == v },
	"StringEqualsIgnoreCase": strings.EqualFold,
	"StringLike":             func(p, v string) bool { return like(p, v, false) },
	"ArnEquals":              arnLike, // AWS treats ArnEquals as ArnLike
	"ArnLike":                arnLike,
	"Bool":                   strings.EqualFold,
}

// keys that a request has here.
var contextKeys = map[string]func(r request) (string, bool){
	"aws:sourcearn":        func(r request) (string, bool) { return r.source, r.source != "" },
	"aws:sourceaccount":    func(r request) (string, bool) { return account, r.source != "" },
	"aws:sourceowner":      func(r request) (string, bool) { return account, r.source != "" },
	"aws:principalarn":     func(r request) (string, bool) { return roleARN(r.role), r.role != "" },
	"aws:principalaccount": func(r request) (string, bool) { return account, r.role != "" },
	"aws:principalservicename": func(r request) (string, bool) {
		return r.service, r.service != ""
	},
	"aws:principalisawsservice": func(r request) (string, bool) { return fmt.Sprint(r.service != ""), true },
	// In process or on the loopback interface: nothing to listen in on, so a policy that asks for TLS is content.
	"aws:securetransport": func(request) (string, bool) { return "true", true },
	"aws:requestedregion": func(request) (string, bool) { return awsapi.Region, true },
	"aws:viaawsservice":   func(request) (string, bool) { return "false", true },
	"aws:resourceaccount": func(request) (string, bool) { return account, true },
}

func compileConditions(wire map[string]map[string]oneOrMany) ([]condition, error) {
	var out []condition
	for operator, keys := range wire {
		base, ifExists := strings.CutSuffix(operator, "IfExists")
		c := condition{ifExists: ifExists, null: base == "Null"}
		if !c.null {
			positive := strings.Replace(base, "Not", "", 1)
			c.negate = positive != base
			if c.match = operators[positive]; c.match == nil || c.negate && positive == "Bool" {
				return nil, fmt.Errorf("condition operator %s is not supported", operator)
			}
		}
		for key, values := range keys {
			c := c
			c.key, c.values = strings.ToLower(key), values
			if contextKeys[c.key] == nil {
				return nil, fmt.Errorf("condition key %s is not supported", key)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func (c condition) holds(r request) bool {
	value, present := contextKeys[c.key](r)
	if c.null {
		return len(c.values) > 0 && strings.EqualFold(c.values[0], fmt.Sprint(!present))
	}
	if !present {
		return c.ifExists || c.negate
	}
	for _, p := range c.values {
		if c.match(p, value) {
			return !c.negate
		}
	}
	return c.negate
}

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
