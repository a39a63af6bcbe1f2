package template

import (
	"slices"
	"strings"
)

// delivery is how a rule's target, or a function's event of SAM, handles failed deliveries.
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

// ruleBus: events of AWS services are on the account's default bus, events of orders on the stack's
// own. A rule on the other bus never matches.
func ruleBus(t *Template, _ []string, report reporter) {
	buses := map[string]bool{}
	for _, b := range t.Of("AWS::Events::EventBus") {
		buses[b.ID] = true
	}
	check := func(id string, properties map[string]any, pattern any) {
		bus := properties["EventBusName"]
		for _, v := range list(object(pattern)["source"]) {
			aws := strings.HasPrefix(text(v), "aws.")
			switch {
			case aws && bus != nil && text(bus) != "default":
				report(id, "waits for events of %s on a bus where AWS sends none", text(v))
			case !aws && !buses[target(bus)]:
				report(id, "waits for events of %s on a bus that is not the stack's", text(v))
			}
		}
		if object(pattern)["source"] == nil {
			report(id, "takes events of any source")
		}
	}
	for _, r := range t.Of("AWS::Events::Rule") {
		if r.get("ScheduleExpression") == nil {
			check(r.ID, r.Properties, r.get("EventPattern"))
		}
	}
	for _, f := range t.Resources {
		for name, v := range object(f.get("Events")) {
			if typ := text(object(v)["Type"]); typ == "EventBridgeRule" || typ == "CloudWatchEvent" {
				p := object(object(v)["Properties"])
				check(f.ID+"/"+name, p, p["Pattern"])
			}
		}
	}
}
