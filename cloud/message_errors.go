package cloud

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

// MessageErrors keeps the last error of each message that could not be handled, by the message's id. They
// expire after orderflow.MessageErrorsKept.
type MessageErrors struct {
	DB    *dynamodb.Client
	Table string
	Now   func() time.Time
}

// messageErrorRow is the item of an error.
type messageErrorRow struct {
	MessageID string `json:"messageId"`
	ExpiresAt int64  `json:"expiresAt"` // epoch seconds
	orderflow.MessageError
}

// KeepError keeps an error instead of the message's last one.
func (m *MessageErrors) KeepError(ctx context.Context, messageID string, failure error) error {
	e := orderflow.NewMessageError(messageID, failure, m.Now())
	it, err := MarshalItem(messageErrorRow{
		MessageID: messageID, ExpiresAt: e.At.Add(orderflow.MessageErrorsKept).Unix(), MessageError: e,
	})
	if err != nil {
		return fmt.Errorf("keep error of message: %w", err)
	}
	if _, err := m.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &m.Table, Item: it}); err != nil {
		return wrap("keep error of message", err)
	}
	return nil
}

// LastError returns the last error of a message, or nil.
func (m *MessageErrors) LastError(ctx context.Context, messageID string) (*orderflow.MessageError, error) {
	row, err := get[messageErrorRow](ctx, m.DB, "error of message", m.Table, item{"messageId": str(messageID)})
	if err != nil || row == nil {
		return nil, err
	}
	row.MessageError.MessageID = messageID
	return &row.MessageError, nil
}
