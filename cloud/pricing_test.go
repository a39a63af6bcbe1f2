package cloud

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

func putPricing(t *testing.T, db *dynamodb.Client, it item) {
	t.Helper()
	if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("pricing"), Item: it}); err != nil {
		t.Fatal(err)
	}
}

func savePricing(t *testing.T, db *dynamodb.Client, tables orderflow.Pricing) {
	t.Helper()
	items, err := PricingItems(tables)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		putPricing(t, db, it)
	}
}

func TestPricing(t *testing.T) {
	t.Parallel()
	storetest.TestPricing(t, func(t *testing.T, tables orderflow.Pricing) storetest.Pricing {
		db := localDB(t)
		savePricing(t, db, tables)
		return &Pricing{DB: db, Table: "pricing", Keep: time.Minute, Now: func() time.Time { return noon }}
	})
	storetest.TestClaims(t, func(t *testing.T) storetest.Claims {
		db := localDB(t)
		orders := &Orders{DB: db, Table: "orders", Pricing: "pricing"}
		p := &Placements{DB: db, Orders: "orders", Idempotency: "idempotency", Pricing: "pricing"}
		return claims{placed{p, orders}, orders}
	})
}

type claims struct {
	placed
	storetest.Orders
}

func (c claims) Order(ctx context.Context, id string) (*orderflow.Order, error) {
	return c.placed.Order(ctx, id)
}

// TestPricing_used: a claim shows in the next quote, of the same customer alone.
func TestPricing_used(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	savePricing(t, db, storetest.Tables())
	p := &Pricing{DB: db, Table: "pricing", Keep: time.Minute, Now: func() time.Time { return noon }}
	put, err := putClaim("pricing", orderflow.Claim{CustomerID: "ada", PromotionCode: "ONCE", OrderID: "ord_1"})
	if err != nil {
		t.Fatal(err)
	}
	putPricing(t, db, put.Item)
	for customer, want := range map[string]bool{"ada": true, "bob": false} {
		if _, used, err := p.Pricing(t.Context(), customer, "once"); err != nil || used != want {
			t.Errorf("%s: used %t, %v", customer, used, err)
		}
	}
}

// TestPricing_keeps: shipping and taxes are read again when they were kept long enough, or the
// clock was set back; an order without a promotion reads nothing in between.
func TestPricing_keeps(t *testing.T) {
	t.Parallel()
	f, cfg := newFake(t, map[string]string{"Query": `{"Items":[],"Count":0}`, "GetItem": `{}`})
	now := noon
	clock := func() time.Time { return now }
	p := &Pricing{DB: dynamodb.NewFromConfig(cfg), Table: "pricing", Keep: time.Minute, Now: clock}
	for _, tt := range []struct {
		at   time.Duration
		code string
		want int // calls
	}{
		{0, "", 2}, {0, "", 0}, {59 * time.Second, "", 0}, {59 * time.Second, "X", 1}, {time.Minute, "", 2},
		{time.Minute, "", 0}, {-time.Hour, "", 2},
	} {
		f.asked, now = nil, noon.Add(tt.at)
		if _, _, err := p.Pricing(t.Context(), "ada", tt.code); err != nil || len(f.asked) != tt.want {
			t.Errorf("after %s: asked %v, %v; want %d calls", tt.at, f.asked, err, tt.want)
		}
	}
}

// TestPricing_refusesInvalid: a table that says nonsense prices nothing.
func TestPricing_refusesInvalid(t *testing.T) {
	t.Parallel()
	for _, invalid := range []item{
		{"kind": str("tax"), "id": str("DE"), "country": str("DE"), "rate": number(-1)},
		{"kind": str("shipping"), "id": str("express"), "name": str("Express")},
		{"kind": str("promotion"), "id": str("FREE"), "code": str("FREE"), "rate": number(2_000_000)},
	} {
		db := localDB(t)
		putPricing(t, db, invalid)
		p := &Pricing{DB: db, Table: "pricing", Keep: time.Minute, Now: func() time.Time { return noon }}
		if tables, _, err := p.Pricing(t.Context(), "ada", "FREE"); err == nil {
			t.Errorf("got %+v", tables)
		}
	}
	if _, err := PricingItems(orderflow.Pricing{Taxes: []orderflow.Tax{{Country: "D"}}}); err == nil {
		t.Error("items of a table that is not valid")
	}
}
