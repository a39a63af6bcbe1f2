package iam

import (
	"encoding/json"
	"fmt"
	"strings"

	"orderflow/local/awsapi"
)

const account = awsapi.Account

// The access key id of a call says who makes it.
const (
	rolePrefix    = "role/"
	servicePrefix = "service/"
)

// RoleKey is the access key id of the bearer of a role.
func RoleKey(role string) string { return rolePrefix + role }

// ServiceKey is the access key id of an AWS service that acts for a resource: events.amazonaws.com for a rule's ARN.
func ServiceKey(principal, sourceARN string) string {
	return servicePrefix + principal + "/" + sourceARN
}

// IsService tells whether a caller is an AWS service.
func IsService(id awsapi.Identity) bool { return strings.HasPrefix(id.AccessKey, servicePrefix) }

// Role is the identity of the bearer of a role.
func Role(name string) awsapi.Identity { return awsapi.Identity{AccessKey: RoleKey(name)} }

// Service is the identity of an AWS service that acts for a resource.
func Service(principal, sourceARN string) awsapi.Identity {
	return awsapi.Identity{AccessKey: ServiceKey(principal, sourceARN)}
}

// request is one question: may this caller do this?
type request struct {
	role            string // the caller is a role
	service, source string // the caller is a service, for this resource
	action          string
	resource        string
}

func newRequest(accessKey string, g awsapi.Grant) request {
	r := request{action: g.Action, resource: g.Resource}
	if rest, ok := strings.CutPrefix(accessKey, servicePrefix); ok {
		r.service, r.source, _ = strings.Cut(rest, "/")
		return r
	}
	r.role = strings.TrimPrefix(accessKey, rolePrefix)
	return r
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// principals of a resource policy's statement: "*", or kind -> patterns.
type principals map[string][]string

func compilePrincipals(raw json.RawMessage) (principals, error) {
	var all string
	if json.Unmarshal(raw, &all) == nil {
		if all != "*" {
			return nil, fmt.Errorf("principal %q", all)
		}
		return principals{"*": {"*"}}, nil
	}
	var byKind map[string]oneOrMany
	if err := json.Unmarshal(raw, &byKind); err != nil {
		return nil, fmt.Errorf("principal: %w", err)
	}
	out := principals{}
	for kind, list := range byKind {
		switch kind {
		case "AWS", "Service", "Federated", "CanonicalUser":
			out[kind] = list
		default:
			return nil, fmt.Errorf("principal of kind %q", kind)
		}
	}
	return out, nil
}

func (p principals) match(r request) bool {
	if p["*"] != nil {
		return true
	}
	for _, s := range p["Service"] {
		if r.service != "" && (s == r.service || s == "*") {
			return true
		}
	}
	for _, s := range p["AWS"] {
		if s == "*" || r.role != "" && (s == account || s == "arn:aws:iam::"+account+":root" || s == roleARN(r.role)) {
			return true
		}
	}
	return false
}
