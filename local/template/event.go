package template

// functionEvents describes the events of a function.
func (l *loader) functionEvents(p props, f Function) {
	events := p.sub("Events")
	for _, name := range sortedKeys(events.m) {
		e := events.sub(name)
		id, typ, ep := p.r.id+name, e.text("Type"), e.sub("Properties")
		switch typ {
		case "HttpApi":
			l.routeEvent(ep, id, f)
		case "SQS":
			l.addMapping(ep, id, f.Name, ep.required("Queue"))
			l.grantAWS(p.r.id+"Role", managed("AWSLambdaSQSQueueExecutionRole"))
		case "DynamoDB":
			l.addMapping(ep, id, f.Name, ep.required("Stream"))
			l.grantAWS(p.r.id+"Role", managed("AWSLambdaDynamoDBExecutionRole"))
			l.grantDestination(p.r.id+"Role", ep.sub("DestinationConfig").sub("OnFailure"))
		case "EventBridgeRule", "CloudWatchEvent", "Schedule":
			r := l.ruleEvent(ep, id, typ)
			r.Targets = []Target{ep.eventTarget(p.r.id+"LambdaTarget", f.ARN)}
			l.out.Rules = append(l.out.Rules, r)
			l.permit(id, f.Name, "events.amazonaws.com", r.ARN)
		case "SNS":
			l.topicEvent(ep, id, f)
		default:
			events.unhonoured(name, "the local stack has no event source of type "+typ, true)
		}
	}
}

func (l *loader) topicEvent(p props, id string, f Function) {
	p.known("Topic FilterPolicy FilterPolicyScope RedrivePolicy", nil)
	topic := p.required("Topic")
	l.out.Subscriptions = append(l.out.Subscriptions, Subscription{
		LogicalID: id, TopicARN: topic, Protocol: "lambda", Endpoint: f.ARN, Attributes: p.subscriptionAttributes()})
	l.permit(id, f.Name, "sns.amazonaws.com", topic)
}

const ruleEventHonoured = "Pattern EventBusName Input InputPath InputTransformer DeadLetterConfig RetryPolicy " +
	"RuleName State Target " +
	"Schedule Name Description Enabled Role"

// ruleEvent is the rule that SAM makes of an event of type EventBridgeRule or Schedule.
func (l *loader) ruleEvent(p props, id, typ string) Rule {
	p.known(ruleEventHonoured, nil)
	r := l.implicit[id]
	name, bus := l.name(r), l.ruleBus(r)
	rule := Rule{LogicalID: id, Name: name, Bus: bus, ARN: ruleARN(bus, name), Description: p.text("Description")}
	rule.Enabled = p.boolean("Enabled", p.textOr("State", "ENABLED") == "ENABLED")
	if typ == "Schedule" {
		rule.Schedule = p.required("Schedule")
		return rule
	}
	if rule.Pattern = p.json("Pattern"); rule.Pattern == nil {
		p.fail("Pattern", "is required")
	}
	return rule
}

// eventTarget is the target of an event's rule. id is the one that SAM gives it.
func (p props) eventTarget(id, arn string) Target {
	t := p.target(p.sub("Target").textOr("Id", id), arn)
	dead := p.sub("DeadLetterConfig")
	if dead.has("Type") || dead.has("QueueLogicalId") {
		dead.fail("Type", "a dead-letter queue made by SAM is not supported: write the queue, and its Arn here")
	}
	return t
}
