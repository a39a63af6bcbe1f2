package local

import (
	"fmt"
	"io"
	"strings"

	"github.com/orderflow-dev/orderflow/local/template"
)

// Explanation lists what the stack runs, and what of the template it does differently from AWS.
type Explanation struct {
	StackName string             `json:"stackName"`
	Runs      []Count            `json:"runs"`
	Differs   []Difference       `json:"differs"`   // the system behaves differently from AWS because of it
	NoEffect  []Difference       `json:"noEffect"`  // has no effect on one machine
	Unchecked []string           `json:"unchecked"` // what AWS refuses and the stack does not check
	Template  *template.Template `json:"-"`
}

// Count is how many of a kind the stack runs.
type Count struct {
	Kind  string `json:"kind"` // in the singular
	Count int    `json:"count"`
}

// Difference is a property or type of resource that the stack does not honour, and where.
type Difference struct {
	Type     string   `json:"type,omitempty"`
	Property string   `json:"property,omitempty"` // empty: the whole resource
	Why      string   `json:"why"`
	Where    []string `json:"where"` // logical ids
	Place    string   `json:"place"` // file:line of the first
}

// Explain reads the template of the options without opening a stack.
func Explain(o Options) (*Explanation, error) {
	s := &Stack{opt: o}
	t, err := s.load(nil)
	if err != nil {
		return nil, err
	}
	return explain(t), nil
}

// Explain reports what the stack runs, and what of its template it does differently from AWS.
func (s *Stack) Explain() *Explanation { return explain(s.template) }

func explain(t *template.Template) *Explanation {
	routes := 0
	for _, a := range t.APIs {
		routes += len(a.Routes)
	}
	e := &Explanation{StackName: t.StackName, Template: t, Runs: []Count{
		{"function", len(t.Functions)}, {"state machine", len(t.StateMachines)}, {"table", len(t.Tables)},
		{"queue", len(t.Queues)},
		{"topic", len(t.Topics)}, {"subscription", len(t.Subscriptions)}, {"event bus", len(t.Buses)}, {"rule", len(t.Rules)},
		{"event source mapping", len(t.Mappings)}, {"HTTP API", len(t.APIs)}, {"route", routes}, {"role", len(t.Roles)},
	}}
	for _, u := range t.Unhonoured {
		if u.Changes {
			e.Differs = appendDifference(e.Differs, u)
		} else {
			e.NoEffect = appendDifference(e.NoEffect, u)
		}
		if u.Type == "AWS::KMS::Key" && u.Property == "" {
			e.Unchecked = append(e.Unchecked,
				"who may use the key "+u.LogicalID+": nothing is encrypted here, so only AWS notices a kms permission "+
					"that is missing in a role or in the key's policy")
		}
	}
	return e
}

// appendDifference joins what is said of many resources into one line.
func appendDifference(list []Difference, u template.Unhonoured) []Difference {
	for i := range list {
		if d := &list[i]; d.Type == u.Type && d.Property == u.Property && d.Why == u.Why {
			d.Where = append(d.Where, u.LogicalID)
			return list
		}
	}
	return append(list, Difference{Type: u.Type, Property: u.Property, Why: u.Why, Where: []string{u.LogicalID},
		Place: u.Place})
}

// Write prints the explanation for people.
func (e *Explanation) Write(w io.Writer) error {
	var b strings.Builder
	var runs []string
	for _, c := range e.Runs {
		if c.Count > 0 {
			runs = append(runs, plural(c.Count, c.Kind))
		}
	}
	fmt.Fprintf(&b, "The stack %s runs %s.\n", e.StackName, strings.Join(runs, ", "))
	writeDifferences(&b, "Behaves differently from AWS:", e.Differs)
	writeDifferences(&b, "Has no effect on one machine:", e.NoEffect)
	if len(e.Unchecked) > 0 {
		fmt.Fprintf(&b, "\nIs not checked on one machine:\n  %s\n", strings.Join(e.Unchecked, "\n  "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeDifferences(b *strings.Builder, title string, list []Difference) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, d := range list {
		what := d.Type
		if d.Property != "" {
			what = strings.TrimSpace(d.Type + " " + d.Property)
		}
		where := strings.Join(d.Where[:min(3, len(d.Where))], ", ")
		if n := len(d.Where) - 3; n > 0 {
			where += fmt.Sprintf(" and %d more", n)
		}
		if where != "" { // not a property of the whole template
			where = ", " + where
		}
		fmt.Fprintf(b, "  %s: %s\n      %s%s\n", what, d.Why, d.Place, where)
	}
}

func plural(n int, kind string) string {
	switch {
	case n == 1:
		return "1 " + kind
	case strings.HasSuffix(kind, "bus"):
		return fmt.Sprintf("%d %ses", n, kind)
	}
	return fmt.Sprintf("%d %ss", n, kind)
}
