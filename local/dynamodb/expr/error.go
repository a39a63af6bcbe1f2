package expr

import "fmt"

// Error is an expression that DynamoDB refuses, or an update that does not fit the item. Its text
// is the message of the ValidationException that AWS answers.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Errors of applying an update to an item.
var (
	errDataType    = errorf("An operand in the update expression has an incorrect data type")
	errNoAttribute = errorf("The provided expression refers to an attribute that does not exist in the item")
	errInvalidPath = errorf("The document path provided in the update expression is invalid for update")
)
