package attr

// Error is a value that DynamoDB does not accept. Its text is the message of the
// ValidationException that AWS answers.
type Error struct {
	Message string
	// Attribute is the name of the top-level attribute that is or contains the value.
	Attribute string
}

func (e *Error) Error() string { return e.Message }

// SyntaxError is JSON of the wrong shape: a SerializationException.
type SyntaxError struct{ Message string }

func (e *SyntaxError) Error() string { return e.Message }
