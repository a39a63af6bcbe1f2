package local

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/events"
	"github.com/orderflow-dev/orderflow/local/iam"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/ses"
	"github.com/orderflow-dev/orderflow/local/sns"
	"github.com/orderflow-dev/orderflow/local/template"
)

// setPolicies hands the template's policies to the IAM engine.
func (s *Stack) setPolicies() error {
	sessions := map[string]string{} // a function's session bears the function's name
	for _, f := range s.template.Functions {
		sessions[f.Role] = f.Name
	}
	for _, r := range s.template.Roles {
		var policies []iam.Policy
		for _, p := range r.Policies {
			policies = append(policies, iam.Policy{Name: p.Name, Document: p.Document, AWS: p.AWS})
		}
		session := sessions[r.Name]
		if session == "" {
			session = r.LogicalID
		}
		if err := s.iam.SetRole(r.Name, session, policies); err != nil {
			return fmt.Errorf("template: %w", err)
		}
	}
	if err := s.iam.SetResourcePolicies(resourcePolicies(s.template)); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}

// resourcePolicies are the policies of queues, topics, buses and functions, by ARN.
func resourcePolicies(t *template.Template) []iam.ResourcePolicy {
	var out []iam.ResourcePolicy
	add := func(list []template.ResourcePolicy, arn func(string) string) {
		for _, p := range list {
			rp := iam.ResourcePolicy{Policy: iam.Policy{Name: p.LogicalID, Document: p.Document}}
			for _, r := range p.Resources {
				rp.ARNs = append(rp.ARNs, arn(r))
			}
			out = append(out, rp)
		}
	}
	add(t.QueuePolicies, func(url string) string { return awsapi.ARN("sqs", url[strings.LastIndexByte(url, '/')+1:]) })
	add(t.TopicPolicies, func(arn string) string { return arn })
	add(t.BusPolicies, func(name string) string { return awsapi.ARN("events", "event-bus/"+name) })
	for _, p := range t.Permissions {
		out = append(out, permission(p))
	}
	return out
}

// permission is the statement that AddPermission makes of a Lambda permission.
func permission(p template.Permission) iam.ResourcePolicy {
	arn := lambda.ARN(p.Function)
	statement := map[string]any{"Sid": p.LogicalID, "Effect": "Allow", "Action": p.Action, "Resource": arn,
		"Principal": map[string]string{"Service": p.Principal}}
	if p.SourceARN != "" {
		statement["Condition"] = map[string]any{"ArnLike": map[string]string{"AWS:SourceArn": p.SourceARN}}
	}
	document, err := json.Marshal(map[string]any{"Statement": []any{statement}})
	if err != nil {
		panic("local: encode permission: " + err.Error()) // maps of text always encode
	}
	return iam.ResourcePolicy{ARNs: []string{arn}, Policy: iam.Policy{Name: p.LogicalID, Document: document, AWS: p.SAM}}
}

// policyService is a service whose resources have a Policy attribute. A policy is enforced like one
// of the template, also if a client sets it.
type policyService struct {
	openService
	setters []string              // the operations that may set a policy
	refuse  func(why error) error // the service's answer to a policy that cannot be evaluated
	attach  func()                // brings the service's policies into force
}

type openService interface {
	awsapi.HTTPService
	awsapi.Opener
}

// Do performs the operation.
func (p policyService) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	call, err := p.Open(op, awsapi.JSON(input))
	if err != nil {
		return nil, err
	}
	return call.Do(ctx)
}

// Open implements awsapi.Opener. A policy that cannot be evaluated is refused before anything is
// stored.
func (p policyService) Open(op string, in awsapi.Input) (awsapi.Call, error) {
	call, err := p.openService.Open(op, in)
	if err != nil || !slices.Contains(p.setters, op) {
		return call, err
	}
	do := call.Do
	call.Do = func(ctx context.Context) (any, error) {
		if err := checkPolicy(in); err != nil {
			return nil, p.refuse(err)
		}
		out, err := do(ctx)
		if err == nil {
			p.attach()
		}
		return out, err
	}
	return call, nil
}

// checkPolicy checks the policy that an operation sets on a queue or topic, if it sets one.
func checkPolicy(input awsapi.Input) error {
	var in struct {
		Attributes                    map[string]string
		AttributeName, AttributeValue string
	}
	if input.Read(&in) != nil {
		return nil // another shape, or malformed: the operation reports it
	}
	policy := in.Attributes["Policy"]
	if in.AttributeName == "Policy" {
		policy = in.AttributeValue
	}
	if policy == "" {
		return nil
	}
	return iam.CheckResourcePolicy(json.RawMessage(policy))
}

// attachPolicies brings policies into force, by the ARN of their resource; those of the template
// are in force already. A policy that cannot be evaluated, stored by an earlier version, locks its
// resource and never prevents a start.
func (s *Stack) attachPolicies(read func() map[string]string) {
	s.attaching.Lock()
	defer s.attaching.Unlock()
	described := map[string]bool{}
	for _, q := range s.template.Queues {
		described[q.ARN] = true
	}
	for _, t := range s.template.Topics {
		described[t.ARN] = true
	}
	for arn, policy := range read() {
		if described[arn] {
			continue
		}
		if err := s.iam.AttachResourcePolicy(arn, awsapi.ResourceName(arn), json.RawMessage(policy)); err != nil {
			s.log.Error("policy cannot be evaluated: only the operator may use its resource", "resource", arn, "error", err)
			s.iam.Lock(arn, awsapi.ResourceName(arn))
		}
	}
}

// authorize is the router's Authorizer. A service that acts for a rule or a topic names it in ctx.
func (s *Stack) authorize(ctx context.Context, id awsapi.Identity, g awsapi.Grant) error {
	if source := sourceARN(ctx); source != "" && iam.IsService(id) {
		id.AccessKey += "/" + source
	}
	return s.iam.Authorize(id, g)
}

// allow asks the policies about the caller in ctx, for calls that do not go through the router.
func (s *Stack) allow(ctx context.Context, action, resource string) error {
	return s.authorize(ctx, awsapi.IdentityFrom(ctx), awsapi.Grant{Action: action, Resource: resource})
}

// sourceARN is what a service acts for in ctx: the condition key aws:SourceArn.
func sourceARN(ctx context.Context) string {
	return cmp.Or(events.SourceARN(ctx), sns.SourceARN(ctx), ses.SourceARN(ctx))
}

// IAMReport lists the grants of the template that no call needed since Open, and the calls that
// were refused.
func (s *Stack) IAMReport() iam.Report { return s.iam.Report() }

// IAMUsed lists the grants of the template that calls needed since Open: the counterpart of
// IAMReport.
func (s *Stack) IAMUsed() []iam.Used { return s.iam.Used() }
