// Package iam decides whether a caller of the local stack may do what it requests, by the policies
// of its role and of the resource: an explicit deny comes before any allow, and without an allow
// the request is refused
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html,
// within one account). It records which statements allowed a call, and which calls were refused.
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

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Engine holds the policies. It is safe for concurrent use.
type Engine struct {
	mu        sync.RWMutex
	roles     map[string]*role
	resources map[string][]*statement // by the ARN of the resource that has the policy
	attached  map[string][]*statement // likewise, by AttachResourcePolicy
	cache     map[question]*decision
	clock     clockwork.Clock
}

// Option changes an Engine under construction.
type Option func(*Engine)

// WithClock replaces the real clock, which conditions on the time read.
func WithClock(c clockwork.Clock) Option { return func(e *Engine) { e.clock = c } }

type role struct {
	session    string
	statements []*statement
}

// question is the key of a decision.
type question struct{ accessKey, action, resource string }

type decision struct {
	err    *awsapi.Error // nil: allowed
	timed  bool          // changes with the time
	denied atomic.Int64  // how often it was refused
}

// maxCache bounds the decisions that are kept: the number of resources, such as executions, has no
// limit. Refusals are always kept.
const maxCache = 8192

// New makes an engine without any policy.
func New(opts ...Option) *Engine {
	e := &Engine{roles: map[string]*role{}, resources: map[string][]*statement{}, attached: map[string][]*statement{},
		cache: map[question]*decision{}, clock: clockwork.NewRealClock()}
	for _, o := range opts {
		o(e)
	}
	return e
}

// SetRole sets the identity policies of a role, in place of earlier ones. session names the bearer
// in messages. A document that cannot be evaluated here (an unknown condition operator or key) is
// refused.
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

// SetResourcePolicies sets the policies of the resources, in place of all earlier ones.
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

// CheckResourcePolicy reports why a resource policy cannot be evaluated here; nil if it can.
func CheckResourcePolicy(document json.RawMessage) error {
	_, err := Policy{Document: document}.statements(true)
	return err
}

// AttachResourcePolicy sets the policy of one resource, in addition to those of SetResourcePolicies
// and in place of the one attached before. An empty document removes it; one that cannot be
// evaluated is refused and changes nothing. The grants of an attached policy are not reported as
// unused.
func (e *Engine) AttachResourcePolicy(arn, name string, document json.RawMessage) error {
	var statements []*statement
	if len(document) > 0 {
		var err error
		if statements, err = compile(Policy{Name: name, Document: document}, true); err != nil {
			return err
		}
	}
	e.attach(arn, statements)
	return nil
}

// Lock refuses a resource to every role and service, because its own policy cannot be evaluated,
// until it gets another policy.
func (e *Engine) Lock(arn, name string) {
	everyone := principals{"*": {"*"}}
	e.attach(arn, []*statement{{policy: name, id: "0", deny: true, actions: patterns([]string{"*"}), principals: everyone}})
}

func (e *Engine) attach(arn string, statements []*statement) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attached[arn] = statements
	clear(e.cache)
}

// Authorizer adapts the engine to the router.
func (e *Engine) Authorizer() awsapi.Authorizer {
	return func(_ context.Context, id awsapi.Identity, g awsapi.Grant) error { return e.Authorize(id, g) }
}

// Authorize returns nil, or an *awsapi.Error of type AccessDeniedException with AWS's text. The
// operator of the machine, whose access key is none of this package's, may do everything.
func (e *Engine) Authorize(id awsapi.Identity, g awsapi.Grant) error {
	if !strings.HasPrefix(id.AccessKey, rolePrefix) && !strings.HasPrefix(id.AccessKey, servicePrefix) {
		return nil
	}
	q := question{id.AccessKey, g.Action, g.Resource}
	e.mu.RLock()
	d := e.cache[q]
	e.mu.RUnlock()
	if d == nil || d.timed {
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
	old := e.cache[q]
	if old != nil && !old.timed {
		return old
	}
	d := &decision{}
	d.err, d.timed = e.evaluate(newRequest(q.accessKey, awsapi.Grant{Action: q.action, Resource: q.resource}))
	if old != nil {
		d.denied.Store(old.denied.Load())
	}
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

// evaluate decides, and records the statements that allowed. timed reports that the decision
// changes with the time.
func (e *Engine) evaluate(r request) (_ *awsapi.Error, timed bool) {
	r.at = e.clock.Now()
	var identity []*statement
	if r.role != "" {
		have, ok := e.roles[r.role]
		if !ok {
			return &awsapi.Error{Type: "UnrecognizedClientException",
				Message: "The security token included in the request is invalid: no role " + r.role,
				Status:  http.StatusForbidden}, false
		}
		identity, r.session = have.statements, have.session
	}
	holder := policyHolder(r.resource)
	resource := slices.Concat(e.resources[holder], e.attached[holder])
	allowed, explicit := false, ""
	for kind, list := range map[string][]*statement{"identity-based": identity, "resource-based": resource} {
		for _, s := range list {
			timed = timed || s.timed
			switch {
			case !s.matches(r):
			case s.deny:
				explicit = kind
			case s.delegates(r): // the account's own policies decide, and those are the identity's
			default:
				allowed = true
				s.use(r)
			}
		}
	}
	if explicit == "" && allowed {
		return nil, timed
	}
	return e.refusal(r, explicit), timed
}

// policyHolder is the resource whose policy applies: for an alias or version of a function, the
// function.
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
		who = "User: " + sessionARN(r.role, r.session)
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
	err := awsapi.Errorf("AccessDeniedException", "%s is not authorized to perform: %s on resource: %s %s", who,
		r.action, r.resource, why)
	if strings.HasPrefix(r.action, "lambda:") {
		err.Status = http.StatusForbidden
	}
	return err
}
