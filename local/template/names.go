package template

import (
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// streamARN is the ARN of a table's stream: the one that exists, or else one with a made-up label.
func (l *loader) streamARN(table string) string {
	if s, ok := l.o.Streams[table]; ok {
		return s
	}
	return arn("dynamodb", "table/"+table+"/stream/stream-1")
}

// nameProperty is the property that names a resource of a type; resources of other types are named
// by their logical id.
var nameProperty = map[string]string{
	"AWS::Serverless::Function": "FunctionName", "AWS::Lambda::Function": "FunctionName",
	"AWS::Serverless::StateMachine": "Name", "AWS::StepFunctions::StateMachine": "StateMachineName",
	"AWS::DynamoDB::Table": "TableName", "AWS::Serverless::SimpleTable": "TableName",
	"AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName", "AWS::SES::ConfigurationSet": "Name",
	"AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name",
	"AWS::IAM::Role": "RoleName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::Serverless::HttpApi": "Name",
	"AWS::Logs::LogGroup": "LogGroupName", "AWS::KMS::Alias": "AliasName",
	"AWS::Cognito::UserPool": "UserPoolName", "AWS::Cognito::UserPoolClient": "ClientName",
	"AWS::Cognito::UserPoolGroup": "GroupName", "AWS::Cognito::UserPoolResourceServer": "Identifier",
	"AWS::Cognito::UserPoolDomain": "Domain",
	"AWS::SecretsManager::Secret":  "Name", "AWS::SSM::Parameter": "Name",
	"AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
	"AWS::S3::Bucket": "BucketName",
}

func arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", Partition, service, Region, Account, resource)
}

func roleARN(name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", Partition, Account, name)
}

func policyARN(name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:policy/%s", Partition, Account, name)
}

// name is the physical name of a resource.
func (l *loader) name(r *resource) string {
	if s, ok := l.names[r.id]; ok {
		return s
	}
	if l.busy["name "+r.id] {
		l.fail(r.n, "/Resources/"+r.id, "the name depends on itself")
		return ""
	}
	l.busy["name "+r.id] = true
	defer delete(l.busy, "name "+r.id)
	s := l.o.StackName + "-" + r.id
	property := r.nameProperty
	if property == "" {
		property = nameProperty[r.typ]
	}
	if n := r.properties.field(property); n != nil {
		if v := l.eval(n, "/Resources/"+r.id+"/Properties/"+property); !isNoValue(v) {
			s, _ = toText(v)
		}
	} else if l.fifo(r) {
		s += ".fifo"
	}
	l.names[r.id] = s
	return s
}

func (l *loader) fifo(r *resource) bool {
	if r.typ != "AWS::SQS::Queue" && r.typ != "AWS::SNS::Topic" {
		return false
	}
	for _, p := range []string{"FifoQueue", "FifoTopic"} {
		if n := r.properties.field(p); n != nil {
			s, _ := toText(l.eval(n, "/Resources/"+r.id+"/Properties/"+p))
			return s == "true"
		}
	}
	return false
}

// find is a resource of the template, or one that SAM adds.
func (l *loader) find(id string) *resource {
	if r, ok := l.resources[id]; ok {
		return r
	}
	return l.implicit[id]
}

// ref returns the value of Ref.
func (l *loader) ref(id string, n *node, at string) any {
	if v, ok := l.pseudo(id); ok {
		return v
	}
	if v, ok := l.params[id]; ok {
		return v
	}
	r := l.find(id)
	if r == nil {
		l.unresolved(id, n, at)
		return noValue{}
	}
	name := l.name(r)
	switch r.typ {
	case "AWS::SQS::Queue":
		return awsapi.QueueURL(name)
	case "AWS::SNS::Topic":
		return arn("sns", name)
	case "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine":
		return arn("states", "stateMachine:"+name)
	case "AWS::Events::Rule":
		if bus := l.ruleBus(r); bus != "default" {
			return bus + "|" + name
		}
	case "AWS::Cognito::UserPool":
		return userPoolID(name)
	case "AWS::Cognito::UserPoolClient", "AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api":
		return strings.ToLower(alphanumeric(l.o.StackName + r.id))
	case "AWS::SecretsManager::Secret":
		return arn("secretsmanager", "secret:"+name)
	case "AWS::IAM::ManagedPolicy":
		return policyARN(name)
	}
	return name
}

// unresolved reports why a name cannot be resolved.
func (l *loader) unresolved(id string, n *node, at string) {
	if res := l.root.field("Resources").field(id); res != nil {
		l.fail(n, at, "resource %q does not exist: its condition %q is false", id, res.field("Condition").text())
		return
	}
	if base, suffix, ok := strings.Cut(id, "."); ok && l.resources[base] != nil {
		l.fail(n, at, "%q: the local stack has no function %ss", id, strings.ToLower(suffix))
		return
	}
	l.fail(n, at, "unresolved reference %q", id)
}

