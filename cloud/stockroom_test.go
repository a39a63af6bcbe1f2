package cloud

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

// stockroom is the catalogue for operators.
type stockroom struct {
	*Stockroom
	catalogue *Catalogue
}

func (s stockroom) Product(ctx context.Context, sku string) (orderflow.Product, error) {
	return s.catalogue.Product(ctx, sku)
}

func TestStockroom(t *testing.T) {
	t.Parallel()
	storetest.TestStockroom(t, func(t *testing.T) storetest.Stockroom {
		db := localDB(t)
		return stockroom{
			&Stockroom{DB: db, Products: "products", Movements: "movements", Idempotency: "idempotency"},
			&Catalogue{DB: db, Table: "products", Consistent: true},
		}
	})
}

// A row of an older release, without a version, is revised once.
func TestStockroom_SaveProduct_olderRow(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	old := product("P01", "food")
	put(t, db, "products", old)
	s := &Stockroom{DB: db, Products: "products", Movements: "movements", Idempotency: "idempotency"}
	old.Name = "New"
	for i, want := range []orderflow.Code{"", orderflow.CodeConflict} {
		m := orderflow.Movement{SKU: "P01", ID: string('a' + rune(i)), Kind: orderflow.MovementDetails}
		wantCode(t, s.SaveProduct(t.Context(), old, true, m), want)
	}
	got, err := (&Catalogue{DB: db, Table: "products"}).Product(t.Context(), "P01")
	if err != nil || got.Name != "New" || got.Version != 1 || got.OnHand != 7 || got.Reserved != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A row that cannot be read, or lacks a counter, breaks neither the list nor a reservation.
func TestCatalogue_wrongRows(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	for _, sku := range []string{"P01", "P02", "P03"} {
		put(t, db, "products", product(sku, "food"))
	}
	change := func(sku, update string, values item) {
		t.Helper()
		if _, err := db.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: aws.String("products"), Key: item{"sku": str(sku)}, UpdateExpression: &update,
			ExpressionAttributeValues: values,
		}); err != nil {
			t.Fatal(err)
		}
	}
	change("P01", "SET price.amount = :p", item{":p": &types.AttributeValueMemberN{Value: "19.99"}})
	change("P02", "REMOVE reserved", nil)
	var log bytes.Buffer
	c := &Catalogue{DB: db, Table: "products", Log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, category := range []string{"", "food"} {
		log.Reset()
		list, next, err := c.ListProducts(t.Context(), category, "", 10)
		if err != nil || len(list) != 2 || next != "" || strings.Count(log.String(), "sku=P01") != 1 {
			t.Errorf("%q: %d products, %q, %v; log %s", category, len(list), next, err, &log)
		}
	}
	if _, err := c.Product(t.Context(), "P01"); err == nil {
		t.Error("a fraction was read as a price")
	}
	moves := []orderflow.StockMove{{SKU: "P02", Kind: orderflow.Reserve, Quantity: 3}}
	wantCode(t, ordersOn(db).Commit(t.Context(), orderflow.Write{Stock: moves}), "")
	if p, err := c.Product(t.Context(), "P02"); err != nil || p.Reserved != 3 || p.OnHand != 4 {
		t.Errorf("got %+v, %v", p, err)
	}
}
