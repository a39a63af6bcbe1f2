package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// enforced are the services whose calls the local stack authorizes. A statement about other
// services only has no effect here.
var enforced = []string{"dynamodb", "sqs", "sns", "states", "events", "lambda", "ses"}

// Policy is a policy document and its origin.
type Policy struct {
	Name     string // the document's place, for reports
	Document json.RawMessage
	// AWS reports that the policy is not the template's own (SAM or AWS adds it): it allows, but it
	// is not reported as unused.
	AWS bool
}

// statement is one compiled statement.
type statement struct {
	policy, id   string // id is the Sid, or the index
	aws          bool
	deny         bool
	actions      []pattern
	notAction    bool
	resources    []pattern
	notResource  bool
	principals   principals
	notPrincipal bool
	conditions   []condition
	timed        bool // its decision changes with the time
}

// pattern is an action or resource with wildcards, and whether a decision used it.
type pattern struct {
	text string
	used atomic.Bool
}

// wireStatement is the JSON form of a statement.
type wireStatement struct {
	Sid          string
	Effect       string
	Action       oneOrMany
	NotAction    oneOrMany
	Resource     oneOrMany
	NotResource  oneOrMany
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Condition    map[string]map[string]oneOrMany
}

// oneOrMany is a value or a list of values; true and 1 are read as text.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(b []byte) error {
	var list []any
	if err := json.Unmarshal(b, &list); err != nil {
		var one any
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		list = []any{one}
	}
	*o = make(oneOrMany, 0, len(list))
	for _, v := range list {
		switch v.(type) {
		case string, bool, float64:
			*o = append(*o, fmt.Sprint(v))
		default:
			return fmt.Errorf("%s is not text", b)
		}
	}
	return nil
}

// empty reports whether it is a list without a value.
func (o oneOrMany) empty() bool { return o != nil && len(o) == 0 }

// compile reads a document. If resource is set, it is a resource's policy, whose statements have
// principals.
func compile(p Policy, resource bool) ([]*statement, error) {
	out, err := p.statements(resource)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.Name, err)
	}
	return out, nil
}

func (p Policy) statements(resource bool) ([]*statement, error) {
	list, err := statementsOf(p.Document)
	if err != nil {
		return nil, err
	}
	var out []*statement
	for i, raw := range list {
		var w wireStatement
		if err := decodeElements(raw, statementElements, &w); err != nil {
			return nil, fmt.Errorf("statement %s: %w", w.id(i), err)
		}
		s, err := w.compile(p, i, resource)
		if err != nil {
			return nil, fmt.Errorf("statement %s: %w", w.id(i), err)
		}
		if s != nil {
			out = append(out, s)
		}
	}
	return out, nil
}

func (w wireStatement) id(i int) string {
	if w.Sid != "" {
		return w.Sid
	}
	return fmt.Sprint(i)
}

// compile returns nil for a statement about services that are not enforced here.
func (w wireStatement) compile(p Policy, i int, resource bool) (*statement, error) {
	if err := w.check(resource); err != nil {
		return nil, err
	}
	if !w.concerns() {
		return nil, nil
	}
	s := &statement{policy: p.Name, id: w.id(i), aws: p.AWS, deny: w.Effect == "Deny",
		actions: patterns(w.Action), resources: patterns(w.Resource)}
	if w.NotAction != nil {
		s.actions, s.notAction = patterns(w.NotAction), true
	}
	if w.NotResource != nil {
		s.resources, s.notResource = patterns(w.NotResource), true
	}
	for _, r := range texts(s.resources) {
		if err := checkVariables(r); err != nil {
			return nil, err
		}
	}
	var err error
	if resource {
		raw := w.Principal
		if w.NotPrincipal != nil {
			raw, s.notPrincipal = w.NotPrincipal, true
		}
		if s.principals, err = compilePrincipals(raw); err != nil {
			return nil, err
		}
	}
	if s.conditions, err = compileConditions(w.Condition); err != nil {
		return nil, err
	}
	s.timed = s.followsClock()
	return s, nil
}

