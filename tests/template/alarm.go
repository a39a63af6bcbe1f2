package template

import (
	"regexp"
	"slices"
)

// deadLettersAlarm: each dead-letter queue has an alarm for its first message.
func deadLettersAlarm(t *Template, _ []string, report reporter) {
	watched := map[string]bool{}
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		limit, ok := number(a.get("Threshold"))
		above := text(a.get("ComparisonOperator")) == "GreaterThanThreshold" && ok && limit == 0
		if text(a.get("MetricName")) != "ApproximateNumberOfMessagesVisible" || !above {
			continue
		}
		for _, d := range list(a.get("Dimensions")) {
			watched[target(object(d)["Value"])] = true
		}
	}
	for _, q := range t.Of("AWS::SQS::Queue") {
		if isDeadLetters(q) && !watched[q.ID] {
			report(q.ID, "has no alarm for its first message")
		}
	}
}

func alarmAction(t *Template, _ []string, report reporter) {
	topics := map[string]bool{}
	for _, q := range t.Of("AWS::SNS::Topic") {
		topics[q.ID] = true
	}
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		if !slices.ContainsFunc(list(a.get("AlarmActions")), func(v any) bool { return topics[target(v)] }) {
			report(a.ID, "sends to no topic of the template")
		}
		if a.get("TreatMissingData") == nil {
			report(a.ID, "does not set TreatMissingData")
		}
	}
}

var runbook = regexp.MustCompile(`docs/runbooks/([a-z0-9-]+\.md)\b`)

// alarmRunbook: each alarm names its page, and each page has its alarm.
func alarmRunbook(t *Template, pages []string, report reporter) {
	used := map[string]string{}
	for _, a := range t.Of("AWS::CloudWatch::Alarm") {
		m := runbook.FindStringSubmatch(text(a.get("AlarmDescription")))
		switch {
		case m == nil:
			report(a.ID, "its description names no page in docs/runbooks")
		case used[m[1]] != "":
			report(a.ID, "has the same page as %s: %s", used[m[1]], m[1])
		case !slices.Contains(pages, m[1]):
			report(a.ID, "there is no page docs/runbooks/%s", m[1])
		}
		if m != nil {
			used[m[1]] = a.ID
		}
	}
	for _, p := range pages {
		if used[p] == "" {
			report(p, "no alarm names this page")
		}
	}
}
