package cloud

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// putMovement adds a movement to its product's log, once.
func putMovement(table string, m orderflow.Movement) (*types.Put, error) {
	it, err := MarshalItem(m)
	if err != nil {
		return nil, fmt.Errorf("marshal movement: %w", err)
	}
	return &types.Put{TableName: &table, Item: it, ConditionExpression: aws.String("attribute_not_exists(id)")}, nil
}

// applyMovement changes the stock on hand by the movement's delta. A product without the warehouse,
// or with less on hand than is taken away, is refused.
func applyMovement(table string, m orderflow.Movement) (*types.Update, error) {
	u := stockUpdate{names: map[string]string{}, values: item{":zero": number(0)}}
	switch {
	case m.Delta > 0:
		u.add(m.Warehouse, "", "onHand", m.Delta)
	case m.Delta < 0:
		u.add(m.Warehouse, "onHand", "", -m.Delta)
	default:
		return nil, errors.New("move stock: a movement of nothing")
	}
	exists := "attribute_exists(sku)"
	if m.Warehouse != "" {
		exists = "attribute_exists(" + u.warehouse(m.Warehouse) + ")"
	}
	u.condition = append(u.condition, exists)
	return u.of(table, m.SKU), nil
}

// openWarehouse applies the first movement of a warehouse that the product does not have yet. p is
// the product as it was read; a product that has got a warehouse since then is refused.
func openWarehouse(table string, m orderflow.Movement, p orderflow.Product) (*types.Update, error) {
	stock := orderflow.Stock{OnHand: m.Delta}
	path, value := "warehouses.#w", any(stock)
	names := map[string]string{"#w": m.Warehouse}
	condition := "attribute_exists(warehouses) AND attribute_not_exists(warehouses.#w)"
	if p.Warehouses == nil {
		path, value = "warehouses", map[string]orderflow.Stock{m.Warehouse: stock}
		names, condition = nil, "attribute_exists(sku) AND attribute_not_exists(warehouses)"
	}
	it, err := MarshalItem(map[string]any{":new": value})
	if err != nil {
		return nil, fmt.Errorf("marshal stock: %w", err)
	}
	return &types.Update{
		TableName: &table, Key: item{"sku": str(m.SKU)}, UpdateExpression: aws.String("SET " + path + " = :new"),
		ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: it,
	}, nil
}
