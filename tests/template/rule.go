package template

import "slices"

// delivery is what a rule's target, or the function's event that SAM makes a rule of, says of deliveries that fail.
type delivery struct {
	id          string
	properties  map[string]any
	deadLetters any
}

var ruleEvents = []string{"EventBridgeRule", "CloudWatchEvent", "Schedule", "ScheduleV2"}

func deliveries(t *Template) []delivery {
	var out []delivery
	for _, r := range t.Of("AWS::Events::Rule") {
		for _, v := range list(r.get("Targets")) {
			m := object(v)
			out = append(out, delivery{r.ID + "/" + text(m["Id"]), m, object(m["DeadLetterConfig"])["Arn"]})
		}
	}
	for _, r := range t.Resources {
		for name, v := range object(r.get("Events")) {
			m := object(object(v)["Properties"])
			if slices.Contains(ruleEvents, text(object(v)["Type"])) {
				out = append(out, delivery{r.ID + "/" + name, m, object(m["DeadLetterConfig"])["Arn"]})
			}
		}
	}
	return out
}

func ruleDeadLetters(t *Template, _ []string, report reporter) {
	for _, d := range deliveries(t) {
		if d.deadLetters == nil {
			report(d.id, "has no dead-letter queue: what cannot be delivered is lost")
		}
	}
}

func ruleRetryPolicy(t *Template, _ []string, report reporter) {
	for _, d := range deliveries(t) {
		p := object(d.properties["RetryPolicy"])
		if p["MaximumEventAgeInSeconds"] == nil || p["MaximumRetryAttempts"] == nil {
			report(d.id, "has no retry policy")
		}
	}
}
