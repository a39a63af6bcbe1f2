// Package cloud adapts DynamoDB, Step Functions, EventBridge, SNS and SQS to the types and error
// codes of the domain.
package cloud

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/orderflow-dev/orderflow"
)

// throttled lists the AWS error codes that ask for a later retry: DynamoDB, Step Functions,
// EventBridge, SNS, SQS.
var throttled = map[string]bool{
	"ThrottlingException": true, "Throttling": true, "ThrottledException": true, "TooManyRequestsException": true,
	"ProvisionedThroughputExceededException": true, "RequestLimitExceeded": true, "ThrottlingError": true,
	"SlowDown": true, "RequestThrottled": true,
}

// wrap prefixes an AWS error with the operation, and adds CodeThrottled or CodeConflict where it
// applies.
func wrap(doing string, err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	switch {
	case !ok:
	case throttled[api.ErrorCode()]:
		return fmt.Errorf("%s: %w", doing, orderflow.Errorf(orderflow.CodeThrottled, "%s", api.ErrorMessage()))
	case api.ErrorCode() == "ConditionalCheckFailedException" || api.ErrorCode() == "TransactionConflictException":
		return fmt.Errorf("%s: %w", doing, orderflow.Errorf(orderflow.CodeConflict, "changed concurrently"))
	}
	return fmt.Errorf("%s: %w", doing, err)
}