// followsClock reports whether the statement's decision changes with the time.
func (s *statement) followsClock() bool {
	for _, c := range s.conditions {
		if c.key.timed || slices.ContainsFunc(c.values, timed) {
			return true
		}
	}
	return slices.ContainsFunc(texts(s.resources), timed)
}

func (w wireStatement) check(resource bool) error {
	switch {
	case w.Effect != "Allow" && w.Effect != "Deny":
		return fmt.Errorf("effect %q is neither Allow nor Deny", w.Effect)
	case (w.Action == nil) == (w.NotAction == nil):
		return fmt.Errorf("needs one of Action and NotAction")
	case w.Resource != nil && w.NotResource != nil:
		return fmt.Errorf("has both Resource and NotResource")
	case !resource && w.Resource == nil && w.NotResource == nil:
		return fmt.Errorf("needs one of Resource and NotResource")
	case !resource && (w.Principal != nil || w.NotPrincipal != nil):
		return fmt.Errorf("an identity policy has no principal")
	case resource && (w.Principal == nil) == (w.NotPrincipal == nil):
		return fmt.Errorf("needs one of Principal and NotPrincipal")
	case !resource && !identitySid.MatchString(w.Sid):
		return fmt.Errorf("the Sid %q has other characters than letters and digits", w.Sid)
	case slices.ContainsFunc([]oneOrMany{w.Action, w.NotAction, w.Resource, w.NotResource}, oneOrMany.empty):
		return fmt.Errorf("an action or resource is an empty list")
	}
	for _, a := range slices.Concat(w.Action, w.NotAction) {
		if a != "*" && !strings.Contains(a, ":") {
			return fmt.Errorf("action %q has no service", a)
		}
	}
	return nil
}

// concerns reports whether the statement can apply to a call of an enforced service.
func (w wireStatement) concerns() bool {
	if w.NotAction != nil {
		return true
	}
	return slices.ContainsFunc(w.Action, decidable)
}

// decidable reports whether an action may be one of an enforced service.
func decidable(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	return strings.ContainsAny(service, "*?") || slices.Contains(enforced, strings.ToLower(service))
}

func patterns(texts []string) []pattern {
	out := make([]pattern, len(texts))
	for i, t := range texts {
		out[i].text = t
	}
	return out
}

// matches reports whether the statement applies to the request.
func (s *statement) matches(r request) bool {
	if s.principals != nil && s.principals.match(r) == s.notPrincipal {
		return false
	}
	if slices.ContainsFunc(texts(s.actions), func(text string) bool { return like(text, r.action, true) }) == s.notAction {
		return false
	}
	if len(s.resources) > 0 && s.names(r) == s.notResource {
		return false
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r) {
			return false
		}
	}
	return true
}

// delegates reports whether the statement includes the caller only through its account.
func (s *statement) delegates(r request) bool {
	return s.principals != nil && !s.notPrincipal && !s.principals.name(r)
}

// names reports whether one of the resources is that of the request.
func (s *statement) names(r request) bool {
	return slices.ContainsFunc(texts(s.resources), func(text string) bool {
		text, ok := r.expand(text)
		return ok && like(text, r.resource, false)
	})
}

// use records which of the statement's patterns the request needed: every one that matches, since
// each of them would suffice.
func (s *statement) use(r request) {
	for i := range s.actions {
		if like(s.actions[i].text, r.action, true) {
			s.actions[i].used.Store(true)
		}
	}
	for i := range s.resources {
		if text, ok := r.expand(s.resources[i].text); ok && like(text, r.resource, false) {
			s.resources[i].used.Store(true)
		}
	}
}

// like matches * (any text) and ? (one character).
func like(pattern, s string, fold bool) bool {
	if fold {
		pattern, s = strings.ToLower(pattern), strings.ToLower(s)
	}
	star, mark, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
