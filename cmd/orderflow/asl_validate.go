package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// aslValidateCommand checks definitions. Its exit code is 1 if one of them has an error.
type aslValidateCommand struct {
	Files []string `arg:"" name:"file" help:"Definitions in the Amazon States Language; - reads standard input."`
	Type  string   `enum:"standard,express" default:"standard" help:"Type of the state machine: ${enum}."`
	JSON  bool     `name:"json" help:"Print a JSON array."`
}

func (*aslValidateCommand) Help() string {
	return `Each finding is one line: file:line:column: severity code: message. A finding UNSUPPORTED_BY_ENGINE is valid on AWS, but does not run on this machine.
A Resource may have placeholders such as ${Name}, which a deployment fills in.

Example:
  orderflow asl validate statemachines/fulfil-order.asl.json`
}

// aslFinding is a diagnostic of a file.
type aslFinding struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

func (f aslFinding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s %s: %s", f.File, f.Line, f.Column, strings.ToLower(f.Severity), f.Code, f.Message)
}

func (c *aslValidateCommand) Run(e *env) error {
	findings := []aslFinding{}
	failed := false
	for _, file := range c.Files {
		text, err := readDefinition(file)
		if err != nil {
			return err
		}
		_, diags := asl.Parse(text, asl.Options{Express: c.Type == "express", Template: true})
		failed = failed || diags.Err() != nil
		for _, d := range diags {
			findings = append(findings, newASLFinding(file, d))
		}
	}
	if err := c.print(e.stdout, findings); err != nil {
		return err
	}
	if failed {
		return failure{1}
	}
	return nil
}

func readDefinition(file string) ([]byte, error) {
	if file == "-" {
		text, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return text, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	return text, nil
}

// newASLFinding returns a diagnostic without the parts that repeat the definition's text.
func newASLFinding(file string, d asl.Diagnostic) aslFinding {
	f := aslFinding{
		File: file, Line: d.Line, Column: d.Column, Severity: d.Severity, Code: d.Code,
		Message: strings.TrimSpace(d.Message), Location: d.Location,
	}
	if d.Code == asl.CodeInvalidJSON {
		f.Message, _, _ = strings.Cut(f.Message, "\n")
		f.Location = ""
	}
	return f
}

func (c *aslValidateCommand) print(w io.Writer, findings []aslFinding) error {
	if c.JSON {
		return printValue(w, findings)
	}
	for _, f := range findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}
