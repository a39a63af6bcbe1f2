package dynamodb

import (
	"encoding/json"
	"errors"

	"orderflow/local/awsapi"
	"orderflow/local/dynamodb/attr"
	"orderflow/local/dynamodb/expr"
)

func validation(format string, args ...any) error {
	return awsapi.Errorf("ValidationException", format, args...)
}

func notFound(format string, args ...any) error {
	return awsapi.Errorf("ResourceNotFoundException", format, args...)
}

// decode reads a request. Values that DynamoDB refuses are a ValidationException, JSON of the wrong shape is a SerializationException.
func decode(input json.RawMessage, v any) error {
	if len(input) == 0 {
		return nil
	}
	if err := json.Unmarshal(input, v); err != nil {
		if e, ok := errors.AsType[*attr.Error](err); ok {
			return validation("%s", e.Message)
		}
		return awsapi.Errorf("SerializationException", "%v", err)
	}
	return nil
}

// refused turns the errors of expressions and values into the ValidationException that AWS answers.
func refused(err error) error {
	if e, ok := errors.AsType[*expr.Error](err); ok {
		return validation("%s", e.Message)
	}
	if e, ok := errors.AsType[*attr.Error](err); ok {
		return validation("%s", e.Message)
	}
	return err
}

// conditionFailed is the answer to a write whose condition does not hold. The old item is part of it if the caller asked for it.
func conditionFailed(w *write, old attr.Item) error {
	e := awsapi.Errorf("ConditionalCheckFailedException", "The conditional request failed")
	if w.returnOnFailure && old != nil {
		e.Fields = map[string]any{"Item": old}
	}
	return e
}
