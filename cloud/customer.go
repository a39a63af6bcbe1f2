package cloud

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

// Customers stores customer profiles.
type Customers struct {
	DB    *dynamodb.Client
	Table string
}

// Customer loads a profile, strongly consistent. Returns orderflow.CodeNotFound if the customer has
// none.
func (c *Customers) Customer(ctx context.Context, id string) (orderflow.Customer, error) {
	customer, err := get[orderflow.Customer](ctx, c.DB, "customer", c.Table, item{"id": str(id)})
	if err == nil && customer == nil {
		err = fmt.Errorf("get customer: %w", orderflow.Errorf(orderflow.CodeNotFound, "there is no such customer"))
	}
	if err != nil {
		return orderflow.Customer{}, err
	}
	return *customer, nil
}

// SaveCustomer saves a profile as its next version. Returns orderflow.CodeConflict if the saved
// version is not the one that was loaded.
func (c *Customers) SaveCustomer(ctx context.Context, customer orderflow.Customer) error {
	loaded := customer.Version
	customer.Version++
	it, err := MarshalItem(customer)
	if err != nil {
		return fmt.Errorf("marshal customer: %w", err)
	}
	put := &dynamodb.PutItemInput{
		TableName: &c.Table, Item: it, ConditionExpression: aws.String("attribute_not_exists(version)"),
	}
	if loaded > 0 {
		put.ConditionExpression = aws.String("version = :loaded")
		put.ExpressionAttributeValues = item{":loaded": number(loaded)}
	}
	if _, err := c.DB.PutItem(ctx, put); err != nil {
		return wrap("put customer", err)
	}
	return nil
}
