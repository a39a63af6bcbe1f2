package asl

import (
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// request describes the Parameters that a service integration accepts.
type request struct {
	must, may []string
}

// requests are the integrations whose Parameters are checked. Source: AWS Step Functions developer
// guide, "Integrating optimized services", and the API references of the services.
var requests = map[string]request{
	"lambda:invoke": {must: []string{"FunctionName"},
		may: []string{"ClientContext", "InvocationType", "LogType", "Payload", "Qualifier"}},
	"sqs:sendMessage": {must: []string{"QueueUrl", "MessageBody"},
		may: []string{"DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId",
			"MessageSystemAttributes"}},
	"sns:publish": {must: []string{"Message"}, may: []string{
		"MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageStructure", "PhoneNumber",
		"Subject", "TargetArn", "TopicArn",
	}},
	"dynamodb:getItem": {must: []string{"TableName", "Key"}, may: []string{
		"AttributesToGet", "ConsistentRead", "ExpressionAttributeNames", "ProjectionExpression", "ReturnConsumedCapacity",
	}},
	"dynamodb:putItem":    {must: []string{"TableName", "Item"}, may: writeItem},
	"dynamodb:deleteItem": {must: []string{"TableName", "Key"}, may: writeItem},
	"dynamodb:updateItem": {must: []string{"TableName", "Key"},
		may: append([]string{"AttributeUpdates", "UpdateExpression"}, writeItem...)},
	"events:putEvents":      {must: []string{"Entries"}, may: []string{"EndpointId"}},
	"states:startExecution": {must: []string{"StateMachineArn"}, may: []string{"Input", "Name", "TraceHeader"}},
}

var writeItem = []string{
	"ConditionExpression", "ConditionalOperator", "Expected", "ExpressionAttributeNames", "ExpressionAttributeValues",
	"ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "ReturnValues", "ReturnValuesOnConditionCheckFailure",
}

// checkParameters checks the Parameters of a task against its integration. Without Parameters the
// request is the input, which is known only when the task runs.
func (t *taskState) checkParameters(r *stateReader) {
	request, known := requests[t.resource.kind+":"+t.resource.action]
	v, ok := r.n.of("Parameters", value.Object)
	if !known || !ok {
		return
	}
	at := r.n.at("Parameters")
	given := map[string]bool{}
	for _, m := range v.Members() {
		name := strings.TrimSuffix(m.Key, ".$")
		given[name] = true
		if !slices.Contains(request.must, name) && !slices.Contains(request.may, name) {
			r.p.fail(at, "The field %q is not supported by Step Functions", name)
		}
	}
	for _, name := range request.must {
		if !given[name] {
			r.p.fail(at, "The field '%s' is required but was missing", name)
		}
	}
}
