package tasks

import (
	"context"
	"errors"
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

// store is an in-memory store with the guards of the tables. It implements Orders, Steps, Ledger,
// Catalogue and Customers.
type store struct {
	mu        sync.Mutex
	orders    map[string]*orderflow.Order // loaded orders share no memory with these
	steps     map[string]orderflow.Step
	payments  map[string]orderflow.Payment
	products  map[string]orderflow.Product
	customers map[string]orderflow.Customer
	claims    map[string]orderflow.Claim // by customer and promotion
	movements []orderflow.Movement
	stream    []StreamRecord

	commits int
	// beforeRead may fail a read. beforeCommit and afterCommit may fail a commit, before or after
	// it is applied. They run without the lock.
	beforeRead, beforeCommit, afterCommit func(ctx context.Context) error
}

func newStore() *store {
	return &store{
		orders: map[string]*orderflow.Order{}, steps: map[string]orderflow.Step{},
		payments: map[string]orderflow.Payment{},
		products: map[string]orderflow.Product{}, customers: map[string]orderflow.Customer{},
		claims: map[string]orderflow.Claim{},
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.TestStore(t, func(_ *testing.T, products ...orderflow.Product) storetest.Store {
		s := newStore()
		for _, p := range products {
			s.products[p.SKU] = p
		}
		return s
	})
}

// reading starts a read.
func (s *store) reading(ctx context.Context) error {
	if s.beforeRead == nil {
		return nil
	}
	return s.beforeRead(ctx)
}

func (s *store) Order(ctx context.Context, id string) (*orderflow.Order, error) {
	if err := s.reading(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.orders[id]
	if !ok {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "no order %s", id)
	}
	return clone(o), nil
}

func (s *store) Step(ctx context.Context, orderID, name string) (*orderflow.Step, error) {
	if err := s.reading(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if step, ok := s.steps[orderID+"/"+name]; ok {
		return &step, nil
	}
	return nil, nil
}

func (s *store) Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error) {
	if err := s.reading(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.payments[orderID+"/"+step]; ok {
		return &p, nil
	}
	return nil, nil
}

func (s *store) Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error) {
	if err := s.reading(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]orderflow.Product{}
	for _, sku := range skus {
		if p, ok := s.products[sku]; ok {
			out[sku] = p
		}
	}
	return out, nil
}

func (s *store) Customer(ctx context.Context, id string) (orderflow.Customer, error) {
	if err := s.reading(ctx); err != nil {
		return orderflow.Customer{}, err
	}
	c, ok := s.customers[id]
	if !ok {
		return c, orderflow.Errorf(orderflow.CodeNotFound, "no customer %s", id)
	}
	return c, nil
}

func (s *store) Commit(ctx context.Context, w orderflow.Write) error {
	if s.beforeCommit != nil {
		if err := s.beforeCommit(ctx); err != nil {
			return err
		}
	}
	if err := s.apply(w); err != nil {
		return err
	}
	if s.afterCommit != nil {
		return s.afterCommit(ctx)
	}
	return nil
}

var errConflict = orderflow.Errorf(orderflow.CodeConflict, "changed concurrently")

func (s *store) apply(w orderflow.Write) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := products(w.Stock) + 2*len(w.Movements)
	for _, given := range []bool{w.Order != nil, w.Step != nil, w.Payment != nil} {
		if given {
			n++
		}
	}
	if n > 100 {
		return fmt.Errorf("a transaction of %d actions", n)
	}
	if err := s.guard(w); err != nil {
		return err
	}
	moved, err := s.moved(w.Stock)
	if err != nil {
		return err
	}
	if err := s.restocked(w.Movements, moved); err != nil {
		return err
	}
	maps.Copy(s.products, moved)
	s.movements = append(s.movements, w.Movements...)
	if w.Step != nil {
		s.steps[w.Step.OrderID+"/"+w.Step.Name] = *w.Step
	}
	if w.Payment != nil {
		if w.Payment.Counted() {
			w.Payment.Revision++
		}
		s.payments[w.Payment.OrderID+"/"+w.Payment.Step] = *w.Payment
	}
	if c := w.Return; c != nil && s.claims[claimKey(*c)] == *c {
		delete(s.claims, claimKey(*c))
	}
	s.commits++
	if w.Order != nil {
		s.save(w.Order)
	}
	return nil
}

func (s *store) guard(w orderflow.Write) error {
	if w.Order != nil && w.Order.Version != s.version(w.Order.ID) {
		return errConflict
	}
	if w.Step != nil {
		if _, done := s.steps[w.Step.OrderID+"/"+w.Step.Name]; done {
			return errConflict
		}
	}
	if w.Payment != nil {
		old, exists := s.payments[w.Payment.OrderID+"/"+w.Payment.Step]
		may, same := w.Payment.CanReplace(), old.Revision == w.Payment.Revision
		started, held := old.State == orderflow.PaymentStarted, old.State == orderflow.PaymentHeld
		if !(may.None && !exists || started && (may.Started || may.SameStarted && same) || may.Held && held && same) {
			return errConflict
		}
	}
	return nil
}

func (s *store) version(id string) int64 {
	if o, ok := s.orders[id]; ok {
		return o.Version
	}
	return 0
}

// moved returns the products that the moves change.
func (s *store) moved(moves []orderflow.StockMove) (map[string]orderflow.Product, error) {
	out := map[string]orderflow.Product{}
	var short []string
	code := orderflow.CodeOutOfStock
	for _, m := range moves {
		p, changed := out[m.SKU]
		if !changed {
			p = s.products[m.SKU]
			p.Warehouses = maps.Clone(p.Warehouses)
		}
		stock := p.At(m.Warehouse)
		from, to := &stock.OnHand, &stock.Reserved
		switch m.Kind {
		case orderflow.Release:
			from, to = &stock.Reserved, &stock.OnHand
		case orderflow.Ship:
			from, to = &stock.Reserved, &stock.Shipped
		case orderflow.TakeBack:
			from, to = &stock.Shipped, &stock.OnHand
		}
		if m.Quantity <= 0 {
			return nil, fmt.Errorf("move stock: %q of %d", m.Kind, m.Quantity)
		}
		if *from < m.Quantity {
			if !slices.Contains(short, m.SKU) {
				short = append(short, m.SKU)
			}
			if m.Kind != orderflow.Reserve {
				code = orderflow.CodeInvalidState
			}
			continue
		}
		*from, *to = *from-m.Quantity, *to+m.Quantity
		out[m.SKU] = with(p, m.Warehouse, stock)
	}
	if len(short) > 0 {
		return nil, orderflow.Errorf(code, "not enough in stock: %s", strings.Join(short, ", "))
	}
	return out, nil
}

// with returns the product with other stock in one of its warehouses.
func with(p orderflow.Product, warehouse string, stock orderflow.Stock) orderflow.Product {
	if warehouse == "" {
		p.OnHand, p.Reserved, p.Shipped = stock.OnHand, stock.Reserved, stock.Shipped
	} else {
		p.Warehouses[warehouse] = stock
	}
	return p
}

// restocked applies movements to the products that a write changes.
func (s *store) restocked(movements []orderflow.Movement, changed map[string]orderflow.Product) error {
	for _, m := range movements {
		p, known := s.products[m.SKU]
		stock := p.At(m.Warehouse)
		stock.OnHand += m.Delta
		if slices.ContainsFunc(s.movements, func(old orderflow.Movement) bool { return old.ID == m.ID }) {
			return errConflict
		}
		if _, has := p.Warehouses[m.Warehouse]; !known || stock.OnHand < 0 || m.Warehouse != "" && !has {
			return orderflow.Errorf(orderflow.CodeOutOfStock, "not enough in stock: %s", m.SKU)
		}
		p.Warehouses = maps.Clone(p.Warehouses)
		changed[m.SKU] = with(p, m.Warehouse, stock)
	}
	return nil
}

func (s *store) save(o *orderflow.Order) {
	published := int64(0)
	if old, ok := s.orders[o.ID]; ok {
		published = old.Sequence
	}
	o.Version++
	kept := clone(o)
	s.orders[o.ID] = kept
	s.stream = append(s.stream, StreamRecord{
		SequenceNumber: fmt.Sprint(len(s.stream) + 1), Order: kept, Published: published,
	})
}

// change loads an order, changes it and saves it, as the API does.
func (s *store) change(id string, f func(o *orderflow.Order) error) error {
	o, err := s.Order(context.Background(), id)
	if err != nil {
		return err
	}
	loaded := o.Sequence
	if err := f(o); err != nil || o.Sequence == loaded {
		return err
	}
	return s.apply(orderflow.Write{Order: o})
}

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(t time.Time) Clock { return func() time.Time { return t } }

// place saves an order of n products, two of each, with the given quantity on hand of each.
func place(t *testing.T, s *store, n, onHand int, method string) *orderflow.Order {
	t.Helper()
	return placePriced(t, s, n, onHand, method, 100)
}

// placePriced is place with a price. The price of each further product is higher by one, unless
// they are free.
func placePriced(t *testing.T, s *store, n, onHand int, method string, price int64) *orderflow.Order {
	t.Helper()
	d := orderflow.Draft{ID: "ord_1", CustomerID: "cus_1", Email: "ada@example.com", PaymentMethod: method, At: start}
	for i := range n {
		p := orderflow.Product{
			SKU: fmt.Sprintf("sku-%03d", i), Name: "Thing",
			Price: orderflow.Money{Amount: price + min(price, int64(i)), Currency: "USD"}, OnHand: onHand,
		}
		s.products[p.SKU] = p
		d.Lines = append(d.Lines, orderflow.Line{SKU: p.SKU, Name: p.Name, Quantity: 2, UnitPrice: p.Price})
	}
	o, err := orderflow.Place(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.apply(orderflow.Write{Order: o}); err != nil {
		t.Fatal(err)
	}
	return o
}

func (s *store) load(t *testing.T, id string) *orderflow.Order {
	t.Helper()
	o, err := s.Order(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// stock returns the sums over all products.
func (s *store) stock() (onHand, reserved, shipped int) {
	for _, p := range s.products {
		sum := p.Total()
		onHand, reserved, shipped = onHand+sum.OnHand, reserved+sum.Reserved, shipped+sum.Shipped
	}
	return onHand, reserved, shipped
}

var errLost = errors.New("connection lost")

func wantCode(t *testing.T, err error, want orderflow.Code) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if got := orderflow.CodeOf(err); got != want || err == nil {
		t.Fatalf("got error %v, want code %q", err, want)
	}
}
