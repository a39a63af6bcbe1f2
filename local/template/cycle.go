package template

import (
	"slices"
	"strings"
)

// checkCycles refuses resources that depend on each other in a cycle, as CloudFormation does. The
// resources that SAM generates for a function count separately: its role depends on what the
// policies name, an event's rule or mapping depends on the function, and an HTTP API depends on the
// functions that its routes call.
func (l *loader) checkCycles() {
	g := graph{edges: map[string][]string{}, state: map[string]int{}}
	for _, id := range l.ids() {
		l.addEdges(g.edges, l.resources[id])
	}
	for _, id := range l.ids() {
		if cycle := g.visit(id); cycle != nil {
			l.fail(l.find(cycle[0]).n, "/Resources", "circular dependency between resources: %s", strings.Join(cycle, " -> "))
			return
		}
	}
}

func (l *loader) addEdges(edges map[string][]string, r *resource) {
	id := r.id
	for _, on := range dependsOn(r.n.field("DependsOn")) {
		if l.find(on) == nil && l.root.field("Resources").field(on) == nil {
			l.unresolved(on, r.n.field("DependsOn"), "/Resources/"+id+"/DependsOn")
		}
		edges[id] = append(edges[id], on)
	}
	if !isSAM(r.typ) {
		edges[id] = append(edges[id], l.mentions(r.properties)...)
		return
	}
	for _, k := range keys(r.properties) {
		value := r.properties.fields[k]
		switch k {
		case "Policies":
			edges[id+"Role"] = append(edges[id+"Role"], l.mentions(value)...)
		case "Events":
			l.addEventEdges(edges, r, value)
		default:
			edges[id] = append(edges[id], l.mentions(value)...)
		}
	}
	if l.implicit[id+"Role"] != nil {
		edges[id] = append(edges[id], id+"Role")
	}
}

func (l *loader) addEventEdges(edges map[string][]string, r *resource, events *node) {
	for _, name := range keys(events) {
		event, node := events.fields[name], r.id+name
		if event.field("Type").text() != "HttpApi" {
			edges[node] = append(append(edges[node], r.id), l.mentions(event)...)
			continue
		}
		api := implicitAPI
		if ids := l.mentions(event.field("Properties").field("ApiId")); len(ids) == 1 {
			api = ids[0]
		}
		edges[api] = append(edges[api], r.id)
	}
}

func keys(n *node) []string {
	if n == nil {
		return nil
	}
	return n.keys
}

func dependsOn(n *node) []string {
	if n == nil {
		return nil
	}
	if n.kind != listNode {
		return []string{n.text()}
	}
	var ids []string
	for _, item := range n.items {
		ids = append(ids, item.text())
	}
	return ids
}

// mentions are the resources that a value refers to, in the branches that the conditions select.
func (l *loader) mentions(n *node) []string {
	if n == nil {
		return nil
	}
	var ids []string
	add := func(id string) {
		if l.find(id) != nil {
			ids = append(ids, id)
		}
	}
	for _, item := range n.items {
		ids = append(ids, l.mentions(item)...)
	}
	for _, k := range n.keys {
		ids = append(ids, l.mentions(n.fields[k])...)
	}
	if n.kind != fnNode {
		return ids
	}
	switch n.fn {
	case "Ref":
		add(n.arg.text())
	case "Fn::GetAtt":
		id, _, _ := strings.Cut(n.arg.text(), ".")
		if len(n.arg.items) > 0 {
			id = n.arg.items[0].text()
		}
		add(id)
	case "Fn::Sub":
		return append(ids, l.subMentions(n.arg)...)
	case "Fn::If":
		if len(n.arg.items) == 3 {
			if l.conditions[n.arg.items[0].text()] {
				return append(ids, l.mentions(n.arg.items[1])...)
			}
			return append(ids, l.mentions(n.arg.items[2])...)
		}
	}
	return append(ids, l.mentions(n.arg)...)
}

func (l *loader) subMentions(arg *node) []string {
	text, vars := arg.text(), (*node)(nil)
	if len(arg.items) == 2 {
		text, vars = arg.items[0].text(), arg.items[1]
	}
	ids := l.mentions(vars)
	for _, m := range subVariable.FindAllStringSubmatch(text, -1) {
		id, _, _ := strings.Cut(strings.TrimSpace(m[1]), ".")
		if vars.field(m[1]) == nil && l.find(id) != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// graph finds a cycle depth first.
type graph struct {
	edges map[string][]string
	state map[string]int // 1: on the path, 2: done
	path  []string
}

// visit returns the cycle that it finds, its first member repeated at the end.
func (g *graph) visit(id string) []string {
	switch g.state[id] {
	case 1:
		i := slices.Index(g.path, id)
		return append(slices.Clone(g.path[i:]), id)
	case 2:
		return nil
	}
	g.state[id] = 1
	g.path = append(g.path, id)
	for _, next := range g.edges[id] {
		if cycle := g.visit(next); cycle != nil {
			return cycle
		}
	}
	g.path = g.path[:len(g.path)-1]
	g.state[id] = 2
	return nil
}
