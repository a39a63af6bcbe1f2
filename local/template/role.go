package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// bearer is the name of the role of a function or state machine: the one that it names, or the one
// that SAM makes from its Policies.
func (l *loader) bearer(p props, service string) string {
	for _, k := range []string{"Role", "RoleArn"} {
		if !p.has(k) {
			continue
		}
		if p.has("Policies") {
			p.fail("Policies", "are ignored where there is a Role")
		}
		name := lastPart(p.text(k))
		l.later = append(l.later, func() { l.checkTrust(p, k, name, service) })
		return name
	}
	r := l.implicit[p.r.id+"Role"]
	if r == nil {
		p.fail("Role", "is required")
		return ""
	}
	role := Role{LogicalID: r.id, Name: l.name(r), Services: []string{service}}
	role.ARN = roleARN(role.Name)
	if service == "lambda.amazonaws.com" {
		role.Policies = append(role.Policies, managed("AWSLambdaBasicExecutionRole"))
	}
	if p.has("Tracing") {
		role.Policies = append(role.Policies, managed("AWSXRayDaemonWriteAccess"))
	}
	role.Policies = append(role.Policies, p.policies()...)
	l.out.Roles = append(l.out.Roles, role)
	return role.Name
}

// checkTrust refuses a role that its bearer's service may not assume, as Lambda and Step Functions
// do.
func (l *loader) checkTrust(p props, key, name, service string) {
	for _, r := range l.out.Roles {
		if r.Name != name {
			continue
		}
		if !slices.Contains(r.Services, service) {
			p.fail(key, "%s may not assume the role %s", service, name)
		}
		return
	}
	p.fail(key, "the template has no role %q", name)
}

// policies are SAM's Policies: names of managed policies, policy templates and documents.
func (p props) policies() []Policy {
	var out []Policy
	for i, v := range p.list("Policies") {
		at := fmt.Sprintf("Policies/%d", i)
		name := p.r.id + "/" + at
		switch v := v.(type) {
		case string:
			out = append(out, p.managed("Policies", v)...)
		case map[string]any:
			if _, ok := v["Statement"]; ok {
				out = append(out, Policy{Name: name, Document: p.marshal(at, v)})
				continue
			}
			out = append(out, p.policyTemplates(name, at, v)...)
		default:
			p.fail(at, "not a policy")
		}
	}
	return out
}

func (p props) marshal(key string, v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		p.fail(key, "%v", err)
	}
	return b
}

// managedPolicies are AWS's managed policies that SAM attaches or that stacks like ours name, with
// what they allow.
var managedPolicies = map[string][]string{
	"AWSLambdaBasicExecutionRole": {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
	"AWSLambdaSQSQueueExecutionRole": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
	"AWSLambdaDynamoDBExecutionRole": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
		"dynamodb:ListStreams",
		"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
	"AWSXRayDaemonWriteAccess": {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
		"xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"},
}

func managed(name string) Policy {
	return Policy{Name: name, AWS: true, Document: allow(managedPolicies[name], "*")}
}

// managed is a policy by its name or ARN: one of AWS's or, by ARN, one of the template, which is
// attached once it is described.
func (p props) managed(key, nameOrARN string) []Policy {
	name := nameOrARN[strings.LastIndexByte(nameOrARN, '/')+1:]
	if name == "AWSXrayWriteOnlyAccess" {
		name = "AWSXRayDaemonWriteAccess"
	}
	if _, ok := managedPolicies[name]; ok {
		return []Policy{managed(name)}
	}
	for _, r := range p.l.resources {
		if r.typ == "AWS::IAM::ManagedPolicy" && nameOrARN == policyARN(p.l.name(r)) {
			return []Policy{{Name: r.id, Document: p.l.props(r).json("PolicyDocument")}}
		}
	}
	p.unhonoured(key, fmt.Sprintf("the managed policy %s is not known here and allows nothing", nameOrARN), true)
	return nil
}

// grantAWS adds one of AWS's policies to a role that SAM made, as SAM does for an event.
func (l *loader) grantAWS(roleID string, policy Policy) {
	l.later = append(l.later, func() {
		for i := range l.out.Roles {
			r := &l.out.Roles[i]
			if r.LogicalID != roleID {
				continue
			}
			for _, have := range r.Policies {
				if have.Name == policy.Name {
					return
				}
			}
			r.Policies = append(r.Policies, policy)
		}
	})
}

// grantDestination lets a role send to a destination of a given Type, as SAM does.
func (l *loader) grantDestination(roleID string, d props) {
	action, arn := map[string]string{"SQS": "sqs:SendMessage", "SNS": "sns:Publish"}[d.text("Type")], d.text("Destination")
	if action != "" && arn != "" {
		l.grantAWS(roleID, Policy{Name: "destination " + arn, AWS: true, Document: allow([]string{action}, arn)})
	}
}

// allow is a policy document of one statement.
func allow(actions []string, resources ...string) json.RawMessage {
	return mustJSON(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": actions, "Resource": resources}}})
}

// mustJSON encodes a value that always encodes: maps and lists of text.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("template: " + err.Error())
	}
	return b
}

var roleHarmless = map[string]string{"Tags": "nothing reads tags", "Description": "a comment",
	"Path":               "the role's name alone counts",
	"MaxSessionDuration": "sessions do not end on one machine", "PermissionsBoundary": "the role's policies alone decide"}

// role is an AWS::IAM::Role.
func (l *loader) role(p props) {
	p.known("RoleName AssumeRolePolicyDocument Policies ManagedPolicyArns", roleHarmless)
	role := Role{LogicalID: p.r.id, Name: l.name(p.r)}
	role.ARN = roleARN(role.Name)
	people := false
	for _, s := range p.sub("AssumeRolePolicyDocument").objects("Statement") {
		principal := s.sub("Principal")
		role.Services = append(role.Services, principal.texts("Service")...)
		people = people || principal.has("AWS") || principal.has("Federated")
	}
	switch {
	case len(role.Services) == 0 && people:
		p.unhonoured("AssumeRolePolicyDocument", "people assume the role on AWS; on one machine nothing does", false)
		return
	case len(role.Services) == 0:
		p.fail("AssumeRolePolicyDocument", "no service may assume the role")
	}
	for _, pp := range p.objects("Policies") {
		role.Policies = append(role.Policies,
			Policy{Name: p.r.id + "/" + pp.required("PolicyName"), Document: pp.document("PolicyDocument")})
	}
	for _, arn := range p.texts("ManagedPolicyArns") {
		role.Policies = append(role.Policies, p.managed("ManagedPolicyArns", arn)...)
	}
	l.out.Roles = append(l.out.Roles, role)
}

// policy is an AWS::IAM::Policy or ManagedPolicy: it is added to the roles that it names.
func (l *loader) policy(p props) {
	p.known("PolicyName ManagedPolicyName PolicyDocument Roles", roleHarmless)
	doc := p.document("PolicyDocument")
	l.later = append(l.later, func() {
		for _, name := range p.texts("Roles") {
			found := false
			for i := range l.out.Roles {
				if l.out.Roles[i].Name == name {
					found = true
					l.out.Roles[i].Policies = append(l.out.Roles[i].Policies, Policy{Name: p.r.id, Document: doc})
				}
			}
			if !found {
				p.fail("Roles", "no role is called %q", name)
			}
		}
	})
}
