package cloud

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// Steps reads the records of completed steps.
type Steps struct {
	DB    *dynamodb.Client
	Table string
}

// Step returns the record of a step, strongly consistent, or nil if it was not done.
func (s *Steps) Step(ctx context.Context, orderID, name string) (*orderflow.Step, error) {
	kept, err := get[stepItem](ctx, s.DB, "step", s.Table, item{"orderId": str(orderID), "name": str(name)})
	switch {
	case err != nil || kept == nil:
		return nil, err
	case kept.Result == "":
		return nil, fmt.Errorf("read step %s of order %s: it has no result", name, orderID)
	}
	return &orderflow.Step{OrderID: orderID, Name: name, Result: json.RawMessage(kept.Result)}, nil
}

// stepItem is a step as it is stored: its result is a string of JSON.
type stepItem struct {
	OrderID string `json:"orderId"`
	Name    string `json:"name"`
	Result  string `json:"result"`
}

// putStep records a step unless it is recorded already.
func putStep(table string, s *orderflow.Step) (*types.Put, error) {
	it, err := MarshalItem(stepItem{s.OrderID, s.Name, string(s.Result)})
	if err != nil {
		return nil, fmt.Errorf("marshal step: %w", err)
	}
	return &types.Put{TableName: &table, Item: it, ConditionExpression: aws.String("attribute_not_exists(orderId)")}, nil
}
