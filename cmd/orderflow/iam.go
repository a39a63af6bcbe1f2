package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
)

type iamCommand struct {
	apiOption
	JSON bool `help:"Print JSON: used, unused and denied."`
}

func (*iamCommand) Help() string {
	return `The local system authorises every call by the policies that template.yaml gives the caller's role, as AWS does. This command prints, since the system was
started, the grants that calls needed, the grants that none did, and the calls that were refused.

Examples:
  orderflow iam
  orderflow iam --json`
}

func (c *iamCommand) Run(e *env) error {
	body, err := client.New(c.API, "").Do(e.ctx, http.MethodGet, "/_local/iam", http.Header{client.LocalHeader: {"1"}}, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(r system.IAMReport) error {
		return printIAMReport(screen.New(e.stdout), r)
	})
}

func printIAMReport(s *screen.Screen, r system.IAMReport) error {
	grants := []screen.Column{{Title: "ROLE OR POLICY"}, {Title: "STATEMENT"}, {Title: "ACTION"},
		{Title: "RESOURCE", Wraps: true}}
	var used, unused, denied [][]string
	for _, g := range r.Used {
		used = append(used, []string{holder(g.Role, g.Policy), g.Statement, g.Action, g.Resource})
	}
	for _, g := range r.Unused {
		unused = append(unused, []string{holder(g.Role, g.Policy), g.Statement, g.Action, g.Resource})
	}
	for _, d := range r.Denied {
		denied = append(denied, []string{d.Caller, d.Action, d.Resource, fmt.Sprint(d.Count)})
	}
	calls := []screen.Column{{Title: "CALLER"}, {Title: "ACTION"}, {Title: "RESOURCE", Wraps: true},
		{Title: "CALLS", Right: true}}
	return errors.Join(
		s.Section(fmt.Sprintf("Used: %d grants", len(used)), grants, used),
		s.Section(fmt.Sprintf("\nNever used: %d grants", len(unused)), grants, unused),
		s.Section(fmt.Sprintf("\nDenied: %d calls", len(denied)), calls, denied))
}

// holder returns the holder of a grant: the role, or the policy of a resource.
func holder(role, policy string) string { return cmp.Or(role, policy) }
