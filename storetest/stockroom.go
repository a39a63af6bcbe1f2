package storetest

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Stockroom keeps the catalogue and the stock.
type Stockroom interface {
	Product(ctx context.Context, sku string) (orderflow.Product, error)
	SaveProduct(ctx context.Context, p orderflow.Product, exists bool, m orderflow.Movement) error
	MoveStock(ctx context.Context, p orderflow.Product, m orderflow.Movement, key string, answer []byte,
		now, expires time.Time) (earlier []byte, err error)
	ListMovements(ctx context.Context, sku, after string, limit int) (movements []orderflow.Movement, next string, err error)
}

// TestStockroom tests that no change of a product or its stock is lost or made twice, and that each
// is logged.
func TestStockroom(t *testing.T, open func(t *testing.T) Stockroom) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, Stockroom)
	}{
		{"details", testDetails}, {"stock", testStockChanges}, {"stock concurrently", testStockRace},
		{"movements", testMovementPages},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open(t))
		})
	}
}

// logged returns a movement of the product "shelf".
func logged(n byte, kind orderflow.MovementKind, delta int, warehouse string) orderflow.Movement {
	return orderflow.Movement{
		SKU: "shelf", ID: "mov_" + string('a'+rune(n)), Kind: kind, At: noon, Actor: "operator:olga", Delta: delta,
		Reason: "count", Warehouse: warehouse,
	}
}

// shelf creates the product "shelf" and returns it as it is saved.
func shelf(t *testing.T, s Stockroom) orderflow.Product {
	t.Helper()
	p := orderflow.Product{SKU: "shelf", Name: "Shelf", Description: "Oak.", Category: "living", Price: usd(250)}
	wantCode(t, s.SaveProduct(t.Context(), p, false, logged(0, orderflow.MovementDetails, 0, "")), "")
	return saved(t, s)
}

func saved(t *testing.T, s Stockroom) orderflow.Product {
	t.Helper()
	p, err := s.Product(t.Context(), "shelf")
	wantCode(t, err, "")
	return p
}

func testDetails(t *testing.T, s Stockroom) {
	p := shelf(t, s)
	want := orderflow.Product{SKU: "shelf", Name: "Shelf", Description: "Oak.", Category: "living", Price: usd(250), Version: 1}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("created %+v", p)
	}
	wantCode(t, s.SaveProduct(t.Context(), p, false, logged(1, orderflow.MovementDetails, 0, "")), orderflow.CodeConflict)
	move(t, s, p, logged(2, orderflow.MovementStock, 7, ""), "stocked")
	// The stock changed since p was loaded, and the details did not: they are replaced, the stock
	// stays.
	p.Name, p.Description, p.Category, p.Price, p.Discontinued = "Shelf 2", "", "office", usd(300), true
	wantCode(t, s.SaveProduct(t.Context(), p, true, logged(3, orderflow.MovementDetails, 0, "")), "")
	want = orderflow.Product{
		SKU: "shelf", Name: "Shelf 2", Category: "office", Price: usd(300), Discontinued: true, OnHand: 7, Version: 2,
	}
	if got := saved(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	wantCode(t, s.SaveProduct(t.Context(), p, true, logged(4, orderflow.MovementDetails, 0, "")), orderflow.CodeConflict)
	p.Version, p.Discontinued = 2, false
	wantCode(t, s.SaveProduct(t.Context(), p, true, logged(5, orderflow.MovementDetails, 0, "")), "")
	if got := saved(t, s); got.Discontinued || got.OnHand != 7 || got.Version != 3 {
		t.Errorf("got %+v", got)
	}
	never := orderflow.Product{SKU: "never", Name: "N", Category: "n", Price: usd(1)}
	wantCode(t, s.SaveProduct(t.Context(), never, true, logged(6, orderflow.MovementDetails, 0, "")), orderflow.CodeConflict)
}

