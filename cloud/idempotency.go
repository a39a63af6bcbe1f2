package cloud

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// keptAnswer is one item of the idempotency table.
type keptAnswer struct {
	Key       string `json:"key"`
	OrderID   string `json:"orderId"`
	Answer    []byte `json:"answer"`
	ExpiresAt int64  `json:"expiresAt"` // epoch seconds; DynamoDB deletes the item some time later
}

// putAnswer keeps an answer unless one that has not expired by now is kept under the key.
func putAnswer(table string, a keptAnswer, now time.Time) (*types.Put, error) {
	it, err := marshal(a)
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

// answerOf returns the answer of an item, nil if there is no item or it has expired by now.
func answerOf(from item, now time.Time) ([]byte, error) {
	if len(from) == 0 {
		return nil, nil
	}
	var kept keptAnswer
	if err := unmarshal(from, &kept); err != nil {
		return nil, err
	}
	if kept.ExpiresAt <= now.Unix() {
		return nil, nil
	}
	return kept.Answer, nil
}
