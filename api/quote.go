package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// Pricing reads the data that orders are priced with.
type Pricing interface {
	// Pricing returns the shipping methods, the taxes and the promotion with the code, if there is
	// one. used reports whether the customer has a claim on it.
	Pricing(ctx context.Context, customerID, promotionCode string) (tables orderflow.Pricing, used bool, err error)
}

// quoteOrder answers what POST /orders would charge now: it makes the same order and does not save
// it. It needs the same token: the price depends on the caller, whose profile may have the address
// and who may have used the promotion, and only customers may try out promotion codes.
func (s *server) quoteOrder(r *request) (*reply, error) {
	var body placeBody
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	o, err := s.draft(r, &body)
	if err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, quoteView{Total: o.Total, Price: viewPrice(o), Lines: viewLines(o)})
}

// price sets the lines and the price of a draft.
func (s *server) price(ctx context.Context, d *orderflow.Draft, items []orderflow.BasketItem, body *placeBody) error {
	tables, used, err := s.Pricing.Pricing(ctx, d.CustomerID, body.PromotionCode)
	if err != nil {
		return fmt.Errorf("look up prices: %w", err)
	}
	quote, err := tables.Quote(orderflow.Basket{
		Items: items, Country: d.ShippingAddress.Country, PromotionCode: body.PromotionCode, PromotionUsed: used,
		ShippingMethod: body.ShippingMethod, At: d.At,
	})
	if err != nil {
		return pointAt(err, body)
	}
	d.Lines, d.Price = quote.Lines, &quote.Price
	return nil
}

// pointAt adds a pointer to the member of the body that a refusal of the price is about.
func pointAt(err error, body *placeBody) error {
	pointer := "/promotionCode"
	switch code := orderflow.CodeOf(err); code {
	case orderflow.CodeUnknownPromotion, orderflow.CodePromotionNotStarted, orderflow.CodePromotionExpired,
		orderflow.CodePromotionCurrency:
	case orderflow.CodeUnknownShippingMethod:
		pointer = "/shippingMethod"
	case orderflow.CodeNoShippingMethod:
		if pointer = "/shippingMethod"; body.ShippingMethod == "" {
			pointer = "/shippingAddress/country"
		}
	default:
		return err
	}
	fault := Fault{Pointer: pointer, Detail: orderflow.MessageOf(err)}
	return &refusal{code: orderflow.CodeOf(err), detail: fault.Detail, faults: []Fault{fault}}
}
