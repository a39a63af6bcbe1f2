package sdk

import (
	"maps"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// operation is an operation that needs neither JSON nor HTTP.
type operation struct {
	service, name string
	output        reflect.Type
}

// operations maps the SDK's input types, which are pointers, to their operations.
var operations = table(
	of[dynamodb.GetItemInput, dynamodb.GetItemOutput]("dynamodb"),
	of[dynamodb.PutItemInput, dynamodb.PutItemOutput]("dynamodb"),
	of[dynamodb.UpdateItemInput, dynamodb.UpdateItemOutput]("dynamodb"),
	of[dynamodb.DeleteItemInput, dynamodb.DeleteItemOutput]("dynamodb"),
	of[dynamodb.BatchGetItemInput, dynamodb.BatchGetItemOutput]("dynamodb"),
	of[dynamodb.BatchWriteItemInput, dynamodb.BatchWriteItemOutput]("dynamodb"),
	of[dynamodb.TransactGetItemsInput, dynamodb.TransactGetItemsOutput]("dynamodb"),
	of[dynamodb.TransactWriteItemsInput, dynamodb.TransactWriteItemsOutput]("dynamodb"),
	of[dynamodb.QueryInput, dynamodb.QueryOutput]("dynamodb"),
	of[dynamodb.ScanInput, dynamodb.ScanOutput]("dynamodb"),

	of[sqs.SendMessageInput, sqs.SendMessageOutput]("sqs"),
	of[sqs.SendMessageBatchInput, sqs.SendMessageBatchOutput]("sqs"),
	of[sqs.ReceiveMessageInput, sqs.ReceiveMessageOutput]("sqs"),
	of[sqs.DeleteMessageInput, sqs.DeleteMessageOutput]("sqs"),
	of[sqs.DeleteMessageBatchInput, sqs.DeleteMessageBatchOutput]("sqs"),
	of[sqs.ChangeMessageVisibilityInput, sqs.ChangeMessageVisibilityOutput]("sqs"),
	of[sqs.ChangeMessageVisibilityBatchInput, sqs.ChangeMessageVisibilityBatchOutput]("sqs"),

	of[sns.PublishInput, sns.PublishOutput]("sns"),
	of[sns.PublishBatchInput, sns.PublishBatchOutput]("sns"),

	of[sesv2.SendEmailInput, sesv2.SendEmailOutput]("ses"),

	of[eventbridge.PutEventsInput, eventbridge.PutEventsOutput]("events"),

	of[sfn.StartExecutionInput, sfn.StartExecutionOutput]("states"),
	of[sfn.DescribeExecutionInput, sfn.DescribeExecutionOutput]("states"),
	of[sfn.StopExecutionInput, sfn.StopExecutionOutput]("states"),
	of[sfn.RedriveExecutionInput, sfn.RedriveExecutionOutput]("states"),
	of[sfn.SendTaskSuccessInput, sfn.SendTaskSuccessOutput]("states"),
	of[sfn.SendTaskFailureInput, sfn.SendTaskFailureOutput]("states"),
	of[sfn.SendTaskHeartbeatInput, sfn.SendTaskHeartbeatOutput]("states"),
)

// entry is a row of the table.
type entry map[reflect.Type]*operation

// of makes a row. The name of an input type begins with that of its operation.
func of[In, Out any](service string) entry {
	in := reflect.TypeFor[*In]()
	return entry{in: {service, strings.TrimSuffix(in.Elem().Name(), "Input"), reflect.TypeFor[Out]()}}
}

func table(entries ...entry) entry {
	all := entry{}
	for _, e := range entries {
		maps.Copy(all, e)
	}
	return all
}

// always reports the required members, which the SDK sends even if they are zero.
func always(structure reflect.Type, member string) bool {
	return member == "VisibilityTimeout" && strings.HasPrefix(structure.Name(), "ChangeMessageVisibility")
}