func (l *loader) pseudo(id string) (any, bool) {
	switch id {
	case "AWS::AccountId":
		return Account, true
	case "AWS::Region":
		return Region, true
	case "AWS::Partition":
		return Partition, true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	case "AWS::StackName":
		return l.o.StackName, true
	case "AWS::StackId":
		return arn("cloudformation", "stack/"+l.o.StackName+"/local"), true
	case "AWS::NotificationARNs":
		return []any{}, true
	case "AWS::NoValue":
		return noValue{}, true
	}
	return nil, false
}

// getAtt returns an attribute of a resource.
func (l *loader) getAtt(id, attr string, n *node, at string) any {
	r := l.find(id)
	if r == nil {
		l.unresolved(id, n, at)
		return noValue{}
	}
	attrs, strict := l.attributes(r)
	if v, ok := attrs[attr]; ok {
		return v
	}
	if strict {
		l.fail(n, at, "%s %q has no attribute %q", r.typ, id, attr)
		return noValue{}
	}
	// The local stack does not run this type: only resources that it does not run either read the
	// value.
	if strings.HasSuffix(attr, "Arn") {
		return arn("local", id)
	}
	return l.name(r) + "." + attr
}

// attributes are the attributes of a resource, and whether these are all that it has.
func (l *loader) attributes(r *resource) (attrs map[string]string, strict bool) {
	name := l.name(r)
	switch r.typ {
	case "AWS::Serverless::Function", "AWS::Lambda::Function":
		return map[string]string{"Arn": arn("lambda", "function:"+name)}, true
	case "AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable":
		attrs = map[string]string{"Arn": arn("dynamodb", "table/"+name)}
		if r.properties.field("StreamSpecification") != nil {
			attrs["StreamArn"] = l.streamARN(name)
		}
		return attrs, true
	case "AWS::SQS::Queue":
		return map[string]string{"Arn": arn("sqs", name), "QueueName": name, "QueueUrl": awsapi.QueueURL(name)}, true
	case "AWS::SNS::Topic":
		return map[string]string{"TopicArn": arn("sns", name), "TopicName": name}, true
	case "AWS::Events::EventBus":
		return map[string]string{"Arn": arn("events", "event-bus/"+name), "Name": name}, true
	case "AWS::Events::Rule":
		return map[string]string{"Arn": ruleARN(l.ruleBus(r), name)}, true
	case "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine":
		return map[string]string{"Arn": arn("states", "stateMachine:"+name), "Name": name}, true
	case "AWS::IAM::Role":
		return map[string]string{"Arn": roleARN(name), "RoleId": name}, true
	}
	return l.otherAttributes(r, name)
}

func (l *loader) otherAttributes(r *resource, name string) (attrs map[string]string, strict bool) {
	ref, _ := toText(l.ref(r.id, r.n, ""))
	switch r.typ {
	case "AWS::Cognito::UserPool":
		id := userPoolID(name)
		provider := "cognito-idp." + Region + ".amazonaws.com/" + id
		return map[string]string{"Arn": arn("cognito-idp", "userpool/"+id), "UserPoolId": id,
			"ProviderName": provider, "ProviderURL": "https://" + provider}, true
	case "AWS::Cognito::UserPoolClient":
		return map[string]string{"ClientId": ref, "Name": name}, true
	case "AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api":
		return map[string]string{"ApiId": ref,
			"ApiEndpoint": "https://" + ref + ".execute-api." + Region + ".amazonaws.com"}, true
	case "AWS::Logs::LogGroup":
		return map[string]string{"Arn": arn("logs", "log-group:"+name+":*")}, true
	case "AWS::KMS::Key":
		return map[string]string{"Arn": arn("kms", "key/"+name), "KeyId": name}, true
	case "AWS::SecretsManager::Secret":
		return map[string]string{"Id": ref}, true
	}
	return map[string]string{}, false
}

func ruleARN(bus, name string) string {
	if bus == "default" {
		return arn("events", "rule/"+name)
	}
	return arn("events", "rule/"+bus+"/"+name)
}

// ruleBus is the name of the bus of a rule.
func (l *loader) ruleBus(r *resource) string {
	n := r.properties.field("EventBusName")
	if n == nil {
		return "default"
	}
	s, _ := toText(l.eval(n, "/Resources/"+r.id+"/Properties/EventBusName"))
	return busName(s)
}

// busName accepts a bus's name or ARN.
func busName(s string) string {
	if s == "" {
		return "default"
	}
	return s[strings.LastIndexByte(s, '/')+1:]
}

func userPoolID(name string) string { return Region + "_" + alphanumeric(name) }

func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// lastPart is the name at the end of an ARN or URL.
func lastPart(s string) string { return s[strings.LastIndexAny(s, ":/")+1:] }
