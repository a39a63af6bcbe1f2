package cloud

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// keptAnswer is one item of the idempotency table.
type answerItem struct {
	Key       string `json:"key"`
	OrderID   string `json:"orderId"`
	Answer    []byte `json:"answer"`
	ExpiresAt int64  `json:"expiresAt"` // epoch seconds; DynamoDB deletes the item some time later
}

// putAnswer keeps an answer unless one that has not expired by now is kept under the key.
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

// at is the answer as long as it has not expired by now.
func (a *answerItem) at(now time.Time) []byte {
	if a == nil || a.ExpiresAt <= now.Unix() {
		return nil
	}
	return a.Answer
}
