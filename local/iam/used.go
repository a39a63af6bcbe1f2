package iam

import (
	"cmp"
	"slices"
	"strings"
)

// Used is an action of an Allow statement of the template that calls needed since the start, with
// the statement's resources that were needed.
type Used struct {
	Role      string `json:"role,omitempty"` // empty for a resource's policy
	Policy    string `json:"policy"`
	Statement string `json:"statement"` // Sid or index
	Action    string `json:"action"`
	Resource  string `json:"resource"` // patterns, separated by spaces
}

// Used lists the grants that calls needed. It is the counterpart of Report's Unused.
func (e *Engine) Used() []Used {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []Used
	for name, role := range e.roles {
		for _, s := range role.statements {
			out = append(out, s.usedBy(name)...)
		}
	}
	seen := map[*statement]bool{} // one policy may be on many resources
	for _, statements := range e.resources {
		for _, s := range statements {
			if !seen[s] {
				seen[s] = true
				out = append(out, s.usedBy("")...)
			}
		}
	}
	slices.SortFunc(out, func(a, b Used) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Policy, b.Policy),
			cmp.Compare(a.Statement, b.Statement), cmp.Compare(a.Action, b.Action))
	})
	return out
}

func (s *statement) usedBy(role string) []Used {
	if s.deny || s.aws {
		return nil
	}
	var resources []string
	for i := range s.resources {
		if s.resources[i].used.Load() {
			resources = append(resources, s.resources[i].text)
		}
	}
	var out []Used
	for i := range s.actions {
		if s.actions[i].used.Load() {
			out = append(out, Used{
				Role: role, Policy: s.policy, Statement: s.id,
				Action: s.actions[i].text, Resource: strings.Join(resources, " "),
			})
		}
	}
	return out
}
