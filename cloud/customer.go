package cloud

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"orderflow"
)

// Customers keeps the customers' profiles.
type Customers struct {
	DB    *dynamodb.Client
	Table string
}

// Customer loads a profile, strongly consistent. Returns orderflow.CodeNotFound for a customer who has none.
func (c *Customers) Customer(ctx context.Context, id string) (orderflow.Customer, error) {
	out, err := c.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &c.Table, Key: item{"id": str(id)}, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return orderflow.Customer{}, wrap("get customer", err)
	}
	if len(out.Item) == 0 {
		return orderflow.Customer{}, fmt.Errorf("get customer: %w", orderflow.Errorf(orderflow.CodeNotFound, "there is no such customer"))
	}
	var customer orderflow.Customer
	if err := unmarshal(out.Item, &customer); err != nil {
		return orderflow.Customer{}, fmt.Errorf("read customer: %w", err)
	}
	return customer, nil
}

// SaveCustomer replaces a profile.
func (c *Customers) SaveCustomer(ctx context.Context, customer orderflow.Customer) error {
	it, err := marshal(customer)
	if err != nil {
		return fmt.Errorf("marshal customer: %w", err)
	}
	if _, err := c.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.Table, Item: it}); err != nil {
		return wrap("put customer", err)
	}
	return nil
}
