package api

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

// memory implements all stores of the API in memory.
type memory struct {
	mu         sync.Mutex
	orders     map[string][]byte
	answers    map[string]memoryAnswer
	products   map[string]orderflow.Product
	movements  []orderflow.Movement   // oldest first
	hours      map[string][]time.Time // the hours of each customer's orders
	customers  map[string]orderflow.Customer
	executions map[string]*memoryExecution
	pricing    orderflow.Pricing
	claims     map[string]orderflow.Claim // by customer and promotion
	placed     int
	limit      int   // orders of a customer in an hour
	inFlight   bool  // Place conflicts with another transaction
	conflicts  int   // how many commits conflict with another one
	fail       error // every call fails with it
	startFails error // Start fails with it
	panics     any
}

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.TestOrders(t, func(*testing.T) storetest.Orders { return newMemory() })
	storetest.TestPlacements(t, func(*testing.T) storetest.Placements { return newMemory() })
	storetest.TestOrderLimit(t, func(_ *testing.T, limit int) storetest.Placements {
		m := newMemory()
		m.limit = limit
		return m
	})
	storetest.TestClaims(t, func(*testing.T) storetest.Claims { return newMemory() })
	storetest.TestPricing(t, func(_ *testing.T, tables orderflow.Pricing) storetest.Pricing {
		m := newMemory()
		m.pricing = tables
		return m
	})
	storetest.TestCustomers(t, newMemory())
	storetest.TestStockroom(t, func(*testing.T) storetest.Stockroom { return newMemory() })
}

type memoryAnswer struct {
	answer  []byte
	expires time.Time
}

type memoryExecution struct {
	orderflow.Execution
	history []orderflow.ExecutionEvent
	tokens  []string
	after   func() // runs inside Redrive
}

func newMemory() *memory {
	return &memory{
		orders: map[string][]byte{}, answers: map[string]memoryAnswer{}, customers: map[string]orderflow.Customer{},
		executions: map[string]*memoryExecution{}, claims: map[string]orderflow.Claim{}, hours: map[string][]time.Time{},
		products: map[string]orderflow.Product{
			"MUG-BLUE": {SKU: "MUG-BLUE", Name: "Blue mug", Category: "kitchen", Price: usd(1650), OnHand: 10,
				Reserved: 3},
			"TEA-GREY": {SKU: "TEA-GREY", Name: "Earl Grey", Description: "100 g.", Category: "food", Price: usd(950),
				OnHand: 5},
			"TEA-GREEN": {SKU: "TEA-GREEN", Name: "Green tea", Category: "food", Price: usd(1050), OnHand: 0},
			"FROMAGE": {SKU: "FROMAGE", Name: "Comté", Category: "food",
				Price: orderflow.Money{Amount: 2000, Currency: "EUR"}, OnHand: 5},
			"YACHT": {SKU: "YACHT", Name: "Yacht", Category: "large", Price: usd(1 << 51), OnHand: 999},
		},
	}
}

func usd(amount int64) orderflow.Money { return orderflow.Money{Amount: amount, Currency: "USD"} }

func (m *memory) lock() func() {
	if m.panics != nil {
		panic(m.panics)
	}
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *memory) load(id string) (*orderflow.Order, error) {
	raw, ok := m.orders[id]
	if !ok {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no order %s", id)
	}
	o := &orderflow.Order{}
	return o, json.Unmarshal(raw, o)
}

func (m *memory) save(o *orderflow.Order) {
	o.Version++
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	m.orders[o.ID] = raw
}

func (m *memory) Order(_ context.Context, id string) (*orderflow.Order, error) {
	defer m.lock()()
	if m.fail != nil {
		return nil, m.fail
	}
	return m.load(id)
}

func (m *memory) Commit(_ context.Context, w orderflow.Write) error {
	defer m.lock()()
	var version int64
	if old, err := m.load(w.Order.ID); err == nil {
		version = old.Version
	} else if orderflow.CodeOf(err) != orderflow.CodeNotFound {
		return err
	}
	if m.conflicts > 0 || version != w.Order.Version {
		m.conflicts--
		return orderflow.Errorf(orderflow.CodeConflict, "changed by another request")
	}
	for _, move := range w.Stock { // only of returned goods
		p := m.products[move.SKU]
		if move.Kind != orderflow.TakeBack || p.Shipped < move.Quantity {
			return orderflow.Errorf(orderflow.CodeInvalidState, "not enough shipped: %s", move.SKU)
		}
		p.Shipped, p.OnHand = p.Shipped-move.Quantity, p.OnHand+move.Quantity
		m.products[move.SKU] = p
	}
	m.save(w.Order)
	if c := w.Return; c != nil && m.claims[claimKey(*c)].OrderID == c.OrderID {
		delete(m.claims, claimKey(*c))
	}
	return nil
}

func (m *memory) Answer(_ context.Context, key string, now time.Time) ([]byte, error) {
	defer m.lock()()
	return m.answer(key, now), m.fail
}

func (m *memory) answer(key string, now time.Time) []byte {
	if a, ok := m.answers[key]; ok && a.expires.After(now) {
		return a.answer
	}
	return nil
}

