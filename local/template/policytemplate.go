package template

import (
	"encoding/json"
	"slices"
	"strings"
)

// A policyTemplate is one of SAM's. Resources are ARNs without "arn:<partition>:", with <Parameter>
// for a parameter's value, R and A for region and account.
type policyTemplate struct {
	parameters []string
	statements []grant
}

type grant struct {
	actions   string
	resources []string
}

var tableAndIndexes = []string{"dynamodb:R:A:table/<TableName>", "dynamodb:R:A:table/<TableName>/index/*"}

// policyTemplates as
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
// gives them.
var policyTemplates = map[string]policyTemplate{
	"LambdaInvokePolicy": {[]string{"FunctionName"},
		[]grant{{"lambda:InvokeFunction", []string{"lambda:R:A:function:<FunctionName>*"}}}},
	"DynamoDBCrudPolicy": {[]string{"TableName"},
		[]grant{{"dynamodb:GetItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan " +
			"dynamodb:Query dynamodb:UpdateItem dynamodb:BatchWriteItem dynamodb:BatchGetItem dynamodb:DescribeTable " +
			"dynamodb:ConditionCheckItem",
			tableAndIndexes}}},
	"DynamoDBReadPolicy": {[]string{"TableName"},
		[]grant{{"dynamodb:GetItem dynamodb:Scan dynamodb:Query dynamodb:BatchGetItem " +
			"dynamodb:DescribeTable", tableAndIndexes}}},
	"DynamoDBWritePolicy": {[]string{"TableName"}, []grant{{"dynamodb:PutItem dynamodb:UpdateItem dynamodb:BatchWriteItem",
		tableAndIndexes}}},
	"DynamoDBReconfigurePolicy": {[]string{"TableName"},
		[]grant{{"dynamodb:UpdateTable", []string{"dynamodb:R:A:table/<TableName>"}}}},
	"DynamoDBStreamReadPolicy": {[]string{"TableName", "StreamName"}, []grant{
		{"dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
			[]string{"dynamodb:R:A:table/<TableName>/stream/<StreamName>"}},
		{"dynamodb:ListStreams", []string{"dynamodb:R:A:table/<TableName>/stream/*"}}}},
	"SQSPollerPolicy": {[]string{"QueueName"},
		[]grant{{"sqs:ChangeMessageVisibility sqs:ChangeMessageVisibilityBatch sqs:DeleteMessage " +
			"sqs:DeleteMessageBatch sqs:GetQueueAttributes sqs:ReceiveMessage", []string{"sqs:R:A:<QueueName>"}}}},
	"SQSSendMessagePolicy":    {[]string{"QueueName"}, []grant{{"sqs:SendMessage*", []string{"sqs:R:A:<QueueName>"}}}},
	"SNSPublishMessagePolicy": {[]string{"TopicName"}, []grant{{"sns:Publish", []string{"sns:R:A:<TopicName>"}}}},
	"EventBridgePutEventsPolicy": {[]string{"EventBusName"},
		[]grant{{"events:PutEvents", []string{"events:R:A:event-bus/<EventBusName>"}}}},
	"StepFunctionsExecutionPolicy": {[]string{"StateMachineName"}, []grant{{"states:StartExecution",
		[]string{"states:R:A:stateMachine:<StateMachineName>"}}}},
	"StepFunctionsCallbackPolicy": {[]string{"StateMachineName"},
		[]grant{{"states:SendTaskFailure states:SendTaskHeartbeat " +
			"states:SendTaskSuccess", []string{"states:R:A:stateMachine:<StateMachineName>"}}}},
	"CloudWatchPutMetricPolicy": {nil, []grant{{"cloudwatch:PutMetricData", []string{"*"}}}},
	"KMSDecryptPolicy":          {[]string{"KeyId"}, []grant{{"kms:Decrypt", []string{"kms:R:A:key/<KeyId>"}}}},
	"KMSEncryptPolicy":          {[]string{"KeyId"}, []grant{{"kms:Encrypt", []string{"kms:R:A:key/<KeyId>"}}}},
	"AWSSecretsManagerGetSecretValuePolicy": {[]string{"SecretArn"}, []grant{{"secretsmanager:GetSecretValue",
		[]string{"<SecretArn>"}}}},
	"SSMParameterReadPolicy": {[]string{"ParameterName"}, []grant{
		{"ssm:DescribeParameters", []string{"*"}},
		{"ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath", []string{"ssm:R:A:parameter/<ParameterName>"}}}},
	"SSMParameterWithSlashPrefixReadPolicy": {[]string{"ParameterName"}, []grant{
		{"ssm:DescribeParameters", []string{"*"}},
		{"ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath", []string{"ssm:R:A:parameter<ParameterName>"}}}},
}

// policyTemplates expands {"DynamoDBCrudPolicy": {"TableName": "orders"}}.
func (p props) policyTemplates(name, at string, m map[string]any) []Policy {
	var out []Policy
	for _, k := range sortedKeys(m) {
		t, ok := policyTemplates[k]
		if !ok {
			p.fail(at, "%q is no policy template that the local stack knows", k)
			continue
		}
		values, _ := m[k].(map[string]any)
		out = append(out, Policy{Name: name + " " + k, Document: p.expandTemplate(t, at+"/"+k, values)})
	}
	return out
}

func (p props) expandTemplate(t policyTemplate, at string, values map[string]any) json.RawMessage {
	pairs := []string{":R:A:", ":" + Region + ":" + Account + ":"}
	for _, name := range t.parameters {
		s, ok := toText(values[name])
		if !ok || s == "" {
			p.fail(at, "needs %s", name)
		}
		pairs = append(pairs, "<"+name+">", s)
	}
	for k := range values {
		if !slices.Contains(t.parameters, k) {
			p.fail(at, "has no parameter %q", k)
		}
	}
	replace := strings.NewReplacer(pairs...)
	var statements []any
	for _, g := range t.statements {
		var resources []string
		for _, r := range g.resources {
			r = replace.Replace(r)
			if r != "*" && !strings.HasPrefix(r, "arn:") {
				r = "arn:" + Partition + ":" + r
			}
			resources = append(resources, r)
		}
		statements = append(statements,
			map[string]any{"Effect": "Allow", "Action": strings.Fields(g.actions), "Resource": resources})
	}
	return mustJSON(map[string]any{"Version": "2012-10-17", "Statement": statements})
}
