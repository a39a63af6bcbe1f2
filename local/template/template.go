// Package template reads a SAM or CloudFormation template and expands it into plain descriptions of
// what the local stack runs: functions, state machines, tables, queues, topics, buses, rules, event
// source mappings, HTTP APIs, roles.
//
// Names are deterministic: a resource without an explicit name is called <stack>-<LogicalId>.
// Intrinsic functions, conditions, parameters, mappings and SAM's Globals, events, policies and
// policy templates are resolved as CloudFormation and SAM do
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html,
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html).
// What the local stack does not honour is listed in Template.Unhonoured.
package template

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Account, region and partition of the local stack.
const (
	Account   = awsapi.Account
	Region    = awsapi.Region
	Partition = "aws"
)

// Options of Load.
type Options struct {
	FS         fs.FS             // where the template and the files that it names are; required
	Path       string            // the template's path in FS; empty means "template.yaml"
	StackName  string            // empty means "orderflow"
	Parameters map[string]string // override the parameters' defaults
	Streams    map[string]string // ARNs of streams that exist, by table; the others are made up
}

// Template is a resolved template. Its lists are sorted by logical id.
type Template struct {
	StackName, Description string
	Parameters             map[string]any // string or []string
	Functions              []Function
	StateMachines          []StateMachine
	Tables                 []Table
	Queues                 []Queue
	QueuePolicies          []ResourcePolicy
	Topics                 []Topic
	TopicPolicies          []ResourcePolicy
	Subscriptions          []Subscription
	ConfigurationSets      []ConfigurationSet
	EmailDestinations      []EmailDestination
	Buses                  []EventBus
	BusPolicies            []ResourcePolicy
	Rules                  []Rule
	Mappings               []EventSourceMapping
	Permissions            []Permission
	APIs                   []HTTPAPI
	UserPools              []UserPool
	UserPoolClients        []UserPoolClient
	Roles                  []Role
	Outputs                []Output
	Unhonoured             []Unhonoured
}

// Unhonoured is a resource or property that the local stack handles differently from AWS.
type Unhonoured struct {
	Place     string // file:line
	LogicalID string
	Type      string // the resource's type, e.g. "AWS::CloudWatch::Alarm"
	Property  string // empty: the whole resource
	Why       string
	// Changes reports that the system behaves differently from AWS because of it; the rest has no
	// effect on one machine.
	Changes bool
}

// Output is one of the template's outputs.
type Output struct{ Name, Value, Description string }

