package cloud

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"orderflow"
)

// Steps reads which steps of an order are done.
type Steps struct {
	DB    *dynamodb.Client
	Table string
}

// Step returns the record of a step, strongly consistent; nil if it was not done.
func (s *Steps) Step(ctx context.Context, orderID, name string) (*orderflow.Step, error) {
	key := item{"orderId": str(orderID), "name": str(name)}
	out, err := s.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, wrap("get step", err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	result, ok := out.Item["result"].(*types.AttributeValueMemberS)
	if !ok {
		return nil, fmt.Errorf("read step %s of order %s: it has no result", name, orderID)
	}
	return &orderflow.Step{OrderID: orderID, Name: name, Result: json.RawMessage(result.Value)}, nil
}

// putStep records a step if it was not yet. Its result is kept as a string of JSON.
func putStep(table string, s *orderflow.Step) *types.Put {
	return &types.Put{
		TableName: &table, ConditionExpression: aws.String("attribute_not_exists(orderId)"),
		Item: item{"orderId": str(s.OrderID), "name": str(s.Name), "result": str(string(s.Result))},
	}
}
