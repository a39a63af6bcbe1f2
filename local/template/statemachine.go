package template

import (
	"encoding/json"
	"regexp"
)

const stateMachineHonoured = "Name StateMachineName Type StateMachineType Definition DefinitionUri " +
	"DefinitionS3Location DefinitionString " +
	"DefinitionSubstitutions Role RoleArn Policies Events"

var stateMachineHarmless = map[string]string{
	"Logging":              "logs go to the terminal, histories are kept",
	"LoggingConfiguration": "logs go to the terminal, histories are kept",
	"Tracing":              "nothing traces on one machine", "TracingConfiguration": "nothing traces on one machine",
	"EncryptionConfiguration": "data on one machine is not encrypted by KMS", "Tags": "nothing reads tags",
	"PropagateTags": "nothing reads tags", "PermissionsBoundary": "the role's policies alone decide",
	"RolePath": "the role's name alone counts", "UseAliasAsEventTarget": "there are no versions",
}

// stateMachine describes a state machine, its role and the rules that start it.
func (l *loader) stateMachine(p props) {
	p.known(stateMachineHonoured, stateMachineHarmless)
	name := l.name(p.r)
	m := StateMachine{LogicalID: p.r.id, Name: name, ARN: arn("states", "stateMachine:"+name),
		Type: p.textOr("Type", p.textOr("StateMachineType", "STANDARD"))}
	if m.Type != "STANDARD" {
		p.fail("Type", "the local stack runs STANDARD state machines, not %q", m.Type)
	}
	m.Role = l.bearer(p, "states.amazonaws.com")
	m.RoleARN = roleARN(m.Role)
	m.Definition, m.DefinitionFile = p.definition()
	l.out.StateMachines = append(l.out.StateMachines, m)
	if p.r.typ == "AWS::Serverless::StateMachine" {
		l.stateMachineEvents(p, m)
	}
}

// definition is the state machine's definition with its substitutions applied, and the file that it
// came from.
func (p props) definition() (text, file string) {
	uri := "DefinitionUri"
	if p.has("DefinitionS3Location") { // a file too, before the template is packaged
		uri = "DefinitionS3Location"
	}
	switch {
	case p.has(uri):
		data, name, err := p.l.file(p.text(uri))
		if err != nil {
			p.fail(uri, "read definition: %v", err)
			return "", ""
		}
		text, file = string(data), name
	case p.has("DefinitionString"):
		text = p.text("DefinitionString")
	case p.has("Definition"):
		text = string(p.json("Definition"))
	default:
		p.fail("DefinitionUri", "a state machine has a definition")
		return "", ""
	}
	text = p.substitute(text)
	if !json.Valid([]byte(text)) && text != "" {
		p.fail("Definition", "the definition is not JSON%s", inFile(file))
	}
	return text, file
}

func inFile(file string) string {
	if file == "" {
		return ""
	}
	return " (" + file + ")"
}

var substitution = regexp.MustCompile(`\$\{[A-Za-z0-9_-]+\}`)

// substitute replaces ${Name} by the values of DefinitionSubstitutions. A name without a value, and
// a value without a use, are errors: AWS would store the first as it stands.
func (p props) substitute(text string) string {
	values := p.sub("DefinitionSubstitutions")
	used := map[string]bool{}
	out := substitution.ReplaceAllStringFunc(text, func(m string) string {
		name := m[2 : len(m)-1]
		if !values.has(name) {
			p.fail("DefinitionSubstitutions", "the definition uses ${%s}, which has no value", name)
			return m
		}
		used[name] = true
		quoted, err := json.Marshal(values.text(name))
		if err != nil {
			values.fail(name, "%v", err)
			return m
		}
		return string(quoted[1 : len(quoted)-1])
	})
	for _, name := range sortedKeys(values.m) {
		if !used[name] {
			values.fail(name, "the definition does not use ${%s}", name)
		}
	}
	return out
}

// stateMachineEvents are the rules that start executions; SAM gives each target a role of its own.
func (l *loader) stateMachineEvents(p props, m StateMachine) {
	events := p.sub("Events")
	for _, name := range sortedKeys(events.m) {
		e := events.sub(name)
		typ := e.text("Type")
		if typ != "EventBridgeRule" && typ != "CloudWatchEvent" && typ != "Schedule" {
			events.unhonoured(name, "the local stack starts no state machine by an event of type "+typ, true)
			continue
		}
		id, ep := p.r.id+name, e.sub("Properties")
		r := l.ruleEvent(ep, id, typ)
		t := ep.eventTarget(p.r.id+"StepFunctionsTarget", m.ARN)
		t.RoleARN = ep.text("Role")
		if t.RoleARN == "" {
			role := Role{LogicalID: id + "Role", Name: l.o.StackName + "-" + id + "Role",
				Services: []string{"events.amazonaws.com"},
				Policies: []Policy{{Name: id + "Role/start", AWS: true,
					Document: allow([]string{"states:StartExecution"}, m.ARN)}}}
			role.ARN = roleARN(role.Name)
			l.out.Roles = append(l.out.Roles, role)
			t.RoleARN = role.ARN
		}
		r.Targets = []Target{t}
		l.out.Rules = append(l.out.Rules, r)
	}
}
