package graph

import (
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Graph is one level of states: a state machine, a branch of a Parallel state, or the processor of
// a Map state.
type Graph struct {
	Comment string
	Start   string
	Nodes   []*Node // in the order of the definition
	Edges   []*Edge

	Width, Height float64 // set by Layout, in pixels
}

// Node is a state.
type Node struct {
	Name   string
	Type   string   // "Task", "Choice", ...
	Detail string   // the resource of a Task, the duration of a Wait; "" for other types
	Retry  bool     // the state has retriers
	Inner  []*Graph // the branches of a Parallel state, the processor of a Map state

	X, Y, Width, Height float64 // the middle and the size, set by Layout
}

// EdgeKind is the reason for a transition.
type EdgeKind uint8

// The kinds of transitions.
const (
	Next EdgeKind = iota
	Choice
	Default
	Catch
)

// Edge is a transition. Catchers of one state that lead to the same state are one transition.
type Edge struct {
	From, To string
	Kind     EdgeKind
	Label    []string // lines: the caught errors, or the condition of a choice

	route []point // set by Layout: see route
	at    *point  // the middle of the label; nil without one
}

type point struct{ x, y float64 }

// Parse reads the states and transitions of a definition. It checks only what a picture needs: that
// the states are objects, and that transitions lead to existing states.
func Parse(definition string) (*Graph, error) {
	text, err := value.Parse(definition)
	if err != nil {
		return nil, err
	}
	return parseGraph(text)
}

func parseGraph(v value.JSON) (*Graph, error) {
	states, ok := v.Member("States")
	if !ok || states.Kind() != value.Object {
		return nil, fmt.Errorf("the field States is missing")
	}
	g := &Graph{Comment: text(v, "Comment"), Start: text(v, "StartAt")}
	for _, m := range states.Members() {
		if err := g.addState(m.Key, m.Value); err != nil {
			return nil, fmt.Errorf("state %s: %w", m.Key, err)
		}
	}
	return g, g.check()
}

func (g *Graph) addState(name string, v value.JSON) error {
	if v.Kind() != value.Object {
		return fmt.Errorf("not an object")
	}
	n := &Node{Name: name, Type: text(v, "Type"), Detail: detail(v)}
	retriers, _ := v.Member("Retry")
	n.Retry = len(retriers.Elements()) > 0
	g.Nodes = append(g.Nodes, n)
	g.addEdges(name, v)
	return n.parseInner(v)
}

// parseInner reads the states inside a Parallel or Map state.
func (n *Node) parseInner(v value.JSON) error {
	inner := []value.JSON{}
	if branches, ok := v.Member("Branches"); ok {
		inner = branches.Elements()
	}
	for _, field := range []string{"ItemProcessor", "Iterator"} {
		if processor, ok := v.Member(field); ok {
			inner = append(inner, processor)
		}
	}
	for _, definition := range inner {
		g, err := parseGraph(definition)
		if err != nil {
			return err
		}
		n.Inner = append(n.Inner, g)
	}
	return nil
}

// addEdges adds the transitions of a state: Next first, which the layout draws straight.
func (g *Graph) addEdges(name string, v value.JSON) {
	if next := text(v, "Next"); next != "" {
		g.addEdge(name, next, Next, nil)
	}
	choices, _ := v.Member("Choices")
	for rule := range choices.EachElement() {
		g.addEdge(name, text(rule, "Next"), Choice, []string{condition(rule)})
	}
	if next := text(v, "Default"); next != "" {
		g.addEdge(name, next, Default, []string{"otherwise"})
	}
	catchers, _ := v.Member("Catch")
	for c := range catchers.EachElement() {
		g.addEdge(name, text(c, "Next"), Catch, list(c, "ErrorEquals"))
	}
}

// addEdge adds a transition. If one of the same kind, or any from a state to itself, exists
// already, it adds the label to that one.
func (g *Graph) addEdge(from, to string, kind EdgeKind, label []string) {
	for _, e := range g.Edges {
		if e.From == from && e.To == to && (e.Kind == kind || from == to) {
			e.Label = append(e.Label, label...)
			return
		}
	}
	g.Edges = append(g.Edges, &Edge{From: from, To: to, Kind: kind, Label: label})
}

// check reports a start or a transition that leads to no state.
func (g *Graph) check() error {
	if g.node(g.Start) == nil {
		return fmt.Errorf("StartAt refers to a state that does not exist: %q", g.Start)
	}
	for _, e := range g.Edges {
		if g.node(e.To) == nil {
			return fmt.Errorf("state %s leads to a state that does not exist: %q", e.From, e.To)
		}
	}
	return nil
}

func (g *Graph) node(name string) *Node {
	for _, n := range g.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func text(v value.JSON, field string) string {
	m, ok := v.Member(field)
	if !ok || m.Kind() != value.String {
		return ""
	}
	return m.Text()
}

func list(v value.JSON, field string) []string {
	var out []string
	m, _ := v.Member(field)
	for e := range m.EachElement() {
		out = append(out, e.Text())
	}
	return out
}

// detail returns the resource of a Task, without the prefix of its ARN, or the duration of a Wait.
func detail(v value.JSON) string {
	switch text(v, "Type") {
	case "Task":
		resource := text(v, "Resource")
		if _, service, ok := strings.Cut(resource, ":states:::"); ok {
			return service
		}
		return resource[strings.LastIndexByte(resource, ':')+1:]
	case "Wait":
		for _, field := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
			if m, ok := v.Member(field); ok {
				return strings.Trim(string(m), `"`)
			}
		}
	}
	return ""
}

// condition describes a choice rule in few words: "$.total NumericGreaterThan 100".
func condition(rule value.JSON) string {
	for _, m := range rule.Members() {
		switch m.Key {
		case "And", "Or":
			parts := []string{}
			for e := range m.Value.EachElement() {
				parts = append(parts, condition(e))
			}
			return strings.Join(parts, " "+strings.ToLower(m.Key)+" ")
		case "Not":
			return "not " + condition(m.Value)
		case "Variable", "Next", "Comment", "Assign", "Output", "OutputPath":
		case "Condition":
			return m.Value.Text()
		default:
			return text(rule, "Variable") + " " + m.Key + " " + strings.Trim(string(m.Value), `"`)
		}
	}
	return ""
}
