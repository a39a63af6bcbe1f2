package tests

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
)

// bulkProduct is product i of a large order.
func bulkProduct(i, onHand int) orderflow.Product {
	return orderflow.Product{
		SKU: fmt.Sprintf("bulk-%03d", i), Name: "Bulk", Category: "bulk",
		Price: orderflow.Money{Amount: 100, Currency: "USD"}, OnHand: onHand,
	}
}

// TestLargestOrder places an order of 100 products, more than one DynamoDB transaction can hold.
func TestLargestOrder(t *testing.T) { inEachMode(t, testLargestOrder) }

func testLargestOrder(t *testing.T, args ...string) {
	s := up(t, append(args, "--in-memory")...)
	const n = 100
	var items []item
	var puts []types.TransactWriteItem
	for i := range n {
		p := bulkProduct(i, 3)
		items = append(items, item{p.SKU, 2})
		av, err := cloud.MarshalItem(p)
		if err != nil {
			t.Fatal(err)
		}
		puts = append(puts, types.TransactWriteItem{Put: &types.Put{TableName: aws.String("orderflow-products"), Item: av}})
	}
	db, all := dynamodb.NewFromConfig(s.config()), &dynamodb.TransactWriteItemsInput{TransactItems: puts}
	if _, err := db.TransactWriteItems(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	ada := s.as("ada")
	if v := ada.ended(ada.accepted(order("pm_card_visa", items...))); v.Status != orderflow.Fulfilled || v.Total.Amount != n*2*100 {
		t.Errorf("%s (%s), total %s", v.Status, v.reason(), v.Total)
	}
	stocked := func(onHand, shipped int) {
		t.Helper()
		count := 0
		for _, p := range scan[orderflow.Product](s, "products") {
			if p.Category == "bulk" {
				count++
				if p.OnHand != onHand || p.Reserved != 0 || p.Shipped != shipped {
					t.Errorf("stock of %s: %+v, want %d on hand, %d shipped", p.SKU, p, onHand, shipped)
				}
			}
		}
		if count != n {
			t.Errorf("%d products, want %d", count, n)
		}
	}
	stocked(1, 2)
	// The same order again: each product has one left, so the transactions that succeed are undone.
	items[0].Quantity, items[1].Quantity = 1, 1
	if v := ada.ended(ada.accepted(order("pm_card_visa", items...))); v.Status != orderflow.Rejected || v.reason() != "OutOfStock" {
		t.Errorf("%s (%s)", v.Status, v.reason())
	}
	stocked(1, 2)
}
