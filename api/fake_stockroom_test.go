package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func (m *memory) SaveProduct(_ context.Context, p orderflow.Product, exists bool, log orderflow.Movement) error {
	defer m.lock()()
	saved, known := m.products[p.SKU]
	if m.conflicts > 0 || known != exists || saved.Version != p.Version {
		m.conflicts--
		return orderflow.Errorf(orderflow.CodeConflict, "the product was saved meanwhile")
	}
	saved.SKU = p.SKU
	saved.Revise(p.Details())
	saved.Version++
	m.products[p.SKU] = saved
	m.movements = append(m.movements, log)
	return m.fail
}

func (m *memory) MoveStock(_ context.Context, _ orderflow.Product, move orderflow.Movement, key string, answer []byte,
	now, expires time.Time) ([]byte, error) {
	defer m.lock()()
	if earlier := m.answer(key, now); earlier != nil {
		return earlier, nil
	}
	p, known := m.products[move.SKU]
	stock := p.At(move.Warehouse)
	stock.OnHand += move.Delta
	if m.conflicts > 0 || !known || stock.OnHand < 0 {
		m.conflicts--
		return nil, orderflow.Errorf(orderflow.CodeConflict, "changed concurrently")
	}
	if move.Warehouse == "" {
		p.OnHand = stock.OnHand
	} else {
		p.Warehouses = maps.Clone(p.Warehouses)
		if p.Warehouses == nil {
			p.Warehouses = map[string]orderflow.Stock{}
		}
		p.Warehouses[move.Warehouse] = stock
	}
	m.products[move.SKU] = p
	m.movements = append(m.movements, move)
	m.answers[key] = memoryAnswer{answer, expires}
	return nil, m.fail
}

func (m *memory) ListMovements(_ context.Context, sku, after string, limit int) (movements []orderflow.Movement,
	next string, err error) {
	defer m.lock()()
	for _, move := range slices.Backward(m.movements) {
		if move.SKU != sku || after != "" && move.ID >= after {
			continue
		}
		if len(movements) == limit {
			return movements, movements[limit-1].ID, m.fail
		}
		movements = append(movements, move)
	}
	return movements, "", m.fail
}
