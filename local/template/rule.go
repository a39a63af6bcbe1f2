package template

import (
	"time"
)

func (l *loader) bus(p props) {
	p.known("Name", map[string]string{
		"Tags": "nothing reads tags", "KmsKeyIdentifier": "data on one machine is not encrypted by KMS",
		"Description": "a comment", "LogConfig": "logs go to the terminal"})
	if p.has("DeadLetterConfig") {
		p.unhonoured("DeadLetterConfig", "undecryptable events do not happen on one machine", false)
	}
	name := l.name(p.r)
	l.out.Buses = append(l.out.Buses, EventBus{LogicalID: p.r.id, Name: name, ARN: arn("events", "event-bus/"+name)})
}

func (l *loader) busPolicy(p props) {
	p.known("EventBusName StatementId Statement", nil)
	if !p.has("Statement") {
		p.fail("Statement", "is required: the old form with Action and Principal is not supported")
		return
	}
	statement := p.json("Statement")
	l.out.BusPolicies = append(l.out.BusPolicies, ResourcePolicy{LogicalID: p.r.id,
		Resources: []string{busName(p.text("EventBusName"))},
		Document:  append(append([]byte(`{"Statement":[`), statement...), "]}"...)})
}

// rule is an AWS::Events::Rule.
func (l *loader) rule(p props) {
	p.known("Name Description EventBusName EventPattern ScheduleExpression State Targets", map[string]string{
		"Tags": "nothing reads tags", "RoleArn": "targets name their own roles"})
	name, bus := l.name(p.r), l.ruleBus(p.r)
	r := Rule{LogicalID: p.r.id, Name: name, Bus: bus, ARN: ruleARN(bus, name), Description: p.text("Description"),
		Pattern: p.json("EventPattern"), Schedule: p.text("ScheduleExpression"),
		Enabled: p.textOr("State", "ENABLED") == "ENABLED"}
	if (r.Pattern == nil) == (r.Schedule == "") {
		p.fail("", "a rule has an EventPattern or a ScheduleExpression")
	}
	if r.Schedule != "" && bus != "default" {
		p.fail("ScheduleExpression", "schedules are rules of the default bus")
	}
	for _, tp := range p.objects("Targets") {
		tp.known("Id Arn RoleArn Input InputPath InputTransformer DeadLetterConfig RetryPolicy SqsParameters", nil)
		t := tp.target(tp.required("Id"), tp.required("Arn"))
		t.RoleARN = tp.text("RoleArn")
		t.MessageGroupID = tp.sub("SqsParameters").text("MessageGroupId")
		r.Targets = append(r.Targets, t)
	}
	l.out.Rules = append(l.out.Rules, r)
}

// target reads the properties that a rule's target and a function's event share.
func (p props) target(id, arn string) Target {
	t := Target{ID: id, ARN: arn, Input: p.text("Input"), InputPath: p.text("InputPath"),
		DeadLetterARN: p.sub("DeadLetterConfig").text("Arn")}
	count := 0
	for _, k := range []string{"Input", "InputPath", "InputTransformer"} {
		if p.has(k) {
			count++
		}
	}
	if count > 1 {
		p.fail("", "Input, InputPath and InputTransformer exclude each other")
	}
	if tp := p.sub("InputTransformer"); tp.m != nil {
		t.Transformer = &InputTransformer{Template: tp.required("InputTemplate"), Paths: map[string]string{}}
		paths := tp.sub("InputPathsMap")
		for _, k := range sortedKeys(paths.m) {
			t.Transformer.Paths[k] = paths.text(k)
		}
	}
	if rp := p.sub("RetryPolicy"); rp.m != nil {
		t.Retry = &RetryPolicy{}
		if rp.has("MaximumRetryAttempts") {
			n := rp.between("MaximumRetryAttempts", 185, 0, 185)
			t.Retry.MaxAttempts = &n
		}
		if rp.has("MaximumEventAgeInSeconds") {
			d := time.Duration(rp.between("MaximumEventAgeInSeconds", 86400, 60, 86400)) * time.Second
			t.Retry.MaxEventAge = &d
		}
	}
	return t
}
