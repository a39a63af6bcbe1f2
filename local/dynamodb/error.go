package dynamodb

import (
	"errors"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
)

func validation(format string, args ...any) error {
	return awsapi.Errorf("ValidationException", format, args...)
}

func notFound(format string, args ...any) error {
	return awsapi.Errorf("ResourceNotFoundException", format, args...)
}

// refused turns the errors of expressions and values, also those in a request's JSON, into the
// ValidationException that AWS answers.
func refused(err error) error {
	if e, ok := errors.AsType[*expr.Error](err); ok {
		return validation("%s", e.Message)
	}
	if e, ok := errors.AsType[*attr.Error](err); ok {
		return validation("%s", e.Message)
	}
	return err
}

// conditionFailed is the answer to a write whose condition does not hold. The old item is part of
// it if the caller requested it.
func conditionFailed(w *write, old attr.Item) error {
	e := awsapi.Errorf("ConditionalCheckFailedException", "The conditional request failed")
	if w.returnOnFailure && old != nil {
		e.Fields = map[string]any{"Item": old}
	}
	return e
}