func (m *memory) Place(_ context.Context, o *orderflow.Order, key string, answer []byte,
	now, expires time.Time) ([]byte, error) {
	defer m.lock()()
	if o.Version != 0 {
		return nil, fmt.Errorf("place order %s: it is saved already", o.ID)
	}
	if m.inFlight {
		return nil, orderflow.Errorf(orderflow.CodeConflict, "another transaction")
	}
	if earlier := m.answer(key, now); earlier != nil {
		return earlier, nil
	}
	if m.limit > 0 && m.placedIn(o.CustomerID, now.Truncate(time.Hour)) >= m.limit {
		return nil, orderflow.Errorf(orderflow.CodeTooManyOrders, "a customer may place %d orders in an hour", m.limit)
	}
	if c := o.Claim(); c != nil {
		if _, ok := m.claims[claimKey(*c)]; ok {
			return nil, orderflow.Errorf(orderflow.CodePromotionUsed, "promotion %s was used", c.PromotionCode)
		}
		m.claims[claimKey(*c)] = *c
	}
	m.hours[o.CustomerID] = append(m.hours[o.CustomerID], now.Truncate(time.Hour))
	m.placed++
	m.save(o)
	m.answers[key] = memoryAnswer{answer, expires}
	return nil, nil
}

// placedIn returns how many orders a customer placed in an hour.
func (m *memory) placedIn(customer string, hour time.Time) (n int) {
	for _, h := range m.hours[customer] {
		if h.Equal(hour) {
			n++
		}
	}
	return n
}

func (m *memory) OldestOpen(_ context.Context, before time.Time, limit int) (orders []*orderflow.Order, more bool, err error) {
	defer m.lock()()
	for _, id := range slices.Sorted(maps.Keys(m.orders)) {
		o, err := m.load(id)
		if err != nil {
			return nil, false, err
		}
		if o.Status.Final() || !o.PlacedAt.Before(before) {
			continue
		}
		if len(orders) == limit {
			return orders, true, m.fail
		}
		orders = append(orders, o)
	}
	return orders, false, m.fail
}

func (m *memory) FindOrders(
	_ context.Context, f orderflow.OrderFilter, after string, limit int,
) (orders []*orderflow.Order, next string, err error) {
	defer m.lock()()
	ids := slices.Sorted(maps.Keys(m.orders))
	slices.Reverse(ids)
	for _, id := range ids {
		if after != "" && id >= after {
			continue
		}
		o, err := m.load(id)
		if err != nil {
			return nil, "", err
		}
		if !f.Matches(o) {
			continue
		}
		if len(orders) == limit {
			return orders, orders[limit-1].ID, m.fail
		}
		orders = append(orders, o)
	}
	return orders, "", m.fail
}

func (m *memory) Product(_ context.Context, sku string) (orderflow.Product, error) {
	defer m.lock()()
	p, ok := m.products[sku]
	if !ok {
		return p, orderflow.Errorf(orderflow.CodeNotFound, "there is no product %s", sku)
	}
	return p, m.fail
}

func (m *memory) Products(_ context.Context, skus []string) (map[string]orderflow.Product, error) {
	defer m.lock()()
	found := map[string]orderflow.Product{}
	for _, sku := range skus {
		if p, ok := m.products[sku]; ok {
			found[sku] = p
		}
	}
	return found, m.fail
}

func (m *memory) ListProducts(
	_ context.Context, category, after string, limit int,
) (products []orderflow.Product, next string, err error) {
	defer m.lock()()
	for _, sku := range slices.Sorted(maps.Keys(m.products)) {
		if p := m.products[sku]; strings.Compare(sku, after) > 0 && (category == "" || p.Category == category) {
			if len(products) == limit {
				return products, products[limit-1].SKU, m.fail
			}
			products = append(products, p)
		}
	}
	return products, "", m.fail
}

func (m *memory) Customer(_ context.Context, id string) (orderflow.Customer, error) {
	defer m.lock()()
	c, ok := m.customers[id]
	if !ok {
		return c, orderflow.Errorf(orderflow.CodeNotFound, "there is no such customer")
	}
	return c, m.fail
}

func (m *memory) SaveCustomer(_ context.Context, c orderflow.Customer) error {
	defer m.lock()()
	if m.conflicts > 0 || m.customers[c.ID].Version != c.Version {
		m.conflicts--
		return orderflow.Errorf(orderflow.CodeConflict, "the profile was saved meanwhile")
	}
	c.Version++
	m.customers[c.ID] = c
	return m.fail
}

func (m *memory) Execution(_ context.Context, orderID string) (orderflow.Execution, error) {
	defer m.lock()()
	e, ok := m.executions[orderID]
	if !ok {
		return orderflow.Execution{}, orderflow.Errorf(orderflow.CodeNotFound, "order %s has no execution", orderID)
	}
	return e.Execution, m.fail
}

func (m *memory) History(_ context.Context, orderID string, limit int) ([]orderflow.ExecutionEvent, bool, error) {
	defer m.lock()()
	events := m.executions[orderID].history
	if len(events) > limit {
		return events[len(events)-limit:], true, m.fail
	}
	return events, false, m.fail
}

func (m *memory) Start(_ context.Context, name string) error {
	defer m.lock()()
	if m.startFails != nil {
		return m.startFails
	}
	if m.executions[name] == nil {
		m.executions[name] = &memoryExecution{Execution: orderflow.Execution{Status: orderflow.ExecutionRunning}}
	}
	return nil
}

func (m *memory) Redrive(_ context.Context, orderID, clientToken string) error {
	defer m.lock()()
	e := m.executions[orderID]
	if slices.Contains(e.tokens, clientToken) {
		return nil
	}
	if !e.Redrivable {
		return orderflow.Errorf(orderflow.CodeNotRedrivable, "%s", e.NotRedrivable)
	}
	e.tokens = append(e.tokens, clientToken)
	e.RedriveCount++
	if e.after != nil {
		e.after()
	}
	return nil
}
