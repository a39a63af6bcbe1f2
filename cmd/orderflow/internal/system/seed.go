package system

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/examples"
	"github.com/orderflow-dev/orderflow/local"
)

// Seed fills an empty catalogue with examples/catalogue.json. It does not change a catalogue that
// has products.
func Seed(ctx context.Context, stack *local.Stack) error {
	db := dynamodb.NewFromConfig(stack.Config(""))
	table := aws.String(StackName + "-products")
	some, err := db.Scan(ctx, &dynamodb.ScanInput{TableName: table, Limit: aws.Int32(1)})
	if err != nil {
		return fmt.Errorf("seed catalogue: %w", err)
	}
	if len(some.Items) > 0 {
		return nil
	}
	b, err := examples.FS.ReadFile("catalogue.json")
	if err != nil {
		return err
	}
	var products []orderflow.Product
	if err := json.Unmarshal(b, &products); err != nil {
		return fmt.Errorf("read catalogue.json: %w", err)
	}
	// One transaction, so that after a crash the catalogue is empty or complete.
	var puts []types.TransactWriteItem
	for _, p := range products {
		item, err := cloud.MarshalItem(p)
		if err != nil {
			return fmt.Errorf("seed catalogue: %w", err)
		}
		puts = append(puts, types.TransactWriteItem{Put: &types.Put{TableName: table, Item: item}})
	}
	if _, err := db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: puts}); err != nil {
		return fmt.Errorf("seed catalogue: %w", err)
	}
	return nil
}

// setOutage starts or ends the outage of the sandbox payment provider.
func setOutage(ctx context.Context, stack *local.Stack, lifted bool) error {
	sandbox := &cloud.Sandbox{DB: dynamodb.NewFromConfig(stack.Config("")), Table: StackName + "-sandbox"}
	return sandbox.SetOutage(ctx, !lifted)
}

// StockUp gives every product enough stock for any benchmark, and returns the SKUs.
func StockUp(ctx context.Context, stack *local.Stack) (skus []string, err error) {
	db := dynamodb.NewFromConfig(stack.Config(""))
	table := aws.String(StackName + "-products")
	all, err := db.Scan(ctx, &dynamodb.ScanInput{TableName: table, ProjectionExpression: aws.String("sku")})
	if err != nil {
		return nil, fmt.Errorf("stock up: %w", err)
	}
	for _, p := range all.Items {
		var sku string
		if err := attributevalue.Unmarshal(p["sku"], &sku); err != nil {
			return nil, fmt.Errorf("stock up: %w", err)
		}
		skus = append(skus, sku)
		_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: table, Key: map[string]types.AttributeValue{"sku": p["sku"]},
			UpdateExpression:          aws.String("SET onHand = :n"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "1000000000"}},
		})
		if err != nil {
			return nil, fmt.Errorf("stock up: %w", err)
		}
	}
	return skus, nil
}
