// Package cloud holds the adapters to DynamoDB, Step Functions, EventBridge, SNS and SQS. They speak the domain's types and its error codes.
package cloud

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"orderflow"
)

// item is an item of a table.
type item = map[string]types.AttributeValue

// marshal makes an item of a value: its attributes have the names of its JSON.
func marshal(v any) (item, error) {
	return attributevalue.MarshalMapWithOptions(v, func(o *attributevalue.EncoderOptions) { o.TagKey = "json" })
}

func unmarshal(from item, v any) error {
	return attributevalue.UnmarshalMapWithOptions(from, v, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

// throttled are the codes with which AWS says "later": DynamoDB, Step Functions, EventBridge, SNS, SQS.
var throttled = map[string]bool{
	"ThrottlingException": true, "Throttling": true, "ThrottledException": true, "TooManyRequestsException": true,
	"ProvisionedThroughputExceededException": true, "RequestLimitExceeded": true, "ThrottlingError": true, "SlowDown": true, "RequestThrottled": true,
}

// wrap says what was done when AWS answered err, with CodeThrottled and CodeConflict where it means that.
func wrap(doing string, err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	switch {
	case !ok:
	case throttled[api.ErrorCode()]:
		return fmt.Errorf("%s: %w", doing, orderflow.Errorf(orderflow.CodeThrottled, "%s", api.ErrorMessage()))
	case api.ErrorCode() == "ConditionalCheckFailedException" || api.ErrorCode() == "TransactionConflictException":
		return fmt.Errorf("%s: %w", doing, orderflow.Errorf(orderflow.CodeConflict, "changed by somebody else"))
	}
	return fmt.Errorf("%s: %w", doing, err)
}
