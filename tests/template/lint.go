package template

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is a resource that breaks a rule.
type Finding struct {
	Rule, Resource, Message string
}

func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Rule, f.Resource, f.Message) }

// reporter records a problem of a resource.
type reporter func(resource, format string, args ...any)

// rule checks a template. pages are the names of the files in docs/runbooks.
type rule struct {
	name  string
	check func(t *Template, pages []string, report reporter)
}

var rules = []rule{
	{"state-machine-logging", stateMachineLogging},
	{"state-machine-tracing", stateMachineTracing},
	{"state-machine-encryption", stateMachineEncryption},
	{"rule-dead-letters", ruleDeadLetters},
	{"rule-retry-policy", ruleRetryPolicy},
	{"rule-bus", ruleBus},
	{"queue-tls-only", queueTLSOnly},
	{"queue-encryption", queueEncryption},
	{"queue-visibility", queueVisibility},
	{"queue-dead-letters", queueDeadLetters},
	{"topic-tls-only", topicTLSOnly},
	{"topic-encryption", topicEncryption},
	{"dead-letters-alarm", deadLettersAlarm},
	{"alarm-action", alarmAction},
	{"alarm-runbook", alarmRunbook},
	{"alarm-metric", alarmMetric},
	{"alarm-math", alarmMath},
	{"alarm-idle", alarmIdle},
	{"dashboard-metric", dashboardMetric},
	{"log-retention", logRetention},
	{"function-logs", functionLogs},
	{"stream-destination", streamDestination},
	{"table-protection", tableProtection},
	{"policy-wildcard", policyWildcard},
	{"role-key", roleKey},
	{"key-policy", keyPolicy},
}

// Lint returns the findings in a template, sorted.
func Lint(t *Template, pages []string) []Finding {
	var out []Finding
	for _, r := range rules {
		r.check(t, pages, func(resource, format string, args ...any) {
			out = append(out, Finding{r.name, resource, fmt.Sprintf(format, args...)})
		})
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Message, b.Message))
	})
	return out
}
