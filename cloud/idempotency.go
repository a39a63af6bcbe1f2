package cloud

import (
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

// at returns the answer unless it has expired at the given time.
func (a *answerItem) at(now time.Time) []byte {
	if a == nil || a.ExpiresAt <= now.Unix() {
		return nil
	}
	return a.Answer
}
