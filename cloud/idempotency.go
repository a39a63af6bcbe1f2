package cloud

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// answerItem is one item of the idempotency table.
type answerItem struct {
	Key       string `json:"key"`
	OrderID   string `json:"orderId"`
	Answer    []byte `json:"answer"`
	ExpiresAt int64  `json:"expiresAt"` // epoch seconds; DynamoDB deletes the item some time later
}

// putAnswer saves an answer unless the key has one that has not expired.
func putAnswer(table string, a answerItem, now time.Time) (*types.Put, error) {
	it, err := MarshalItem(a)
	if err != nil {
		return nil, err
	}
	return &types.Put{
		TableName: &table, Item: it,
		ConditionExpression:                 aws.String("attribute_not_exists(#key) OR expiresAt <= :now"),
		ExpressionAttributeNames:            map[string]string{"#key": "key"},
		ExpressionAttributeValues:           item{":now": number(now.Unix())},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, nil
}

// countOrder counts an order of the customer in the hour of the clock, unless the limit is reached.
// The count is an item of the same table and expires like an answer; its key is no answer's, which
// are 64 digits.
func countOrder(table, customerID string, limit int, now time.Time) *types.Update {
	hour := now.UTC().Truncate(time.Hour)
	customer := sha256.Sum256([]byte(customerID))
	return &types.Update{
		TableName: &table, Key: item{"key": str(fmt.Sprintf("orders of %x at %s", customer, hour.Format(time.RFC3339)))},
		UpdateExpression:         aws.String("SET #count = if_not_exists(#count, :none) + :one, expiresAt = :expires"),
		ConditionExpression:      aws.String("attribute_not_exists(#count) OR #count < :limit"),
		ExpressionAttributeNames: map[string]string{"#count": "count"},
		ExpressionAttributeValues: item{
			":none": number(0), ":one": number(1), ":limit": number(int64(limit)), ":expires": number(hour.Add(2 * time.Hour).Unix()),
		},
	}
}

// at returns the answer unless it has expired at the given time.
func (a *answerItem) at(now time.Time) []byte {
	if a == nil || a.ExpiresAt <= now.Unix() {
		return nil
	}
	return a.Answer
}
