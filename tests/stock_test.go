package tests

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// stock changes a product's stock as an operator, under a new key.
func (c *caller) stock(sku, body string) *answer {
	c.s.t.Helper()
	key := http.Header{"Idempotency-Key": {rand.Text()}}
	return c.request(http.MethodPost, "/ops/products/"+sku+"/stock", key, []byte(body))
}

// product creates a product with stock in the given warehouses, as an operator.
func (c *caller) product(sku string, stock map[string]int) {
	c.s.t.Helper()
	details := `{"name":"Thing","category":"living","price":{"amount":1900,"currency":"USD"}}`
	c.request(http.MethodPut, "/ops/products/"+sku, nil, []byte(details)).expect(http.StatusCreated)
	for warehouse, n := range stock {
		c.stock(sku, fmt.Sprintf(`{"delta":%d,"reason":"delivery","warehouse":%q}`, n, warehouse)).expect(http.StatusOK)
	}
}

// stockOf returns a product as it is stored.
func (s *system) stockOf(sku string) orderflow.Product {
	s.t.Helper()
	for _, p := range scan[orderflow.Product](s, "products") {
		if p.SKU == sku {
			return p
		}
	}
	s.t.Fatalf("there is no product %s", sku)
	return orderflow.Product{}
}

// TestLastUnit: 50 customers order the last piece at once. One gets it.
func TestLastUnit(t *testing.T) { inEachMode(t, testLastUnit) }

func testLastUnit(t *testing.T, args ...string) {
	s := up(t, append(args, "--in-memory")...)
	events := s.listen()
	s.as("olga", "operators").product("last-one", map[string]int{"main": 1})
	ids := make([]string, 50)
	var wg sync.WaitGroup
	for i := range ids {
		customer := s.as(fmt.Sprint("customer-", i))
		wg.Go(func() { ids[i] = customer.accepted(order("pm_card_visa", item{"last-one", 1})) })
	}
	wg.Wait()
	ended := map[orderflow.Status]int{}
	for i, id := range ids {
		v := s.as(fmt.Sprint("customer-", i)).ended(id)
		ended[v.Status]++
		if v.Status == orderflow.Rejected && v.reason() != "OutOfStock" {
			t.Errorf("order %s was rejected with %s", id, v.reason())
		}
	}
	if ended[orderflow.Fulfilled] != 1 || ended[orderflow.Rejected] != 49 {
		t.Errorf("ended %v", ended)
	}
	if got := s.stockOf("last-one").At("main"); got != (orderflow.Stock{Shipped: 1}) {
		t.Errorf("left %+v", got)
	}
	s.checkInvariants(events)
}

// TestWarehouses: orders take their stock where it is, and give it back there.
func TestWarehouses(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	events := s.listen()
	olga, ada := s.as("olga", "operators"), s.as("ada")
	olga.product("here", map[string]int{"main": 3})
	olga.product("there", map[string]int{"east": 2, "west": 4})
	olga.product("spread", map[string]int{"main": 1, "east": 1, "west": 1})
	for _, tt := range []struct {
		items  []item
		method string
		want   orderflow.Status
	}{
		{[]item{{"here", 1}, {"there", 3}}, "pm_card_visa", orderflow.Fulfilled},                         // from two
		{[]item{{"there", 1}, {"spread", 1}, {"there", 1}}, "pm_card_visa", orderflow.Fulfilled},         // from one
		{[]item{{"here", 2}, {"spread", 2}, {"there", 1}}, "pm_card_chargeDeclined", orderflow.Rejected}, // given back
		{[]item{{"here", 3}}, "pm_card_visa", orderflow.Rejected},                                        // too many
		{[]item{{"spread", 2}}, "pm_card_visa", orderflow.Fulfilled},                                     // all that is left
		{[]item{{"there", 2}}, "pm_card_visa", orderflow.Rejected}, {[]item{{"here", 2}}, "pm_card_visa", orderflow.Fulfilled},
	} {
		if v := ada.ended(ada.accepted(order(tt.method, tt.items...))); v.Status != tt.want {
			t.Errorf("%v: %s (%s)", tt.items, v.Status, v.reason())
		}
	}
	for sku, shipped := range map[string]int{"here": 3, "there": 5, "spread": 3} {
		if sum := s.stockOf(sku).Total(); sum.Shipped != shipped || sum.Reserved != 0 || sum.OnHand < 0 {
			t.Errorf("%s: %+v", sku, s.stockOf(sku))
		}
	}
	s.checkInvariants(events)
}

