package template

import (
	"slices"
	"strings"
)

// logRetention: each log group has a retention time.
func logRetention(t *Template, _ []string, report reporter) {
	for _, g := range t.Of("AWS::Logs::LogGroup") {
		if g.get("RetentionInDays") == nil {
			report(g.ID, "is kept for ever")
		}
		if g.get("KmsKeyId") == nil {
			report(g.ID, "is not encrypted by a key of ours")
		}
	}
}

// functionLogs: each function has a log group in the template. Lambda would make a missing one,
// without a retention time.
func functionLogs(t *Template, _ []string, report reporter) {
	groups := map[string]bool{}
	for _, g := range t.Of("AWS::Logs::LogGroup") {
		groups[g.ID] = true
	}
	for _, f := range t.Of("AWS::Serverless::Function") {
		if !groups[target(f.get("LoggingConfig", "LogGroup"))] {
			report(f.ID, "does not log to a log group of the template")
		}
		if text(f.get("LoggingConfig", "LogFormat")) != "JSON" {
			report(f.ID, "does not log JSON")
		}
		if text(f.get("Tracing")) != "Active" {
			report(f.ID, "is not traced")
		}
	}
}

// streamRetention is the number of seconds for which a table's stream keeps records
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html).
const streamRetention = 24 * 60 * 60

// streamDestination: stream records that keep failing go to a destination and block as few others
// as possible.
func streamDestination(t *Template, _ []string, report reporter) {
	for _, f := range t.Of("AWS::Serverless::Function") {
		for name, e := range object(f.get("Events")) {
			p := object(object(e)["Properties"])
			if text(object(e)["Type"]) != "DynamoDB" {
				continue
			}
			if object(object(p["DestinationConfig"])["OnFailure"])["Destination"] == nil {
				report(f.ID+"/"+name, "has no destination for records that fail")
			}
			if text(p["BisectBatchOnFunctionError"]) != "true" || p["FunctionResponseTypes"] == nil {
				report(f.ID+"/"+name, "lets one bad record fail its whole batch")
			}
			if age, ok := number(p["MaximumRecordAgeInSeconds"]); !ok || age > streamRetention/2 {
				report(f.ID+"/"+name, "gives a record up when the stream has it no longer, or has it for less than half a day")
			}
		}
	}
}

// Its deletion protection begins with a second deploy: a first one that fails could not be rolled
// back.
func tableProtection(t *Template, _ []string, report reporter) {
	first := t.With(map[string]string{"Stage": "prod"})
	for _, r := range t.Of("AWS::DynamoDB::Table") {
		if text(r.get("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")) != "true" {
			report(r.ID, "has no point-in-time recovery")
		}
		if r.get("SSESpecification", "KMSMasterKeyId") == nil {
			report(r.ID, "is not encrypted by a key of ours")
		}
		if v := r.get("DeletionProtectionEnabled"); v == nil || text(v) == "false" {
			report(r.ID, "has no deletion protection")
		} else if choice := list(object(v)["Fn::If"]); len(choice) == 0 || first.Holds(text(choice[0])) {
			report(r.ID, "is protected from the first deploy on")
		}
	}
}

// unscoped are the actions that AWS allows only on all resources.
var unscoped = []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
	"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}

// policyWildcard: a role names its actions and resources.
func policyWildcard(t *Template, _ []string, report reporter) {
	for _, r := range t.Resources {
		for _, s := range statements(r) {
			everywhere := slices.ContainsFunc(list(s["Resource"]), func(v any) bool { return text(v) == "*" })
			for _, a := range list(s["Action"]) {
				action := text(a)
				if strings.Contains(action, "*") {
					report(r.ID, "may do %s", action)
				}
				if everywhere && !slices.Contains(unscoped, action) {
					report(r.ID, "may do %s on all resources", action)
				}
			}
		}
		if r.Type == "AWS::Serverless::Function" && r.get("Role") == nil {
			report(r.ID, "has no role of its own: SAM's may log and poll everywhere")
		}
	}
}

// statements returns the statements of a role's policies.
func statements(r Resource) []map[string]any {
	var out []map[string]any
	add := func(document any) {
		for _, s := range list(object(document)["Statement"]) {
			out = append(out, object(s))
		}
	}
	switch r.Type {
	case "AWS::IAM::Role":
		for _, p := range list(r.get("Policies")) {
			add(object(p)["PolicyDocument"])
		}
	case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
		add(r.get("PolicyDocument"))
	case "AWS::Serverless::Function", "AWS::Serverless::StateMachine":
		for _, p := range list(r.get("Policies")) {
			add(p)
		}
	}
	return out
}
