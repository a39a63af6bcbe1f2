package cloud

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

// Catalogue reads the products.
type Catalogue struct {
	DB    *dynamodb.Client
	Table string
	// Consistent makes Product and Products return the last write, at twice the price.
	Consistent bool
	Log        *slog.Logger // reports rows that cannot be read
}

// byCategory is the index of products by category and SKU. It has only the keys.
const byCategory = "by-category"

// Product returns one product, or orderflow.CodeNotFound.
func (c *Catalogue) Product(ctx context.Context, sku string) (orderflow.Product, error) {
	p, err := getItem[orderflow.Product](ctx, c.DB, "product",
		&dynamodb.GetItemInput{TableName: &c.Table, Key: item{"sku": str(sku)}, ConsistentRead: &c.Consistent})
	if err == nil && p == nil {
		err = fmt.Errorf("get product: %w", orderflow.Errorf(orderflow.CodeNotFound, "there is no product %s", sku))
	}
	if err != nil {
		return orderflow.Product{}, err
	}
	return *p, nil
}

// Products returns the existing products among at most 100 different SKUs. Returns
// orderflow.CodeThrottled if DynamoDB keeps leaving keys unprocessed.
func (c *Catalogue) Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error) {
	rows, err := c.rows(ctx, skus, c.Consistent)
	if err != nil {
		return nil, err
	}
	products := make(map[string]orderflow.Product, len(rows))
	for sku, it := range rows {
		p, err := read[orderflow.Product]("product", it)
		if err != nil {
			return nil, err
		}
		products[sku] = *p
	}
	return products, nil
}

func (c *Catalogue) rows(ctx context.Context, skus []string, consistent bool) (map[string]item, error) {
	return batch{DB: c.DB, Table: c.Table, Key: "sku", Noun: "products", Consistent: consistent}.rows(ctx, skus)
}

// ListProducts returns at most limit products: those of one category ordered by SKU, or all in the
// table's own order. The page starts after the SKU after; "" is the start. next is the value of
// after for the next page, or "" at the end. A row that cannot be read is reported and left out.
func (c *Catalogue) ListProducts(ctx context.Context, category, after string, limit int) (products []orderflow.Product,
	next string, err error) {
	var start item
	if after != "" {
		start = item{"sku": str(after)}
		if category != "" {
			start["category"] = str(category)
		}
	}
	for len(products) <= limit {
		items, last, err := c.page(ctx, category, start, limit+1-len(products))
		if err != nil {
			return nil, "", wrap("list products", err)
		}
		for _, it := range items {
			p, err := read[orderflow.Product]("product", it)
			if err != nil {
				c.report(ctx, it, err)
				continue
			}
			products = append(products, *p)
		}
		if len(last) == 0 {
			break
		}
		start = last
	}
	if len(products) > limit {
		return products[:limit], products[limit-1].SKU, nil
	}
	return products, "", nil
}

// report logs a row that cannot be read, such as one with a fraction for a price.
func (c *Catalogue) report(ctx context.Context, it item, err error) {
	if c.Log == nil {
		return
	}
	sku, _ := stringOf(it, "sku") // a row always has its key
	c.Log.ErrorContext(ctx, "a product cannot be read and is not listed: correct its row", "sku", sku, "error", err)
}

func (c *Catalogue) page(ctx context.Context, category string, start item, limit int) (items []item, last item,
	err error) {
	if category == "" {
		out, err := c.DB.Scan(ctx, &dynamodb.ScanInput{
			TableName: &c.Table, ExclusiveStartKey: start, Limit: aws.Int32(int32(limit)),
		})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.LastEvaluatedKey, nil
	}
	out, err := c.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &c.Table, IndexName: aws.String(byCategory),
		KeyConditionExpression:    aws.String("category = :category"),
		ExpressionAttributeValues: item{":category": str(category)}, ExclusiveStartKey: start,
		Limit: aws.Int32(int32(min(limit, maxBatch))),
	})
	if err != nil {
		return nil, nil, err
	}
	items, err = c.ofCategory(ctx, category, out.Items)
	return items, out.LastEvaluatedKey, err
}

// ofCategory returns the rows of an index's entries, in their order. A product that has since left
// the category is left out.
func (c *Catalogue) ofCategory(ctx context.Context, category string, entries []item) ([]item, error) {
	skus := make([]string, len(entries))
	for i, it := range entries {
		sku, err := stringOf(it, "sku")
		if err != nil {
			return nil, err
		}
		skus[i] = sku
	}
	rows, err := c.rows(ctx, skus, false)
	if err != nil {
		return nil, err
	}
	var items []item
	for _, sku := range skus {
		if is, err := stringOf(rows[sku], "category"); err == nil && is == category {
			items = append(items, rows[sku])
		}
	}
	return items, nil
}
