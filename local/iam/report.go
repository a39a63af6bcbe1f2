package iam

import (
	"cmp"
	"slices"
	"strings"
)

// Report lists what the policies were used for since the start.
type Report struct {
	Unused  []Unused
	Denials []Denial
}

// Unused is a part of an Allow statement of the template that no call needed. Action is one action
// and Resource all the statement's resources, or the other way round where the actions are used but
// a resource is not.
type Unused struct {
	Role      string `json:"role,omitempty"` // empty for a resource's policy
	Policy    string `json:"policy"`
	Statement string `json:"statement"` // Sid or index
	Action    string `json:"action"`
	Resource  string `json:"resource"`
}

// Denial is a call that was refused.
type Denial struct {
	Caller   string `json:"caller"` // "role/<name>" or "service/<principal>/<source ARN>"
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Message  string `json:"message"`
	Count    int64  `json:"count"`
}

// Report lists the grants that no call needed, and the refused calls.
func (e *Engine) Report() Report {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var r Report
	for name, role := range e.roles {
		r.Unused = append(r.Unused, unused(name, role.statements)...)
	}
	seen := map[*statement]bool{} // one policy may be on many resources
	for _, statements := range e.resources {
		for _, s := range statements {
			if !seen[s] {
				seen[s] = true
				r.Unused = append(r.Unused, unused("", []*statement{s})...)
			}
		}
	}
	for q, d := range e.cache {
		if d.err != nil {
			r.Denials = append(r.Denials, Denial{Caller: q.accessKey, Action: q.action, Resource: q.resource,
				Message: d.err.Message, Count: d.denied.Load()})
		}
	}
	slices.SortFunc(r.Unused, func(a, b Unused) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Statement, b.Statement),
			cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
	})
	slices.SortFunc(r.Denials, func(a, b Denial) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
	})
	return r
}

func unused(role string, statements []*statement) []Unused {
	var out []Unused
	for _, s := range statements {
		if s.deny || s.aws {
			continue
		}
		actions, resources := texts(s.actions), texts(s.resources)
		some := false
		for i := range s.actions {
			if s.actions[i].used.Load() {
				some = true
				continue
			}
			if !decidable(s.actions[i].text) {
				continue
			}
			out = append(out, Unused{
				Role: role, Policy: s.policy, Statement: s.id,
				Action: s.actions[i].text, Resource: strings.Join(resources, " "),
			})
		}
		for i := range s.resources {
			if some && !s.resources[i].used.Load() {
				out = append(out, Unused{
					Role: role, Policy: s.policy, Statement: s.id,
					Action: strings.Join(actions, " "), Resource: s.resources[i].text,
				})
			}
		}
	}
	return out
}

func texts(list []pattern) []string {
	var out []string
	for i := range list {
		out = append(out, list[i].text)
	}
	return out
}
