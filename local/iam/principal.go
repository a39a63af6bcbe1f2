package iam

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// The access key id of a call identifies the caller.
const (
	rolePrefix    = "role/"
	servicePrefix = "service/"
)

// RoleKey is the access key id of the bearer of a role.
func RoleKey(role string) string { return rolePrefix + role }

// ServiceKey is the access key id of an AWS service that acts for a resource: events.amazonaws.com
// for a rule's ARN.
func ServiceKey(principal, sourceARN string) string {
	return servicePrefix + principal + "/" + sourceARN
}

// IsService reports whether a caller is an AWS service.
func IsService(id awsapi.Identity) bool { return strings.HasPrefix(id.AccessKey, servicePrefix) }

// Role is the identity of the bearer of a role.
func Role(name string) awsapi.Identity { return awsapi.Identity{AccessKey: RoleKey(name)} }

// Service is the identity of an AWS service that acts for a resource.
func Service(principal, sourceARN string) awsapi.Identity {
	return awsapi.Identity{AccessKey: ServiceKey(principal, sourceARN)}
}

// request is one question: may this caller do this?
type request struct {
	role, session   string // the caller is a role
	service, source string // the caller is a service, for this resource
	action          string
	resource        string
	at              time.Time
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

func roleARN(name string) string { return "arn:aws:iam::" + awsapi.Account + ":role/" + name }

func sessionARN(role, session string) string {
	return "arn:aws:sts::" + awsapi.Account + ":assumed-role/" + role + "/" + session
}

// userID is the unique id of a session: the role's, which stays the same for its name, and the
// session's name.
func userID(role, session string) string {
	sum := sha256.Sum256([]byte(role))
	return "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17] + ":" + session
}

// Caller is the maker of a call, in the form of sts:GetCallerIdentity.
type Caller struct{ Account, ARN, UserID string }

// Caller returns the bearer of an identity: a role's session, a service, or else the operator of
// the machine, who stands for the account. A role that does not exist is InvalidClientTokenId.
func (e *Engine) Caller(id awsapi.Identity) (Caller, error) {
	r := newRequest(id.AccessKey, awsapi.Grant{})
	switch {
	case r.service != "":
		return Caller{awsapi.Account, "arn:aws:iam::" + awsapi.Account + ":service/" + r.service, r.service}, nil
	case !strings.HasPrefix(id.AccessKey, rolePrefix):
		return Caller{awsapi.Account, rootARN, awsapi.Account}, nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	have, ok := e.roles[r.role]
	if !ok {
		return Caller{}, &awsapi.Error{Type: "InvalidClientTokenId",
			Message: "The security token included in the request is invalid: no role " + r.role,
			Status:  403}
	}
	return Caller{awsapi.Account, sessionARN(r.role, have.session), userID(r.role, have.session)}, nil
}

const rootARN = "arn:aws:iam::" + awsapi.Account + ":root"

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

// match reports whether the principals include the caller.
func (p principals) match(r request) bool { return p.name(r) || p.delegate(r) }

// name reports whether they include the caller itself: everyone, its service, its role or its
// session.
func (p principals) name(r request) bool {
	if p["*"] != nil || slices.Contains(p["AWS"], "*") {
		return true
	}
	if r.service != "" {
		return slices.Contains(p["Service"], r.service) || slices.Contains(p["Service"], "*")
	}
	return slices.Contains(p["AWS"], roleARN(r.role)) || slices.Contains(p["AWS"], sessionARN(r.role, r.session))
}

// delegate reports whether they include the caller's account, whose administrators then decide
// about the call.
func (p principals) delegate(r request) bool {
	return r.role != "" && (slices.Contains(p["AWS"], awsapi.Account) || slices.Contains(p["AWS"], rootARN))
}
