package asl

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

var mapType = stateType{
	name: "Map",
	schema: &schema{
		fields: of(working, parameters, distributed, fields{
			"ItemProcessor":      {is: isObject},
			"Iterator":           {is: isObject},
			"Items":              {jsonata, isArray},
			"ItemsPath":          {jsonPath, isItemsPath},
			"ItemSelector":       {is: isAnything},
			"MaxConcurrency":     {is: wholeIn(0, noMaximum)},
			"MaxConcurrencyPath": {jsonPath, isReference},
		}),
		oneOf: [][]string{nextOrEnd},
		single: [][]string{
			{"ItemProcessor", "Iterator"}, {"ItemSelector", "Parameters"}, {"MaxConcurrency", "MaxConcurrencyPath"},
			{"ToleratedFailureCount", "ToleratedFailureCountPath"},
			{"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
		},
	},
	newBody: func() body { return &mapState{} },
	entered: EventMapStateEntered, exited: EventMapStateExited, aborted: EventMapStateAborted,
}

// mapState runs its processor for each item of an array (an inline Map).
type mapState struct {
	flow          *workflow
	itemsPath     *jsonpath.Path // nil: "$"
	itemSelector  *template
	maxConcurrent int64
	maxPath       *jsonpath.Path
	distributed   distributedMap // only in a test of one state
}

func (m *mapState) read(r *stateReader) {
	m.readProcessor(r)
	r.distributed()
	if r.jsonata {
		return
	}
	n := r.n
	m.itemsPath = n.path("ItemsPath")
	selector := "ItemSelector"
	if !n.has(selector) { // its former name
		selector = "Parameters"
	}
	m.itemSelector = n.template(selector)
	m.maxConcurrent = n.integer("MaxConcurrency", 0)
	m.maxPath = n.path("MaxConcurrencyPath")
	m.distributed.read(n)
}

func (m *mapState) readProcessor(r *stateReader) {
	processor := "ItemProcessor"
	if !r.n.has(processor) && r.n.has("Iterator") { // its former name
		processor = "Iterator"
	}
	if v, ok := r.n.get(processor); !ok {
		r.p.fail(r.n.loc, "These fields are required: [ItemProcessor]")
	} else if v.Kind() == value.Object {
		m.flow = r.inner(r.p.node(r.n.at(processor), v), processorSchema)
	}
}

func (m *mapState) run(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	e := x.env(b, input)
	items, f := m.items(e)
	if f != nil {
		return f
	}
	limit, f := wholeAt(e, "MaxConcurrency", m.maxPath, m.maxConcurrent)
	if f != nil {
		return f
	}
	g := &group{owner: b, input: input, limit: int(min(limit, MaxHistory))}
	b.group = g
	if x.trial != nil { // a mock replaces the iterations
		return m.inspect(e, items, limit)
	}
	g.items = items.Elements()
	g.branches = make([]*branch, len(g.items))
	x.record(b, Event{Type: EventMapStateStarted, Length: len(g.items)})
	if len(g.items) == 0 {
		x.emit(Event{Type: EventMapStateSucceeded, PreviousID: b.last})
		return x.leave(b, value.EmptyArray)
	}
	x.startIterations(g, b.last)
	return nil
}

// items returns the items of the Map.
func (m *mapState) items(e *env) (value.JSON, *fault) {
	items, path := e.input, "$"
	if m.itemsPath != nil {
		path = strings.Replace(m.itemsPath.String(), "$$", "$", 1)
		var f *fault
		if items, f = e.path(m.itemsPath); f != nil {
			return "", f
		}
	}
	if items.Kind() != value.Array && !m.distributed.reads {
		return "", runtimeFault("Reference path \"%s\" must point to array.", path)
	}
	return items, nil
}

// wholeAt returns the fixed number of a field such as MaxConcurrency, or the number at the path of
// its other form.
func wholeAt(e *env, field string, p *jsonpath.Path, fixed int64) (int64, *fault) {
	if p == nil {
		return fixed, nil
	}
	v, f := e.path(p)
	if f != nil {
		return 0, f
	}
	n, ok := v.Int()
	switch {
	case !ok:
		return 0,
			runtimeFault("The %sPath field refers to value \"%s\" which is not a valid integer: %s", field, v.Text(), p)
	case n < 0:
		return 0, runtimeFault("%s cannot be negative.", field)
	}
	return n, nil
}

// startIterations starts iterations up to the limit. previous is the event that their first events
// follow.
func (x *Execution) startIterations(g *group, previous int64) {
	for g.next < len(g.items) && (g.limit == 0 || g.running < g.limit) && x.status == Running && !x.overflow {
		i := g.next
		g.next++
		g.running++
		owner := g.owner
		inner := &branch{
			parent: g, index: i, last: previous, vars: &scope{outer: owner.vars},
			item: &mapItem{index: i, value: g.items[i]},
		}
		g.branches[i] = inner
		x.record(inner, Event{Type: EventMapIterationStarted, Name: owner.state.name, Index: i})
		input, f := owner.state.body.(*mapState).itemInput(x, g, inner)
		if f != nil {
			// It is the Map's fault, not the iteration's: it is fatal, or fails the Map.
			f = f.at(x, owner)
			f.fatal = true
			owner.last = inner.last
			g.branches[i] = nil
			g.next--
			x.fail(owner, f)
			return
		}
		flow := owner.state.body.(*mapState).flow
		x.enter(inner, flow.start, input)
	}
}

// itemInput returns an iteration's input: the item, or the value of ItemSelector.
func (m *mapState) itemInput(x *Execution, g *group, inner *branch) (value.JSON, *fault) {
	if m.itemSelector == nil {
		return inner.item.value, nil
	}
	e := x.env(g.owner, g.input)
	e.item = inner.item
	v, f := m.itemSelector.eval(e)
	if f == nil && len(v) > MaxPayload {
		f = tooLarge(g.owner.state.name)
	}
	return v, f
}