// TestDiscontinued: a product that is no longer offered is refused in new orders, and orders that
// were accepted before go on.
func TestDiscontinued(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--param", "ReconcileAfterSeconds=0")
	olga, ada := s.as("olga", "operators"), s.as("ada")
	olga.product("going", map[string]int{"main": 3})
	s.rule("orderflow-order-placed", false)
	accepted := ada.accepted(order("pm_card_visa", item{"going", 2}))
	details := `{"name":"Thing","category":"living","price":{"amount":9900,"currency":"USD"},"discontinued":true}`
	olga.request(http.MethodPut, "/ops/products/going", nil, []byte(details)).expect(http.StatusOK)
	ada.place(order("pm_card_visa", item{"going", 1})).problem(http.StatusUnprocessableEntity, "ProductDiscontinued")
	v := ada.until(accepted, "ends", func(v view) bool {
		s.invoke("ReconcileFunction", struct{}{}) // starts the execution
		return v.Status.Final()
	})
	if v.Status != orderflow.Fulfilled || v.Total.Amount != 3800 {
		t.Errorf("%s (%s), total %s", v.Status, v.reason(), v.Total)
	}
}

// TestCLI_products: an operator keeps a product by the command line.
func TestCLI_products(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	file := filepath.Join(t.TempDir(), "shelf.json")
	details := `{"name":"Shelf","category":"living","price":{"amount":4900,"currency":"USD"}}`
	if err := os.WriteFile(file, []byte(details), 0o600); err != nil {
		t.Fatal(err)
	}
	product := func(args ...string) []string { return append([]string{"ops", "product"}, args...) }
	s.ok(t, product("put", "shelf-oak", "-f", file), `Product +shelf-oak`, `Price +49\.00 USD`, `main +0 +0 +0`)
	s.ok(t, product("movements", "shelf-oak"), `operator:\w+ +DETAILS .*price: 49\.00 USD`)
	s.ok(t, product("stock", "shelf-oak", "--delta", "24", "--reason", "delivery 4711"), `^\+24 of shelf-oak in the warehouse main`)
	s.ok(t, product("stock", "shelf-oak", "--delta", "7", "--reason", "delivery 4712", "--warehouse", "east"), `warehouse east`)
	s.ok(t, product("stock", "shelf-oak", "--delta=-4", "--reason", "broken"), `^-4 of shelf-oak`)
	s.ok(t, product("show", "shelf-oak"), `State +offered`, `WAREHOUSE +ON HAND +RESERVED +SHIPPED\n`, `main +20 +0 +0`, `east +7 +0 +0`)
	page := s.ok(t, product("movements", "shelf-oak", "--limit", "2"),
		`STOCK +-4 +main +broken\n(.*\n)*.*STOCK +\+7 +east +delivery 4712\nmore: --cursor \w+`)
	_, cursor, _ := strings.Cut(strings.TrimSpace(page), "--cursor ")
	s.ok(t, product("movements", "shelf-oak", "--cursor", cursor), `^TIME .*\n.*STOCK +\+24 +main +delivery 4711\n.*DETAILS`)
	for _, refused := range []struct {
		args []string
		want string
	}{
		{product("stock", "shelf-oak", "--delta=-21", "--reason", "count"), "OutOfStock"},
		{product("put", "shelf-oak", "-f", file, "--if-version", "9"), "PreconditionFailed"},
		{product("show", "shelf-pine"), "404"},
	} {
		if code, _, errs := s.cli(t, refused.args...); code != 1 || !strings.Contains(errs, refused.want) {
			t.Errorf("%v: exit code %d, %s", refused.args, code, errs)
		}
	}
}

// TestOrdersPerHour: a customer over the limit is refused with the time to wait; the same request
// again is not counted.
func TestOrdersPerHour(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--param", "OrdersPerHour=1")
	body, key := order("pm_card_visa", item{"towel-linen-set3", 1}), http.Header{"Idempotency-Key": {"first"}}
	// The hour of the clock may end between two requests; then the customer may place another one.
	eventually(t, "an order is refused", func() bool {
		for _, customer := range []string{"ada", "ben"} {
			s.as(customer).request(http.MethodPost, "/orders", key, body).expect(http.StatusAccepted)
			s.as(customer).request(http.MethodPost, "/orders", key, body).expect(http.StatusAccepted)
		}
		a := s.as("ada").place(body)
		if a.Status == http.StatusAccepted {
			return false
		}
		a.problem(http.StatusTooManyRequests, "TooManyOrders")
		if n, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || n < 1 || n > 3601 {
			t.Errorf("Retry-After: %s", a.Header.Get("Retry-After"))
		}
		return true
	})
}