// move makes a movement that must succeed, under a key of its own.
func move(t *testing.T, s Stockroom, p orderflow.Product, m orderflow.Movement, key string) {
	t.Helper()
	earlier, err := s.MoveStock(t.Context(), p, m, key, []byte("answer to "+key), noon, noon.Add(time.Hour))
	if wantCode(t, err, ""); earlier != nil {
		t.Errorf("%s was answered before with %s", key, earlier)
	}
}

func testStockChanges(t *testing.T, s Stockroom) {
	const stock = orderflow.MovementStock
	move(t, s, shelf(t, s), logged(1, stock, 5, ""), "one")
	move(t, s, saved(t, s), logged(2, stock, -2, ""), "two")
	move(t, s, saved(t, s), logged(3, stock, 4, "east"), "three") // its first other warehouse
	move(t, s, saved(t, s), logged(4, stock, 6, "west"), "four")
	move(t, s, saved(t, s), logged(5, stock, -4, "east"), "five")
	want := map[string]orderflow.Stock{"east": {}, "west": {OnHand: 6}}
	if p := saved(t, s); p.OnHand != 3 || !reflect.DeepEqual(p.Warehouses, want) {
		t.Errorf("got %+v", p)
	}
	before := saved(t, s)
	for _, m := range []orderflow.Movement{logged(6, stock, -4, ""), logged(6, stock, -1, "east")} {
		_, err := s.MoveStock(t.Context(), before, m, "too much", nil, noon, noon.Add(time.Hour))
		wantCode(t, err, orderflow.CodeConflict)
	}
	earlier, err := s.MoveStock(t.Context(), before, logged(7, stock, 5, ""), "one", nil, noon, noon.Add(time.Hour))
	if err != nil || string(earlier) != "answer to one" {
		t.Errorf("got %s, %v", earlier, err)
	}
	if p := saved(t, s); !reflect.DeepEqual(p, before) {
		t.Errorf("refused changes changed %+v to %+v", before, p)
	}
	move(t, s, before, logged(8, stock, 1, ""), "after the refusal")
	if list, _, err := s.ListMovements(t.Context(), "shelf", "", 100); err != nil || len(list) != 7 {
		t.Errorf("%d movements, %v", len(list), err)
	}
}

// testStockRace: concurrent changes of one warehouse, its first ones, are all made or refused.
func testStockRace(t *testing.T, s Stockroom) {
	p := shelf(t, s)
	var mu sync.Mutex
	var wg sync.WaitGroup
	made := 0
	for i := range byte(12) {
		wg.Go(func() {
			m := logged(1+i, orderflow.MovementStock, 1, "east")
			_, err := s.MoveStock(t.Context(), p, m, "key of "+m.ID, []byte("a"), noon, noon.Add(time.Hour))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if code := orderflow.CodeOf(err); code != orderflow.CodeConflict && code != orderflow.CodeThrottled {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := saved(t, s).At("east").OnHand; made == 0 || n != made {
		t.Errorf("%d changes were made, %d pieces are on hand", made, n)
	}
}

func testMovementPages(t *testing.T, s Stockroom) {
	p := shelf(t, s)
	want := []orderflow.Movement{logged(0, orderflow.MovementDetails, 0, "")}
	for i := range byte(6) {
		m := logged(i+1, orderflow.MovementStock, 1, "")
		m.Changed = []string{"a", "b"}
		move(t, s, p, m, m.ID)
		want = append([]orderflow.Movement{m}, want...)
	}
	for _, limit := range []int{1, 3, 7, 100} {
		var got []orderflow.Movement
		for after := ""; ; {
			page, next, err := s.ListMovements(t.Context(), "shelf", after, limit)
			wantCode(t, err, "")
			if len(page) > limit {
				t.Fatalf("%d movements in a page of %d", len(page), limit)
			}
			got = append(got, page...)
			if after = next; after == "" {
				break
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("by %d: got %+v, want %+v", limit, got, want)
		}
	}
	if list, next, err := s.ListMovements(t.Context(), "other", "", 5); len(list) != 0 || next != "" || err != nil {
		t.Errorf("got %v, %q, %v", list, next, err)
	}
}
