package tests

import (
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// slack is by how much a figure of `orderflow cost` may differ from the README's, by its column.
// Other columns must be equal, but for the twentieth by which items grow with the digits of times.
var slack = map[string]float64{
	"INVOCATIONS": 2,      // batches of the stream have one change or two
	"EVENTS":      1,      // a redrive and its event may clear an order's mark in one change or two
	"EventBridge": 0.0015, // one event, in rounded figures
	"Lambda":      0.05,
	"ALL":         0.05,
}

// TestCost compares what an order takes on AWS with the README. So nothing becomes more expensive
// unnoticed: paste the new figures, and say in the commit why they are right.
func TestCost(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```sh cost\nbin/(orderflow [^\n]*)\n```\n+```text\n(.*?)```").FindStringSubmatch(string(readme))
	if m == nil {
		t.Fatal("the README does not show `orderflow cost` and its output")
	}
	out, err := exec.CommandContext(t.Context(), binary(t), strings.Fields(m[1])[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, got := strings.Split(strings.TrimSpace(m[2]), "\n"), strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(want) != len(got) {
		t.Fatalf("the README shows %d lines, the command prints %d:\n%s", len(want), len(got), out)
	}
	var titles []string
	for i := range want {
		if strings.HasPrefix(want[i], "BRANCH") {
			titles = cells(want[i])
		}
		compareCost(t, titles, cells(want[i]), cells(got[i]))
	}
	if t.Failed() {
		t.Logf("`orderflow cost` prints:\n%s", out)
	}
}

// cells splits a line of a table at the gaps between its columns.
func cells(line string) []string { return regexp.MustCompile(`  +`).Split(line, -1) }

func compareCost(t *testing.T, titles, want, got []string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%v, want %v", got, want)
		return
	}
	for i := range want {
		g, err1 := strconv.ParseFloat(got[i], 64)
		w, err2 := strconv.ParseFloat(want[i], 64)
		number := err1 == nil && err2 == nil
		if number && i < len(titles) && math.Abs(g-w) <= max(slack[titles[i]], w/20) {
			continue
		}
		if got[i] != want[i] {
			t.Errorf("%s, column %d: %s, want %s", want[0], i+1, got[i], want[i])
		}
	}
}
