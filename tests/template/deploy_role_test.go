package template

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// actionsOf are the prefixes of the IAM actions that make a resource, by the service in its type.
var actionsOf = map[string][]string{
	"ApiGatewayV2": {"apigateway"}, "CloudFront": {"cloudfront"}, "CloudWatch": {"cloudwatch"}, "Cognito": {"cognito-idp"},
	"DynamoDB": {"dynamodb"}, "Events": {"events"}, "IAM": {"iam"}, "KMS": {"kms"}, "Lambda": {"lambda"}, "Logs": {"logs"}, "SES": {"ses"}, "SNS": {"sns"},
	"SQS": {"sqs"}, "SecretsManager": {"secretsmanager"}, "Serverless": {"lambda", "apigateway", "events"},
	"StepFunctions": {"states"}, "WAFv2": {"wafv2"},
}

func deployRole(t *testing.T) *Template {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, ".github/deploy-role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// TestDeployRole_covers: CloudFormation's role has actions of every service of template.yaml, and of
// no other.
func TestDeployRole_covers(t *testing.T) {
	t.Parallel()
	needed, allowed := []string{"s3", "cloudformation"}, []string{} // the programs, and SAM's transform
	for _, r := range deployed(t).Resources {
		service := strings.Split(r.Type, "::")[1]
		if actionsOf[service] == nil {
			t.Errorf("%s: which actions make a %s?", r.ID, r.Type)
		}
		needed = append(needed, actionsOf[service]...)
	}
	for _, r := range deployRole(t).Resources {
		if r.ID != "ExecutionRole" {
			continue
		}
		for _, s := range statements(r) {
			for _, action := range list(s["Action"]) {
				prefix, _, _ := strings.Cut(text(action), ":")
				allowed = append(allowed, prefix)
			}
		}
	}
	sorted := func(l []string) []string { slices.Sort(l); return slices.Compact(l) }
	if needed, allowed = sorted(needed), sorted(allowed); !slices.Equal(needed, allowed) {
		t.Errorf("the template needs the services %v, the role allows %v", needed, allowed)
	}
}

// TestDeployRole_bound: the workflow's role is bound to one environment of one repository, and the
// names that are allowed are those of the stack.
func TestDeployRole_bound(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join(root, ".github/deploy-role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), "sub: !Sub repo:${Repository}:environment:${Environment}\n") {
		t.Error("the role is not bound to an environment of the repository")
	}
	for _, kind := range []string{"table/", "function:", "stateMachine:", "rule/", "event-bus/", "role/", "alarm:"} {
		for _, m := range regexp.MustCompile(regexp.QuoteMeta(kind)+`([^\n"\]]*)`).FindAllStringSubmatch(string(source), -1) {
			if !strings.HasPrefix(m[1], "${StackName}") {
				t.Errorf("%s%s does not begin with the stack's name", kind, m[1])
			}
		}
	}
}
