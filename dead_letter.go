package orderflow

import (
	"strings"
	"time"
)

// DeadLetter is a message that was given up.
type DeadLetter struct {
	ID         string
	SentAt     time.Time
	Received   int               // how often, this time included
	Source     string            // the name of the queue that it comes from; "" for a rule's, a stream's or a function's
	Attributes map[string]string // for example why a rule failed to deliver it
	Body       string
	Error      *MessageError // the last one; nil if none was kept
}

// MessageError is why a message could not be handled.
type MessageError struct {
	MessageID string    `json:"-"`
	Error     string    `json:"error"`
	At        time.Time `json:"at"`
}

// MessageErrorsKept is how long the errors of messages are kept: as long as SQS keeps the messages.
const MessageErrorsKept = 14 * 24 * time.Hour

// maxMessageError is the most bytes of an error that are kept.
const maxMessageError = 1000

// NewMessageError returns the record of an error.
func NewMessageError(id string, err error, at time.Time) MessageError {
	text := err.Error()
	return MessageError{MessageID: id, Error: strings.ToValidUTF8(text[:min(len(text), maxMessageError)], ""), At: at.UTC()}
}

// LetterMove is a redrive of a dead-letter queue: its messages go back to the queues that they come from.
type LetterMove struct {
	To       []string // queues
	Moved    int64    // messages, until now
	Done     bool     // false: it goes on in the background
	InFlight int      // received and not yet deleted: they stay
}
