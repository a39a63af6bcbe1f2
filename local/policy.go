package local

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"orderflow/local/awsapi"
	"orderflow/local/events"
	"orderflow/local/iam"
	"orderflow/local/sns"
	"orderflow/local/template"
)

// setPolicies hands the template's policies to the engine that decides.
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
	add(t.QueuePolicies, func(url string) string { return resourceARN("sqs", url[strings.LastIndexByte(url, '/')+1:]) })
	add(t.TopicPolicies, func(arn string) string { return arn })
	add(t.BusPolicies, func(name string) string { return resourceARN("events", "event-bus/"+name) })
	for _, p := range t.Permissions {
		out = append(out, permission(p))
	}
	return out
}

func resourceARN(service, resource string) string {
	return "arn:aws:" + service + ":" + template.Region + ":" + template.Account + ":" + resource
}

// permission is the statement that AddPermission makes of a Lambda permission.
func permission(p template.Permission) iam.ResourcePolicy {
	arn := functionARN(p.Function)
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

// authorize is the router's Authorizer. A service that acts for a rule or a topic says for which in ctx.
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
func sourceARN(ctx context.Context) string { return cmp.Or(events.SourceARN(ctx), sns.SourceARN(ctx)) }
