package template

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// keyProperties are the properties in which a resource names its key.
var keyProperties = map[string][]string{
	"AWS::DynamoDB::Table":             {"SSESpecification", "KMSMasterKeyId"},
	"AWS::Logs::LogGroup":              {"KmsKeyId"},
	"AWS::SNS::Topic":                  {"KmsMasterKeyId"},
	"AWS::SQS::Queue":                  {"KmsMasterKeyId"},
	"AWS::SecretsManager::Secret":      {"KmsKeyId"},
	"AWS::Serverless::Function":        {"KmsKeyArn"},
	"AWS::Serverless::StateMachine":    {"EncryptionConfiguration", "KmsKeyId"},
	"AWS::StepFunctions::StateMachine": {"EncryptionConfiguration", "KmsKeyId"},
}

// callerNeedsKey are the types whose key AWS uses in the name of the caller. For other types it
// uses the key in its own name, by the key's policy, or in the name of the resource's creator.
var callerNeedsKey = []string{"AWS::DynamoDB::Table", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SecretsManager::Secret",
	"AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"}

// encrypted maps the ids of encrypted resources to the ids of their keys.
func encrypted(t *Template) map[string]string {
	keys := map[string]bool{}
	for _, k := range t.Of("AWS::KMS::Key") {
		keys[k.ID] = true
	}
	out := map[string]string{}
	for _, r := range t.Resources {
		if path, ok := keyProperties[r.Type]; ok && keys[target(r.get(path...))] {
			out[r.ID] = target(r.get(path...))
		}
	}
	return out
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9]+)[.}]`)

// mentions lists the ids that a value refers to, also inside Fn::Sub.
func mentions(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		for _, m := range placeholder.FindAllStringSubmatch(v, -1) {
			out = append(out, m[1])
		}
	case []any:
		for _, item := range v {
			out = append(out, mentions(item)...)
		}
	case map[string]any:
		if id := target(v); id != "" {
			return []string{id}
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, mentions(v[k])...)
		}
	}
	return out
}

// keyActions are the actions for reading and writing encrypted data. Which of them a call needs
// differs by service: sending a message needs both.
var keyActions = []string{"kms:Decrypt", "kms:GenerateDataKey"}

// roleKey: a role that may use an encrypted resource may use its key, and so may the role of an
// encrypted function or state machine.
func roleKey(t *Template, _ []string, report reporter) {
	keys, managed := encrypted(t), map[string]Resource{}
	byCaller := map[string]string{}
	for _, p := range t.Of("AWS::IAM::ManagedPolicy") {
		managed[p.ID] = p
	}
	runsAs := map[string][]string{} // role -> the function or state machine that runs with it
	for _, r := range t.Resources {
		if slices.Contains(callerNeedsKey, r.Type) {
			byCaller[r.ID] = keys[r.ID]
		}
		if role := cmp.Or(target(r.get("Role")), target(r.get("RoleArn"))); keys[r.ID] != "" && role != "" {
			runsAs[role] = append(runsAs[role], r.ID)
		}
	}
	for _, role := range t.Of("AWS::IAM::Role") {
		all := statements(role)
		for _, p := range list(role.get("ManagedPolicyArns")) {
			all = append(all, statements(managed[target(p)])...)
		}
		needs := map[string]string{} // key -> the encrypted resource
		for _, id := range runsAs[role.ID] {
			needs[keys[id]] = id
		}
		for _, s := range all {
			for _, id := range mentions(s["Resource"]) {
				if byCaller[id] != "" && text(s["Effect"]) == "Allow" {
					needs[byCaller[id]] = id
				}
			}
		}
		for key, what := range needs {
			for _, action := range keyActions {
				if !allows(all, action, key) {
					report(role.ID, "may not do %s with %s, which encrypts %s", action, key, what)
				}
			}
		}
	}
}

// allows reports whether one of the statements allows an action with a key.
func allows(statements []map[string]any, action, key string) bool {
	return slices.ContainsFunc(statements, func(s map[string]any) bool {
		onKey := func(v any) bool { return target(v) == key || text(v) == "*" }
		return text(s["Effect"]) == "Allow" && slices.ContainsFunc(list(s["Resource"]), onKey) && names(s["Action"], action)
	})
}

// names reports whether a statement's Action includes an action: kms:Decrypt, kms:Generate*, kms:*.
func names(actions any, action string) bool {
	return slices.ContainsFunc(list(actions), func(v any) bool {
		prefix, wild := strings.CutSuffix(text(v), "*")
		return text(v) == action || wild && strings.HasPrefix(action, prefix)
	})
}

// logActions are the actions of CloudWatch Logs with the key of a log group
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
var logActions = []string{
	"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey",
}

// keyPolicy: a key's policy names the services that write to its resources, and leaves everything
// else to IAM.
func keyPolicy(t *Template, _ []string, report reporter) {
	users := keyUsers(t)
	for _, k := range t.Of("AWS::KMS::Key") {
		var all []map[string]any
		for _, s := range list(k.get("KeyPolicy", "Statement")) {
			all = append(all, object(s))
		}
		if !slices.ContainsFunc(all, func(s map[string]any) bool {
			principal := object(object(s["Principal"])["AWS"])
			return text(s["Effect"]) == "Allow" && strings.HasSuffix(text(principal["Fn::Sub"]), ":root") &&
				names(s["Action"], "kms:Decrypt")
		}) {
			report(k.ID, "its policy does not leave the account's principals to IAM: permissions of roles have no effect")
		}
		for _, u := range users[k.ID] {
			of := slices.DeleteFunc(slices.Clone(all), func(s map[string]any) bool { return !servesPrincipal(s, u.service) })
			for _, action := range u.actions {
				if !allows(of, action, k.ID) {
					report(k.ID, "its policy does not let %s do %s: %s", u.service, action, u.why)
				}
			}
		}
	}
}

// servesPrincipal reports whether a statement is for a service, given as
// "logs.${AWS::Region}.amazonaws.com".
func servesPrincipal(s map[string]any, service string) bool {
	return slices.ContainsFunc(list(object(s["Principal"])["Service"]), func(v any) bool {
		name := text(v) + text(object(v)["Fn::Sub"])
		return strings.ReplaceAll(name, "${AWS::URLSuffix}", "amazonaws.com") == service
	})
}

// keyUser is a service that uses a key in its own name.
type keyUser struct {
	service string
	actions []string
	why     string
}

// keyUsers lists the services that need each key.
func keyUsers(t *Template) map[string][]keyUser {
	keys, out := encrypted(t), map[string][]keyUser{}
	for _, f := range t.Of("AWS::Serverless::Function") {
		delete(keys, f.ID) // Lambda takes events without the function's key
	}
	note := func(to any, service string, actions []string, why string) {
		for _, id := range mentions(to) {
			key := keys[id]
			if key == "" || slices.ContainsFunc(out[key], func(u keyUser) bool { return u.service == service }) {
				continue
			}
			out[key] = append(out[key], keyUser{service, actions, why + " " + id})
		}
	}
	for _, d := range deliveries(t) {
		note(d.properties["Arn"], "events.amazonaws.com", keyActions, d.id+" sends to")
		note(d.deadLetters, "events.amazonaws.com", keyActions, d.id+" gives up to")
	}
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		for _, p := range []string{"AlarmActions", "OKActions", "InsufficientDataActions"} {
			note(a.get(p), "cloudwatch.amazonaws.com", keyActions, a.ID+" publishes to")
		}
	}
	for _, s := range t.Of("AWS::SNS::Subscription") {
		note(s.get("Endpoint"), "sns.amazonaws.com", keyActions, s.ID+" sends to")
	}
	for _, g := range t.Of("AWS::Logs::LogGroup") {
		note(map[string]any{"Ref": g.ID}, "logs.${AWS::Region}.amazonaws.com", logActions, "it keeps")
	}
	for _, m := range stateMachines(t) { // https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
		if property(m, "Logging", "LoggingConfiguration") != nil {
			note(map[string]any{"Ref": m.ID}, "delivery.logs.amazonaws.com", []string{"kms:Decrypt"}, "it delivers the log of")
		}
	}
	return out
}
