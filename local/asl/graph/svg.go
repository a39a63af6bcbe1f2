package graph

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// style follows the reader's theme. Catches have another colour and are dashed, so that they differ
// without colour too.
const style = `
.graph{--ink:#1f2933;--soft:#616e7c;--line:#7b8794;--box:#fff;--edge:#cbd2d9;--inner:#f5f7fa;--catch:#b44d12;--good:#0f7b4d;--bad:#ab091e;--paper:#fff;font-family:ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
@media (prefers-color-scheme:dark){.graph{--ink:#f0f4f8;--soft:#9fb3c8;--line:#829ab1;--box:#1b2733;--edge:#486581;--inner:#15202b;--catch:#f7a35c;--good:#57d9a3;--bad:#ff8a8a;--paper:#0d1117}}
.state rect{fill:var(--box);stroke:var(--edge)}.holder>rect{fill:var(--inner)}
.Succeed rect{stroke:var(--good)}.Fail rect{stroke:var(--bad)}.Choice rect{stroke-dasharray:2 2}
.name{font-size:13px;font-weight:600;fill:var(--ink)}.detail{font-size:10px;fill:var(--soft)}.label{font-size:11px;fill:var(--soft)}
text{text-anchor:middle;dominant-baseline:central}
.edge{fill:none;stroke:var(--line);stroke-width:1.3}.Catch .edge{stroke:var(--catch);stroke-dasharray:5 3}.Catch .label{fill:var(--catch)}
.head{fill:var(--line)}.Catch .head{fill:var(--catch)}.start{fill:var(--line)}.paper{fill:var(--paper)}`

// SVG draws the graph, which must have been laid out. The title is the text for screen readers.
func (g *Graph) SVG(title string) string {
	w := &writer{}
	w.f(`<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="img" viewBox="0 0 %s %s" width="%s" height="%s">`,
		num(g.Width), num(g.Height), num(g.Width), num(g.Height))
	w.f("<title>%s</title><style>%s\n</style>", escape(title), style)
	w.f(`<rect class="paper" width="%s" height="%s"/>`, num(g.Width), num(g.Height))
	w.graph(g)
	w.f("</svg>\n")
	return w.String()
}

type writer struct{ strings.Builder }

func (w *writer) f(format string, args ...any) { fmt.Fprintf(&w.Builder, format+"\n", args...) }

// graph draws the transitions, their labels above all lines, and the states above both.
func (w *writer) graph(g *Graph) {
	w.start(g.node(g.Start))
	for _, e := range g.Edges {
		w.edge(e)
	}
	for _, e := range g.Edges {
		w.label(e)
	}
	for _, n := range g.Nodes {
		w.state(n)
	}
}

// start marks the first state with a dot above it.
func (w *writer) start(n *Node) {
	top := n.Y - n.Height/2
	w.f(`<circle class="start" cx="%s" cy="%s" r="4"/>`, num(n.X), num(top-startHeight))
	w.f(`<path class="edge" d="M%s %sV%s"/>`, num(n.X), num(top-startHeight), num(top))
	w.head(point{n.X, top}, point{0, 1})
}

func (w *writer) state(n *Node) {
	class := "state " + n.Type
	if len(n.Inner) > 0 {
		class += " holder"
	}
	left, top := n.X-n.Width/2, n.Y-n.Height/2
	w.f(`<g class="%s" data-state="%s"><rect x="%s" y="%s" width="%s" height="%s" rx="6"/>`,
		escape(class), escape(n.Name), num(left), num(top), num(n.Width), num(n.Height))
	w.f(`<text class="name" x="%s" y="%s">%s</text><text class="detail" x="%s" y="%s">%s</text></g>`,
		num(n.X), num(top+14), escape(n.Name), num(n.X), num(top+29), escape(n.subtitle()))
	for _, inner := range n.Inner {
		w.f(`<g transform="translate(%s %s)">`, num(left), num(top+titleHeight))
		w.graph(inner)
		w.f("</g>")
		left += inner.Width
	}
}

// edge draws a transition: straight through the ranks, in a curve between them, with an arrow head
// at its end.
func (w *writer) edge(e *Edge) {
	w.f(`<g class="%s"><path class="edge" d="%s"/>`, e.Kind, e.path())
	if e.From == e.To {
		w.head(e.route[3], point{-1, 0})
	} else {
		last, before := e.route[len(e.route)-1], e.route[0]
		w.head(last, point{0, math.Copysign(1, last.y-before.y)})
	}
	w.f("</g>")
}

// path returns the SVG path of a transition.
func (e *Edge) path() string {
	if e.From == e.To {
		return fmt.Sprintf("M%sC%s %s %s", e.route[0], e.route[1], e.route[2], e.route[3])
	}
	var d strings.Builder
	for i, p := range e.route {
		switch {
		case i == 0:
			fmt.Fprintf(&d, "M%s", p)
		case i%2 == 1 || p.x == e.route[i-1].x:
			fmt.Fprintf(&d, "L%s", p)
		default:
			q := e.route[i-1]
			middle := (p.y + q.y) / 2
			fmt.Fprintf(&d, "C%s %s %s", point{q.x, middle}, point{p.x, middle}, p)
		}
	}
	return d.String()
}

// String formats a point for SVG.
func (p point) String() string { return num(p.x) + " " + num(p.y) }

// head draws an arrow head that ends at p; d is its direction, one pixel long.
func (w *writer) head(p, d point) {
	back := point{p.x - 7*d.x, p.y - 7*d.y}
	side := point{4 * d.y, 4 * d.x}
	w.f(`<path class="head" d="M%sL%sL%sz"/>`, p, point{back.x - side.x, back.y - side.y},
		point{back.x + side.x, back.y + side.y})
}

func (w *writer) label(e *Edge) {
	if e.at == nil {
		return
	}
	width, height := e.labelSize()
	w.f(`<g class="%s"><rect class="paper" x="%s" y="%s" width="%s" height="%s"/>`,
		e.Kind, num(e.at.x-width/2), num(e.at.y-height/2), num(width), num(height))
	for i, line := range e.Label {
		w.f(`<text class="label" x="%s" y="%s">%s</text>`, num(e.at.x),
			num(e.at.y-height/2+lineHeight*(float64(i)+0.5)), escape(line))
	}
	w.f("</g>")
}

// String returns the CSS class of the kind.
func (k EdgeKind) String() string { return [...]string{"Next", "Choice", "Default", "Catch"}[k] }

// num formats a coordinate with at most one decimal.
func num(f float64) string {
	return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}
