package cloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// Pricing reads the data that orders are priced with, from one table with the key kind and id.
//
// It caches shipping methods and taxes for the duration Keep, so that an order reads none of them.
// After a change, a running function uses the old data until its cache expires: an order that is
// accepted meanwhile costs what the old data say, and keeps that price. A quote and its order may
// therefore differ; the order's expectedTotal refuses the difference. Promotions and claims are not
// cached: orders with a promotion read them, strongly consistent.
type Pricing struct {
	DB    *dynamodb.Client
	Table string
	Keep  time.Duration
	Now   func() time.Time

	mu    sync.Mutex
	rates orderflow.Pricing
	until time.Time // when the cache expires
}

// The kinds of items. The kind of a claim ends with the customer's id, so that the claims on a
// promotion are spread over partitions.
const (
	kindPromotion = "promotion"
	kindShipping  = "shipping"
	kindTax       = "tax"
	kindClaim     = "claim#"
)

func pricingKey(kind, id string) item { return item{"kind": str(kind), "id": str(id)} }

func claimKey(c orderflow.Claim) item { return pricingKey(kindClaim+c.CustomerID, c.PromotionCode) }

// Pricing returns the shipping methods, the taxes and the promotion with the code, if there is one.
// used reports whether the customer has a claim on it. Invalid data are an error, so that no order
// gets a wrong price.
func (p *Pricing) Pricing(
	ctx context.Context, customerID, promotionCode string,
) (tables orderflow.Pricing, used bool, err error) {
	if tables, err = p.kept(ctx); err != nil || promotionCode == "" {
		return tables, false, err
	}
	code := orderflow.PromotionCode(promotionCode)
	promotion, err := get[orderflow.Promotion](ctx, p.DB, "promotion", p.Table, pricingKey(kindPromotion, code))
	if err != nil || promotion == nil {
		return tables, false, err
	}
	if err := promotion.Validate(); err != nil {
		return orderflow.Pricing{}, false, fmt.Errorf("read pricing: %w", err)
	}
	tables.Promotions = []orderflow.Promotion{*promotion}
	if !promotion.OncePerCustomer {
		return tables, false, nil
	}
	key := claimKey(orderflow.Claim{CustomerID: customerID, PromotionCode: code})
	claim, err := get[orderflow.Claim](ctx, p.DB, "claim", p.Table, key)
	return tables, claim != nil, err
}

// kept returns the cached shipping methods and taxes. It reads them if the cache has expired.
func (p *Pricing) kept(ctx context.Context) (orderflow.Pricing, error) {
	now := p.Now()
	p.mu.Lock()
	rates, until := p.rates, p.until
	p.mu.Unlock()
	if now.Before(until) && until.Sub(now) <= p.Keep { // a clock that was set back expires the cache, too
		return rates, nil
	}
	rates, err := p.read(ctx)
	if err != nil {
		return orderflow.Pricing{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rates, p.until = rates, now.Add(p.Keep)
	return rates, nil
}

func (p *Pricing) read(ctx context.Context) (rates orderflow.Pricing, err error) {
	if rates.ShippingMethods, err = allOf[orderflow.ShippingMethod](ctx, p, kindShipping); err != nil {
		return orderflow.Pricing{}, err
	}
	if rates.Taxes, err = allOf[orderflow.Tax](ctx, p, kindTax); err != nil {
		return orderflow.Pricing{}, err
	}
	if err := rates.Validate(); err != nil {
		return orderflow.Pricing{}, fmt.Errorf("read pricing: %w", err)
	}
	return rates, nil
}

// allOf returns all items of a kind, in the order of their ids.
func allOf[T any](ctx context.Context, p *Pricing, kind string) ([]T, error) {
	var out []T
	pages := dynamodb.NewQueryPaginator(p.DB, &dynamodb.QueryInput{
		TableName: &p.Table, KeyConditionExpression: aws.String("kind = :kind"),
		ExpressionAttributeValues: item{":kind": str(kind)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap("query pricing", err)
		}
		for _, it := range page.Items {
			v, err := read[T](kind, it)
			if err != nil {
				return nil, err
			}
			out = append(out, *v)
		}
	}
	return out, nil
}

// PricingItems returns the items of pricing data. Returns an error if the data are invalid.
func PricingItems(p orderflow.Pricing) ([]map[string]types.AttributeValue, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	var out []item
	add := func(kind, id string, v any) error {
		it, err := MarshalItem(v)
		if err != nil {
			return fmt.Errorf("marshal %s %s: %w", kind, id, err)
		}
		it["kind"], it["id"] = str(kind), str(id)
		out = append(out, it)
		return nil
	}
	for _, v := range p.Promotions {
		if err := add(kindPromotion, v.Code, v); err != nil {
			return nil, err
		}
	}
	for _, v := range p.ShippingMethods {
		if err := add(kindShipping, v.ID, v); err != nil {
			return nil, err
		}
	}
	for _, v := range p.Taxes {
		if err := add(kindTax, v.Country, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// putClaim saves a claim if the customer has none on the promotion yet.
func putClaim(table string, c orderflow.Claim) (*types.Put, error) {
	it, err := MarshalItem(c)
	if err != nil {
		return nil, fmt.Errorf("marshal claim: %w", err)
	}
	for name, v := range claimKey(c) {
		it[name] = v
	}
	return &types.Put{TableName: &table, Item: it, ConditionExpression: aws.String("attribute_not_exists(kind)")}, nil
}

// deleteClaim gives a claim back. Its condition fails if the claim belongs to another order.
func deleteClaim(table string, c orderflow.Claim) *types.Delete {
	return &types.Delete{
		TableName: &table, Key: claimKey(c),
		ConditionExpression:       aws.String("attribute_not_exists(kind) OR orderId = :order"),
		ExpressionAttributeValues: item{":order": str(c.OrderID)},
	}
}
