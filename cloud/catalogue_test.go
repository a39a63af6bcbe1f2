package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

func product(sku, category string) orderflow.Product {
	return orderflow.Product{
		SKU: sku, Name: "The " + sku, Category: category, Price: orderflow.Money{Amount: 950, Currency: "USD"},
		OnHand: 7, Reserved: 2, Shipped: 1,
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	c := &Catalogue{DB: db, Table: "products"}
	var skus, food []string
	for i := range 25 {
		p := product(fmt.Sprintf("P%02d", i), []string{"food", "kitchen"}[i%2])
		put(t, db, "products", p)
		skus = append(skus, p.SKU)
		if p.Category == "food" {
			food = append(food, p.SKU)
		}
	}
	if got, err := c.Product(t.Context(), "P03"); !reflect.DeepEqual(got, product("P03", "kitchen")) || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := c.Product(t.Context(), "P99"); orderflow.CodeOf(err) != orderflow.CodeNotFound {
		t.Errorf("got %v", err)
	}
	if got, err := c.Products(t.Context(), []string{"P01", "P99", "P02"}); err != nil ||
		!slices.Equal(slices.Sorted(maps.Keys(got)), []string{"P01", "P02"}) ||
		!reflect.DeepEqual(got["P02"], product("P02", "food")) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := c.Products(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	for category, want := range map[string][]string{"": skus, "food": food, "none": nil} {
		for _, limit := range []int{1, 4, 13, 25, 100} {
			var got []string
			pages, next := 0, ""
			for {
				page, after, err := c.ListProducts(t.Context(), category, next, limit)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range page {
					got = append(got, p.SKU)
				}
				if pages++; after == "" {
					break
				}
				next = after
			}
			if category == "" {
				slices.Sort(got) // a scan has no order
			}
			if !slices.Equal(got, want) || pages != max(1, (len(want)+limit-1)/limit) {
				t.Errorf("%q by %d: got %v in %d pages, want %v", category, limit, got, pages, want)
			}
		}
	}
}

// TestCatalogue_unprocessed lets DynamoDB process only a part of each batch.
func TestCatalogue_unprocessed(t *testing.T) {
	t.Parallel()
	answer := func(perCall int) (c *Catalogue, calls *int) {
		calls = new(int)
		db := dynamoClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			*calls++
			var in struct {
				RequestItems map[string]struct {
					Keys []map[string]map[string]string
				}
			}
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				t.Error(err)
			}
			keys := in.RequestItems["products"].Keys
			n := min(perCall, len(keys))
			out := map[string]any{"Responses": map[string]any{"products": keys[:n]}}
			if n < len(keys) {
				out["UnprocessedKeys"] = map[string]any{"products": map[string]any{"Keys": keys[n:]}}
			}
			if err := json.NewEncoder(w).Encode(out); err != nil {
				t.Error(err)
			}
		}))
		return &Catalogue{DB: db, Table: "products"}, calls
	}
	c, calls := answer(2)
	if got, err := c.Products(t.Context(), []string{"A", "B", "C"}); len(got) != 3 || err != nil || *calls != 2 {
		t.Errorf("got %v, %v in %d calls", got, err, *calls)
	}
	c, calls = answer(0)
	if _, err := c.Products(t.Context(), []string{"A"}); orderflow.CodeOf(err) != orderflow.CodeThrottled ||
		*calls != batchAttempts {
		t.Errorf("got %v in %d calls", err, *calls)
	}
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	storetest.TestCustomers(t, &Customers{DB: localDB(t), Table: "customers"})
}
