package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Catalogue reads products.
type Catalogue interface {
	// Products returns the products that exist among the given SKUs.
	Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error)
}

// OrderReader loads orders.
type OrderReader interface {
	Order(ctx context.Context, id string) (*orderflow.Order, error)
}

// Validate checks that an order can be fulfilled. It changes nothing.
type Validate struct {
	Orders    OrderReader
	Catalogue Catalogue
}

// Validated is the result of Validate.
type Validated struct {
	OrderID string          `json:"orderId"`
	Total   orderflow.Money `json:"total"`
}

// Handle returns CodeInvalidOrder with the reasons in its message, or CodeOrderCancelled. An order
// that has passed validation is valid.
func (v Validate) Handle(ctx context.Context, in Input) (Validated, error) {
	return run(ctx, "validate order", func() (Validated, error) { return v.validate(ctx, in.OrderID) })
}

func (v Validate) validate(ctx context.Context, id string) (Validated, error) {
	o, err := v.Orders.Order(ctx, id)
	if err != nil {
		return Validated{}, err
	}
	valid := Validated{OrderID: o.ID, Total: o.Total}
	if o.Status != orderflow.Placed {
		return valid, nil
	}
	if err := o.CanProceed(); err != nil {
		return Validated{}, err
	}
	if err := checkOrder(o); err != nil {
		return Validated{}, err
	}
	moves := o.StockMoves(orderflow.Reserve)
	skus := make([]string, len(moves))
	for i, m := range moves {
		skus[i] = m.SKU
	}
	products, err := v.Catalogue.Products(ctx, skus)
	if err != nil {
		return Validated{}, err
	}
	for _, sku := range skus {
		if _, ok := products[sku]; !ok {
			return Validated{}, orderflow.Errorf(orderflow.CodeInvalidOrder, "product %s is no longer in the catalogue",
				sku)
		}
	}
	return valid, nil
}

// checkOrder checks the order by itself. Its prices stay those that the customer saw.
func checkOrder(o *orderflow.Order) error {
	if len(o.Lines) == 0 {
		return orderflow.Errorf(orderflow.CodeInvalidOrder, "the order has no lines")
	}
	if o.PaymentMethod == "" && o.Total.Amount > 0 {
		return orderflow.Errorf(orderflow.CodeInvalidOrder, "the order has no payment method")
	}
	if err := o.CheckPrice(); err != nil {
		return orderflow.Errorf(orderflow.CodeInvalidOrder, "%s", orderflow.MessageOf(err))
	}
	return nil
}
