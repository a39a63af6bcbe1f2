package tasks

import (
	"context"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Reserve reserves the stock of an order and confirms it.
//
// It tries the main warehouse first, without reading the catalogue. Only if that has too little, it
// reads the products and takes the stock from as few warehouses as possible.
//
// An order may have more products than one transaction can change. Reserve works chunk by chunk,
// and the last chunk confirms the order. The step records reserve/1, reserve/2, ... list what is
// reserved and where; Release releases exactly that, and Record ships it.
type Reserve struct {
	Orders    Orders
	Steps     Steps
	Catalogue Catalogue // reads strongly consistent
	Now       Clock
	// HoldFor is how long an order that is not paid holds its stock; 0: for ever.
	HoldFor time.Duration
}

// Reserved is the result of Reserve.
type Reserved struct {
	OrderID  string `json:"orderId"`
	Products int    `json:"products"` // number of reserved products
}

// Handle returns CodeOutOfStock with the SKUs in its message (earlier chunks stay reserved until
// Release), CodeOrderCancelled, or CodeInvalidState if the order's stock was already released or
// the order has ended.
func (r Reserve) Handle(ctx context.Context, in Input) (Reserved, error) {
	return run(ctx, "reserve stock", func() (Reserved, error) { return r.reserve(ctx, in.OrderID) })
}

func (r Reserve) reserve(ctx context.Context, id string) (Reserved, error) {
	// The order is read before the step records. A release in between raises the version, and the
	// commit fails.
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return Reserved{}, err
	}
	moves := o.StockMoves(orderflow.Reserve)
	done := Reserved{OrderID: id, Products: products(moves)}
	if o.StockStatus == orderflow.StockReserved || o.StockStatus == orderflow.StockShipped {
		return done, nil
	}
	if err := r.refuseReleased(ctx, o); err != nil {
		return Reserved{}, err
	}
	var held []orderflow.StockMove
	for _, c := range chunks(moves) {
		if held, err = r.reserveChunk(ctx, o, c, held); err != nil {
			return Reserved{}, err
		}
	}
	return done, nil
}

// products counts the products of moves, of which each has its moves side by side.
func products(moves []orderflow.StockMove) int {
	n := 0
	for i, m := range moves {
		if i == 0 || m.SKU != moves[i-1].SKU {
			n++
		}
	}
	return n
}

// refuseReleased stops a late invocation from reserving stock that no later step would release.
func (r Reserve) refuseReleased(ctx context.Context, o *orderflow.Order) error {
	if err := o.CanProceed(); err != nil {
		return err
	}
	if o.Status != orderflow.Placed {
		return orderflow.Errorf(orderflow.CodeInvalidState, "order %s is %s", o.ID, o.Status)
	}
	released, err := r.Steps.Step(ctx, o.ID, chunk{number: 1}.name("release"))
	if err != nil {
		return err
	}
	if released != nil {
		return orderflow.Errorf(orderflow.CodeInvalidState, "the stock of order %s was already released", o.ID)
	}
	return nil
}

// reserveChunk reserves a chunk unless it is reserved, and returns held with the chunk's moves.
func (r Reserve) reserveChunk(ctx context.Context, o *orderflow.Order, c chunk,
	held []orderflow.StockMove) ([]orderflow.StockMove, error) {
	if c.last {
		if err := o.Confirm(r.Now.by("reserve", "")); err != nil {
			return nil, err
		}
	} else if done, err := r.Steps.Step(ctx, o.ID, c.name("reserve")); err != nil {
		return nil, err
	} else if done != nil {
		moves, err := readResult[[]orderflow.StockMove](done)
		return append(held, moves...), err
	}
	err := r.commit(ctx, o, c, held)
	if orderflow.CodeOf(err) != orderflow.CodeOutOfStock {
		return append(held, c.moves...), err
	}
	if c.moves, err = r.allocate(ctx, c.moves, err); err != nil {
		return nil, err
	}
	err = r.commit(ctx, o, c, held)
	if orderflow.CodeOf(err) == orderflow.CodeOutOfStock { // another order was faster: read the stock again
		err = orderflow.Errorf(orderflow.CodeConflict, "%s", orderflow.MessageOf(err))
	}
	return append(held, c.moves...), err
}

// allocate spreads the moves over the products' warehouses. It returns short, the refusal of the
// main warehouse, if there is no other.
func (r Reserve) allocate(ctx context.Context, moves []orderflow.StockMove, short error) ([]orderflow.StockMove, error) {
	skus := make([]string, len(moves))
	for i, m := range moves {
		skus[i] = m.SKU
	}
	found, err := r.Catalogue.Products(ctx, skus)
	if err != nil {
		return nil, err
	}
	elsewhere := false
	for _, p := range found {
		elsewhere = elsewhere || len(p.Warehouses) > 0
	}
	if !elsewhere {
		return nil, short
	}
	return orderflow.AllocateStock(moves, found)
}

func (r Reserve) commit(ctx context.Context, o *orderflow.Order, c chunk, held []orderflow.StockMove) error {
	if r.HoldFor > 0 {
		o.HoldUntilOnce(r.Now().UTC().Add(r.HoldFor))
	}
	if c.last {
		o.SetHolds(slices.Concat(held, c.moves))
	}
	step, err := c.step(o.ID, "reserve", c.moves)
	if err != nil {
		return err
	}
	return r.Orders.Commit(ctx, orderflow.Write{Order: o, Step: step, Stock: c.moves})
}
