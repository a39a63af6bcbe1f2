// Package iam decides whether a caller of the local stack may do what it asks for: the policies of its role, those of the resource,
// an explicit deny before any allow, and no without an allow
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, within one account).
// It remembers which statements ever allowed a call, and which calls were refused.
package iam

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"orderflow/local/awsapi"
)

// Engine holds the policies. It is safe for concurrent use.
type Engine struct {
	mu        sync.RWMutex
	roles     map[string]*role
	resources map[string][]*statement // by the ARN of the resource that has the policy
	attached  map[string][]*statement // likewise, by AttachResourcePolicy
	cache     map[question]*decision
}

type role struct {
	session    string
	statements []*statement
}

// question is the key of a decision.
type question struct{ accessKey, action, resource string }

type decision struct {
	err    *awsapi.Error // nil: allowed
	denied atomic.Int64  // how often it was refused
}

// maxCache bounds the decisions that are remembered: resources such as executions are without number. Refusals are always remembered.
const maxCache = 8192

// New makes an engine without any policy.
func New() *Engine {
	return &Engine{roles: map[string]*role{}, resources: map[string][]*statement{}, attached: map[string][]*statement{}, cache: map[question]*decision{}}
}

// SetRole gives a role its identity policies, in place of those that it had. session names the bearer in messages.
// A document that cannot be evaluated here (an unknown condition operator or key, a policy variable) is refused.
func (e *Engine) SetRole(name, session string, policies []Policy) error {
	var all []*statement
	for _, p := range policies {
		statements, err := compile(p, false)
		if err != nil {
			return fmt.Errorf("role %s: %w", name, err)
		}
		all = append(all, statements...)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.roles[name] = &role{session: session, statements: all}
	clear(e.cache)
	return nil
}

// ResourcePolicy is a policy on resources: queues, topics, buses, functions.
type ResourcePolicy struct {
	Policy
	ARNs []string
}

// SetResourcePolicies gives the resources their policies, in place of all that were there.
func (e *Engine) SetResourcePolicies(policies []ResourcePolicy) error {
	resources := map[string][]*statement{}
	for _, p := range policies {
		statements, err := compile(p.Policy, true)
		if err != nil {
			return err
		}
		for _, arn := range p.ARNs {
			resources[arn] = append(resources[arn], statements...)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resources = resources
	clear(e.cache)
	return nil
}

// AttachResourcePolicy gives one resource a policy beside those of SetResourcePolicies, in place of the one attached before.
// An empty document takes it away. What an attached policy grants is not reported as unused.
func (e *Engine) AttachResourcePolicy(arn, name string, document json.RawMessage) error {
	var statements []*statement
	if len(document) > 0 {
		var err error
		if statements, err = compile(Policy{Name: name, Document: document}, true); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attached[arn] = statements
	clear(e.cache)
	return nil
}

// Authorizer is the engine as the router wants it.
func (e *Engine) Authorizer() awsapi.Authorizer {
	return func(_ context.Context, id awsapi.Identity, g awsapi.Grant) error { return e.Authorize(id, g) }
}

// Authorize returns nil, or an *awsapi.Error of type AccessDeniedException in AWS's words. The machine's operator, who has none of this
// package's access keys, may do everything.
func (e *Engine) Authorize(id awsapi.Identity, g awsapi.Grant) error {
	if !strings.HasPrefix(id.AccessKey, rolePrefix) && !strings.HasPrefix(id.AccessKey, servicePrefix) {
		return nil
	}
	q := question{id.AccessKey, g.Action, g.Resource}
	e.mu.RLock()
	d := e.cache[q]
	e.mu.RUnlock()
	if d == nil {
		d = e.decide(q)
	}
	if d.err == nil {
		return nil
	}
	d.denied.Add(1)
	return d.err
}

func (e *Engine) decide(q question) *decision {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.cache[q]; d != nil {
		return d
	}
	d := &decision{err: e.evaluate(newRequest(q.accessKey, awsapi.Grant{Action: q.action, Resource: q.resource}))}
	if len(e.cache) >= maxCache {
		for k, old := range e.cache {
			if old.err == nil {
				delete(e.cache, k)
			}
		}
	}
	e.cache[q] = d
	return d
}

// evaluate decides, and notes the statements that allowed.
func (e *Engine) evaluate(r request) *awsapi.Error {
	var identity []*statement
	if r.role != "" {
		have, ok := e.roles[r.role]
		if !ok {
			return &awsapi.Error{Type: "UnrecognizedClientException", Message: "The security token included in the request is invalid: no role " + r.role,
				Status: http.StatusForbidden}
		}
		identity = have.statements
	}
	holder := policyHolder(r.resource)
	resource := slices.Concat(e.resources[holder], e.attached[holder])
	allowed, explicit := false, ""
	for kind, list := range map[string][]*statement{"identity-based": identity, "resource-based": resource} {
		for _, s := range list {
			switch {
			case !s.matches(r):
			case s.deny:
				explicit = kind
			default:
				allowed = true
				s.use(r)
			}
		}
	}
	if explicit == "" && allowed {
		return nil
	}
	return e.refusal(r, explicit)
}

// policyHolder is the resource whose policy counts: an alias or version of a function has that of the function.
func policyHolder(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) == 8 && parts[2] == "lambda" {
		return strings.Join(parts[:7], ":")
	}
	return arn
}

func (e *Engine) refusal(r request, explicit string) *awsapi.Error {
	who, kind := "Service: "+r.service, "resource-based"
	if r.source != "" {
		who += " for " + r.source
	}
	if r.role != "" {
		who = fmt.Sprintf("User: arn:aws:sts::%s:assumed-role/%s/%s", account, r.role, e.roles[r.role].session)
		kind = "identity-based"
	}
	why := fmt.Sprintf("because no %s policy allows the %s action", kind, r.action)
	if explicit != "" {
		article := "an"
		if explicit == "resource-based" {
			article = "a"
		}
		why = fmt.Sprintf("with an explicit deny in %s %s policy", article, explicit)
	}
	err := awsapi.Errorf("AccessDeniedException", "%s is not authorized to perform: %s on resource: %s %s", who, r.action, r.resource, why)
	if strings.HasPrefix(r.action, "lambda:") {
		err.Status = http.StatusForbidden
	}
	return err
}
