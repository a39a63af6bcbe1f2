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

// Seed fills an empty catalogue with examples/catalogue.json, and the pricing table with
// examples/pricing.json. It does not change the tables if the catalogue has products.
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
	// One transaction, so that after a crash the catalogue is empty or complete.
	puts, err := exampleItems()
	if err != nil {
		return err
	}
	if _, err := db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: puts}); err != nil {
		return fmt.Errorf("seed catalogue: %w", err)
	}
	return nil
}

// exampleItems returns the writes of the example products and prices.
func exampleItems() ([]types.TransactWriteItem, error) {
	var products []orderflow.Product
	if err := readExample("catalogue.json", &products); err != nil {
		return nil, err
	}
	var puts []types.TransactWriteItem
	add := func(table string, item map[string]types.AttributeValue) {
		put := &types.Put{TableName: aws.String(StackName + table), Item: item}
		puts = append(puts, types.TransactWriteItem{Put: put})
	}
	for _, p := range products {
		item, err := cloud.MarshalItem(p)
		if err != nil {
			return nil, fmt.Errorf("seed catalogue: %w", err)
		}
		add("-products", item)
	}
	var pricing orderflow.Pricing
	if err := readExample("pricing.json", &pricing); err != nil {
		return nil, err
	}
	items, err := cloud.PricingItems(pricing)
	if err != nil {
		return nil, fmt.Errorf("seed prices: %w", err)
	}
	for _, item := range items {
		add("-pricing", item)
	}
	return puts, nil
}

func readExample(name string, v any) error {
	b, err := examples.FS.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
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
