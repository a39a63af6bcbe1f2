package graph

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	g, err := Parse(`{"StartAt":"Pay","States":{
		"Pay":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["States.ALL"]}],"Next":"Large?",
			"Catch":[{"ErrorEquals":["Declined"],"Next":"No"},{"ErrorEquals":["Late","Gone"],"Next":"No"},{"ErrorEquals":["Busy"],"Next":"Pay"}]},
		"Large?":{"Type":"Choice","Choices":[{"Variable":"$.total","NumericGreaterThan":100,"Next":"Both"},
			{"Not":{"And":[{"Variable":"$.a","IsPresent":true},{"Variable":"$.b","StringEquals":"x"}]},"Next":"Rest"}],"Default":"No"},
		"Both":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}]},
		"Rest":{"Type":"Wait","Seconds":60,"Next":"Each"},
		"Each":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}},
		"No":{"Type":"Fail"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range g.Nodes {
		got = append(got, fmt.Sprintf("%s: %s, %d inside", n.Name, n.subtitle(), len(n.Inner)))
	}
	for _, e := range g.Edges {
		got = append(got, fmt.Sprintf("%s %s %s %q", e.From, e.Kind, e.To, e.Label))
	}
	want := []string{
		"Pay: Task · lambda:invoke · retried, 0 inside", "Large?: Choice, 0 inside", "Both: Parallel, 1 inside",
		"Rest: Wait · 60, 0 inside",
		"Each: Map, 1 inside", "No: Fail, 0 inside",
		`Pay Next Large? []`, `Pay Catch No ["Declined" "Late" "Gone"]`, `Pay Catch Pay ["Busy"]`,
		`Large? Choice Both ["$.total NumericGreaterThan 100"]`,
		`Large? Choice Rest ["not $.a IsPresent true and $.b StringEquals x"]`,
		`Large? Default No ["otherwise"]`, `Rest Next Each []`,
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func TestParse_Refused(t *testing.T) {
	t.Parallel()
	for definition, want := range map[string]string{
		`{`:                                "",
		`{}`:                               "the field States is missing",
		`{"StartAt":"A","States":[]}`:      "the field States is missing",
		`{"StartAt":"B","States":{}}`:      `StartAt refers to a state that does not exist: "B"`,
		`{"StartAt":"A","States":{"A":5}}`: "state A: not an object",
		`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}`:                                  `state A leads to a state that does not exist: "B"`,
		`{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"X"}],"End":true}}}`: "state A: the field States is missing",
	} {
		if _, err := Parse(definition); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", definition, err, want)
		}
	}
}

// box is the rectangle that a part of a picture covers.
type box struct {
	what                     string
	left, top, right, bottom float64
}

func (b box) overlaps(o box) bool {
	const touch = 0.01
	return b.left < o.right-touch && o.left < b.right-touch && b.top < o.bottom-touch && o.top < b.bottom-touch
}

func boxAt(what string,
	x, y, w, h float64) box {
	return box{what: what, left: x - w/2, top: y - h/2, right: x + w/2, bottom: y + h/2}
}

// boxes returns the rectangles of the states and labels of a graph.
func boxes(g *Graph) (out []box) {
	for _, n := range g.Nodes {
		out = append(out, boxAt(n.Name, n.X, n.Y, n.Width, n.Height))
	}
	for _, e := range g.Edges {
		if e.at != nil {
			w, h := e.labelSize()
			out = append(out, boxAt(fmt.Sprintf("label %s-%s %q", e.From, e.To, e.Label), e.at.x, e.at.y, w, h))
		}
	}
	return out
}

// checkReadable reports states and labels that overlap or leave the picture, and transitions that
// pass through a state.
func checkReadable(t *testing.T, g *Graph) {
	t.Helper()
	page := box{what: "the picture", left: 0, top: 0, right: g.Width, bottom: g.Height}
	all := boxes(g)
	for i, a := range all {
		if a.left < page.left || a.top < page.top || a.right > page.right || a.bottom > page.bottom {
			t.Errorf("%v leaves the picture", a)
		}
		for _, b := range all[i+1:] {
			if a.overlaps(b) {
				t.Errorf("%v overlaps %v", a, b)
			}
		}
	}
	for _, e := range g.Edges {
		for i := 1; i < len(e.route); i++ {
			p, q := e.route[i-1], e.route[i]
			for _, n := range g.Nodes {
				line := box{what: "", left: min(p.x, q.x), top: min(p.y, q.y), right: max(p.x, q.x) + 0.1,
					bottom: max(p.y, q.y) + 0.1}
				if line.overlaps(boxAt(n.Name, n.X, n.Y, n.Width-0.4, n.Height-0.4)) {
					t.Errorf("%s-%s passes through %s", e.From, e.To, n.Name)
				}
			}
		}
	}
	for _, n := range g.Nodes {
		for _, inner := range n.Inner {
			checkReadable(t, inner)
		}
	}
}

// randomMachine returns a definition of n states with transitions of every kind, including back and
// to the same state.
func randomMachine(r *rand.Rand, n, depth int) map[string]any {
	states := map[string]any{}
	name := func() string { return fmt.Sprintf("State%d", r.IntN(n)) }
	for i := range n {
		s := map[string]any{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": name()}
		switch r.IntN(6) {
		case 0:
			s = map[string]any{"Type": "Succeed"}
		case 1:
			s = map[string]any{"Type": "Choice", "Default": name(), "Choices": []any{
				map[string]any{"Variable": "$.amount", "NumericGreaterThan": 10000, "Next": name()},
				map[string]any{"Variable": "$.b", "IsPresent": true, "Next": name()}}}
		case 2:
			s["Catch"] = []any{map[string]any{"ErrorEquals": []string{"PaymentDeclined", "OrderCancelled"},
				"Next": name()}}
		case 3:
			if depth > 0 {
				s["Type"], s["Branches"] = "Parallel", []any{randomMachine(r, 1+r.IntN(4), depth-1),
					randomMachine(r, 1+r.IntN(4), depth-1)}
			}
		}
		states[fmt.Sprintf("State%d", i)] = s
	}
	return map[string]any{"StartAt": "State0", "States": states}
}

func TestGraph_Layout_Readable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 0))
			definition, err := json.Marshal(randomMachine(r, 1+r.IntN(16), 2))
			if err != nil {
				t.Fatal(err)
			}
			g, err := Parse(string(definition))
			if err != nil {
				t.Fatal(err)
			}
			g.Layout()
			checkReadable(t, g)
			again, err := Parse(string(definition))
			if err != nil {
				t.Fatal(err)
			}
			again.Layout()
			if g.SVG("x") != again.SVG("x") {
				t.Error("the same definition gave another picture")
			}
		})
	}
}

func TestGraph_SVG(t *testing.T) {
	t.Parallel()
	g, err := Parse(`{"StartAt":"A<&>","States":{"A<&>":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"B",
		"Catch":[{"ErrorEquals":["No\"t"],"Next":"A<&>"}]},"B":{"Type":"Succeed"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	g.Layout()
	svg := g.SVG(`The "title" & more`)
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
	}
	for _, want := range []string{"<title>The &#34;title&#34; &amp; more</title>", `data-state="A&lt;&amp;&gt;"`,
		`class="state Succeed"`, `<g class="Catch">`} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is missing in\n%s", want, svg)
		}
	}
}

// The path of success is drawn straight down.
func TestGraph_Layout_Straight(t *testing.T) {
	t.Parallel()
	g, err := Parse(`{"StartAt":"A","States":{"A":{"Type":"Task","Next":"B","Catch":[{"ErrorEquals":["X"],"Next":"D"}]},
		"B":{"Type":"Task","Next":"C","Catch":[{"ErrorEquals":["X"],"Next":"D"}]},"C":{"Type":"Succeed"},"D":{"Type":"Fail"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	g.Layout()
	a, b, c := g.node("A"), g.node("B"), g.node("C")
	if a.X != b.X || b.X != c.X || a.Y >= b.Y || b.Y >= c.Y {
		t.Errorf("A %v, B %v, C %v", a, b, c)
	}
}
