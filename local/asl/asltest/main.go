package asltest

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// Result is the result of one case.
type Result struct {
	File    string   `json:"file"`
	Name    string   `json:"name"`
	Outcome string   `json:"outcome"` // "pass", "fail" or "left out"
	Reason  string   `json:"reason,omitempty"`
	Diffs   []string `json:"differences,omitempty"`
	Run     *Run     `json:"-"`
}

// The outcomes of a case.
const (
	Pass    = "pass"
	Fail    = "fail"
	LeftOut = "left out"
)

// Check replays one case and compares the result with the recording.
func Check(c *Case) Result {
	r := Result{File: c.File, Name: c.Name}
	options := asl.Options{Express: c.MachineType == "EXPRESS"}
	_, diags := asl.Parse(c.Definition, options)
	if r.Reason = c.LeftOut(diags); r.Reason != "" {
		r.Outcome = LeftOut
		return r
	}
	r.Outcome = Fail
	options.AnyIntegration = true
	m, diags := asl.Parse(c.Definition, options)
	if err := diags.Err(); err != nil {
		r.Diffs = []string{err.Error()}
		return r
	}
	run, err := Replay(c, m)
	if errors.Is(err, errNoOutcome) && c.Tasks == nil {
		r.Outcome, r.Reason = LeftOut, unresolved
		return r
	}
	if err != nil {
		r.Diffs = []string{err.Error()}
		return r
	}
	r.Run = run
	if r.Diffs = Compare(c, run); len(r.Diffs) == 0 {
		r.Outcome = Pass
	}
	return r
}

// Files returns the case files that match the patterns: files, globs, and folders with their
// subfolders. A pattern that matches nothing is an error.
func Files(patterns []string) ([]string, error) {
	var out []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			return nil, fmt.Errorf("find cases %s: %w", p, err)
		}
		before := len(out)
		for _, f := range found {
			if out, err = walk(out, f); err != nil {
				return nil, err
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("find cases %s: no case files", p)
		}
	}
	sort.Strings(out)
	return out, nil
}

func walk(out []string, root string) ([]string, error) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && strings.HasSuffix(path, ".json") && (path == root || isCase(path)) {
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find cases: %w", err)
	}
	return out, nil
}

// isCase reports whether a JSON file is a case: an object with a definition.
func isCase(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return true // Load reports the error
	}
	var probe struct{ Definition json.RawMessage }
	var wrongType *json.UnmarshalTypeError
	err = json.Unmarshal(data, &probe)
	return err == nil && len(probe.Definition) > 0 || err != nil && !errors.As(err, &wrongType)
}

const usage = `Replay recorded executions, and compare their histories event for event.

Usage:
  orderflow asl test [--show] [--diff] [--json] [--update] CASE.json|FOLDER ...

A case holds a definition, an input, the outcomes of its tasks, and the expected history.
A folder or pattern without a case is a failure.

Example:
  orderflow asl test --diff local/asl/testdata

Options:
`

// Main runs the command "asl test": it replays the case files that the arguments name, prints one
// line for each and a summary, and returns the exit code: 0 if no case failed, 1 if one did, 2 if
// the arguments are wrong.
func Main(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("asl test", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	showHistory := flags.Bool("show", false, "print the resulting history")
	showDiff := flags.Bool("diff", false, "print the differences")
	update := flags.Bool("update", false, "write the results into the case files, as the expected results")
	asJSON := flags.Bool("json", false, "print one JSON object for each case")
	if slices.Contains(args, "--help") {
		flags.SetOutput(stdout)
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	files, err := Files(flags.Args())
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	p := printer{w: stdout, history: *showHistory, diff: *showDiff, json: *asJSON}
	for _, f := range files {
		c, err := Load(f)
		if err != nil {
			p.print(Result{File: f, Name: f, Outcome: Fail, Diffs: []string{err.Error()}})
			continue
		}
		r := Check(c)
		if *update && r.Run != nil {
			if err := Update(c, r.Run); err != nil {
				fmt.Fprintln(stderr, err)
				return 1
			}
		}
		p.print(r)
	}
	p.summary()
	if p.counts[Fail] > 0 || p.err != nil {
		return 1
	}
	return 0
}

// printer prints results and counts them.
type printer struct {
	w                   io.Writer
	history, diff, json bool
	counts              map[string]int
	err                 error
}

func (p *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format+"\n", args...); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *printer) print(r Result) {
	if p.counts == nil {
		p.counts = make(map[string]int)
	}
	p.counts[r.Outcome]++
	if p.json {
		text, err := json.Marshal(r)
		if err != nil {
			p.err = err
		}
		p.line("%s", text)
	} else {
		p.text(r)
	}
	if p.history && r.Run != nil {
		for i := range r.Run.Events {
			if e := &r.Run.Events[i]; !e.JournalOnly() {
				p.line("  %s", e.AppendJSON(nil, asl.JSONOptions{}))
			}
		}
	}
}

func (p *printer) text(r Result) {
	switch {
	case r.Reason != "":
		p.line("%-8s  %s  (%s)", r.Outcome, r.Name, r.Reason)
	case len(r.Diffs) > 0 && !p.diff:
		p.line("%-8s  %s  (%s)", r.Outcome, r.Name, r.Diffs[0])
	default:
		p.line("%-8s  %s", r.Outcome, r.Name)
		for _, d := range r.Diffs {
			p.line("    %s", d)
		}
	}
}

func (p *printer) summary() {
	counts := p.counts
	if p.json {
		p.line(`{"passed":%d,"failed":%d,"leftOut":%d}`, counts[Pass], counts[Fail], counts[LeftOut])
		return
	}
	p.line("recorded: %d passed, %d failed, %d left out", counts[Pass], counts[Fail], counts[LeftOut])
}
