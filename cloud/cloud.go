// Package cloud holds the adapters to DynamoDB, Step Functions, EventBridge, SNS and SQS. They speak the domain's types and its error codes.
package cloud

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/orderflow-dev/orderflow"
)

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
