package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// The scripts of the shells do not know the commands: they call `orderflow __complete`.
var (
	//go:embed completion/bash.sh
	bashCompletion string
	//go:embed completion/zsh.sh
	zshCompletion string
	//go:embed completion/fish.fish
	fishCompletion string
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (*completionCommand) Help() string {
	return `Prints the script that completes commands, flags and their values in a shell.

Examples:
  source <(orderflow completion bash)
  orderflow completion zsh > ~/.zfunc/_orderflow
  orderflow completion fish > ~/.config/fish/completions/orderflow.fish`
}

func (c *completionCommand) Run(e *env) error {
	scripts := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	_, err := fmt.Fprint(e.stdout, scripts[c.Shell])
	return err
}

// completeCommand serves the scripts: the last word is the one to complete. Each line of its output
// is a candidate, with its help after a tab.
type completeCommand struct {
	Words []string `arg:"" optional:""`
}

func (c *completeCommand) Run(e *env) error {
	parser, err := newParser(&grammar{}, e.stdout, e.stderr, func(int) {})
	if err != nil {
		return err
	}
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, w := range complete(parser.Model.Node, words) {
		fmt.Fprintln(e.stdout, w)
	}
	return nil
}

// files stands for file names, which the shell completes itself.
const files = ":files"

// complete returns the candidates for the last word, each with a tab and its help.
func complete(root *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	p := position{node: root}
	for _, w := range words[:len(words)-1] {
		p.take(root, w)
	}
	var fitting []string
	last := words[len(words)-1]
	for _, w := range p.candidates(last) {
		if w == files || strings.HasPrefix(w, last) {
			fitting = append(fitting, w)
		}
	}
	return fitting
}

// position is the place of a word on a command line.
type position struct {
	node       *kong.Node
	flag       *kong.Flag // the flag whose value comes next
	positional int        // how many arguments the command already has
	noFlags    bool       // after --
}

// take moves the position past a word.
func (p *position) take(root *kong.Node, word string) {
	switch {
	case word == "=": // bash splits --flag=value into three words
	case p.flag != nil:
		p.flag = nil
	case word == "--":
		p.noFlags = true
	case strings.HasPrefix(word, "-") && !p.noFlags:
		if f := p.find(word); f != nil && !f.IsBool() {
			p.flag = f
		}
	default:
		p.enter(root, word)
	}
}

// enter moves to a subcommand, or counts an argument. The words after help are commands.
func (p *position) enter(root *kong.Node, word string) {
	at := p.node
	if at.Name == "help" {
		at = root
	}
	i := slices.IndexFunc(at.Children, func(n *kong.Node) bool { return n.Type == kong.CommandNode && n.Name == word })
	if i < 0 {
		p.positional++
		return
	}
	p.node = at.Children[i]
}

func (p *position) candidates(last string) []string {
	switch {
	case p.flag != nil:
		return values(p.flag.Value, p.flag.PlaceHolder, "")
	case p.node.Passthrough: // it parses its own flags
		return []string{files}
	case strings.HasPrefix(last, "-") && !p.noFlags:
		if name, _, given := strings.Cut(last, "="); given {
			if f := p.find(name); f != nil {
				return values(f.Value, f.PlaceHolder, name+"=")
			}
			return nil
		}
		return p.flags()
	case p.node.Name == "help":
		return commands(p.root())
	case p.positional < len(p.node.Positional):
		return values(p.node.Positional[p.positional], "", "")
	}
	return commands(p.node)
}

func (p *position) root() *kong.Node {
	n := p.node
	for n.Parent != nil {
		n = n.Parent
	}
	return n
}

// find returns the flag with a long or short name, or nil.
func (p *position) find(word string) *kong.Flag {
	for _, group := range p.node.AllFlags(true) {
		for _, f := range group {
			if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

func (p *position) flags() (out []string) {
	for _, group := range p.node.AllFlags(true) {
		for _, f := range group {
			out = append(out, "--"+f.Name+"\t"+f.Help)
		}
	}
	return out
}

func commands(n *kong.Node) (out []string) {
	for _, c := range n.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			out = append(out, c.Name+"\t"+c.Help)
		}
	}
	return out
}

// values returns the possible values of a flag or an argument, each after prefix.
func values(v *kong.Value, placeholder, prefix string) (out []string) {
	for _, choice := range v.EnumSlice() {
		if choice != "" {
			out = append(out, prefix+choice)
		}
	}
	if len(out) == 0 && (strings.HasPrefix(v.Tag.Type, "existing") || placeholder == "FILE" || placeholder == "DIR") {
		return []string{files}
	}
	return out
}