// Load reads, resolves and expands a template. Its error lists all problems, a line each:
// "template.yaml:12: /Resources/Orders/Properties/KeySchema: ...".
func Load(o Options) (*Template, error) {
	if o.Path == "" {
		o.Path = "template.yaml"
	}
	if o.StackName == "" {
		o.StackName = "orderflow"
	}
	data, err := fs.ReadFile(o.FS, o.Path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	root, err := parse(o.Path, data)
	if err != nil {
		return nil, err
	}
	l := newLoader(o, root)
	l.load()
	if err := l.problems(); err != nil {
		return nil, err
	}
	return l.out, nil
}

// loader is the state of one Load.
type loader struct {
	o          Options
	root       *node
	out        *Template
	resources  map[string]*resource
	implicit   map[string]*resource // what SAM adds: roles of functions, rules of events
	params     map[string]any
	conditions map[string]bool
	busy       map[string]bool // conditions and names being resolved
	names      map[string]string
	routes     []pendingRoute
	later      []func() // runs once every resource is described
	errs       []problem
}

type problem struct {
	n    *node
	path string
	text string
}

// resource is one entry of Resources whose condition holds.
type resource struct {
	id, typ    string
	n          *node // the whole resource
	properties *node // nil if there are none
	// nameProperty is the property that names it, if its type does not define one.
	nameProperty string
}

func newLoader(o Options, root *node) *loader {
	return &loader{
		o: o, root: root,
		out:       &Template{StackName: o.StackName, Description: root.field("Description").text()},
		resources: map[string]*resource{}, implicit: map[string]*resource{},
		params: map[string]any{}, conditions: map[string]bool{}, busy: map[string]bool{}, names: map[string]string{},
	}
}

// sections are the sections of a template. A misspelt one would be ignored silently.
var sections = []string{"AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Rules", "Mappings",
	"Conditions", "Resources", "Outputs", "Globals"}

func (l *loader) load() {
	if l.root.kind != mapNode {
		l.fail(l.root, "", "a template is a map")
		return
	}
	for _, k := range l.root.keys {
		if !slices.Contains(sections, k) {
			l.fail(l.root.fields[k], "/"+k, "unknown section")
		}
	}
	if r := l.root.field("Rules"); r != nil {
		l.unhonoured(r, "", "Rules", "", "rules on parameters are checked by CloudFormation only", false)
	}
	l.loadParameters()
	l.loadConditions()
	if len(l.errs) > 0 {
		return
	}
	l.loadResources()
	if len(l.errs) > 0 {
		return
	}
	l.checkCycles()
	if len(l.errs) > 0 {
		return
	}
	l.expand()
	l.loadOutputs()
	l.sort()
}

// loadResources finds the resources whose condition holds, with Globals merged in.
func (l *loader) loadResources() {
	section := l.root.field("Resources")
	if section == nil || section.kind != mapNode {
		l.fail(l.root, "/Resources", "a template has a map of resources")
		return
	}
	globals := l.globals()
	for _, id := range section.keys {
		n, at := section.fields[id], "/Resources/"+id
		typ := n.field("Type").text()
		if typ == "" {
			l.fail(n, at, "a resource has a Type")
			continue
		}
		if typ == "AWS::Serverless::Connector" || n.field("Connectors") != nil {
			l.fail(n, at, "connectors are not supported: write the policy statements")
			continue
		}
		if c := n.field("Condition"); c != nil && !l.condition(c.text(), c, at+"/Condition") {
			continue
		}
		for _, k := range n.keys {
			if !slices.Contains(resourceAttributes, k) {
				l.fail(n.fields[k], at+"/"+k, "unknown attribute of a resource")
			}
		}
		r := &resource{id: id, typ: typ, n: n, properties: n.field("Properties")}
		if r.properties != nil && r.properties.kind != mapNode {
			l.fail(r.properties, at+"/Properties", "not a map")
			continue
		}
		r.properties = merge(globals[typ], r.properties)
		l.resources[id] = r
	}
	l.addImplicit()
}

var resourceAttributes = []string{"Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy",
	"UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy", "Connectors"}

func (l *loader) loadOutputs() {
	section := l.root.field("Outputs")
	if section == nil || section.kind != mapNode {
		return
	}
	for _, name := range section.keys {
		n, at := section.fields[name], "/Outputs/"+name
		if c := n.field("Condition"); c != nil && !l.condition(c.text(), c, at+"/Condition") {
			continue
		}
		v := l.eval(n.field("Value"), at+"/Value")
		text, ok := toText(v)
		if !ok {
			l.fail(n, at+"/Value", "an output's value is text")
			continue
		}
		l.out.Outputs = append(l.out.Outputs, Output{Name: name, Value: text, Description: n.field("Description").text()})
	}
}

// ids are the resources' ids, sorted: the order of a template's resources means nothing.
func (l *loader) ids() []string {
	ids := make([]string, 0, len(l.resources))
	for id := range l.resources {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

func (l *loader) fail(n *node, at, format string, args ...any) {
	l.errs = append(l.errs, problem{n: n, path: at, text: fmt.Sprintf(format, args...)})
}

func (l *loader) unhonoured(n *node, id, typ, property, why string, changes bool) {
	l.out.Unhonoured = append(l.out.Unhonoured, Unhonoured{
		Place: n.place(), LogicalID: id, Type: typ, Property: property, Why: why, Changes: changes})
}

// problems joins the errors in the order of the file, each once.
func (l *loader) problems() error {
	sort.SliceStable(l.errs, func(i, j int) bool { return l.line(i) < l.line(j) })
	var errs []error
	seen := map[string]bool{}
	for i, p := range l.errs {
		place := l.o.Path
		if p.n != nil {
			place = fmt.Sprintf("%s:%d", p.n.file, l.line(i))
		}
		if p.path != "" {
			place += ": " + p.path
		}
		text := place + ": " + p.text
		if !seen[text] {
			seen[text] = true
			errs = append(errs, errors.New(text))
		}
	}
	return errors.Join(errs...)
}

func (l *loader) line(i int) int {
	if l.errs[i].n == nil {
		return 0
	}
	return l.errs[i].n.line
}

// file reads a file that the template names, relative to the template's folder.
func (l *loader) file(name string) ([]byte, string, error) {
	p := path.Join(path.Dir(l.o.Path), strings.TrimPrefix(name, "./"))
	if !fs.ValidPath(p) {
		return nil, p, fmt.Errorf("%q is outside of the template's folder", name)
	}
	data, err := fs.ReadFile(l.o.FS, p)
	return data, p, err
}
