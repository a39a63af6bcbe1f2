package api

import "github.com/orderflow-dev/orderflow"

// priceView lists the amounts of a total.
type priceView struct {
	Subtotal       orderflow.Money `json:"subtotal"`
	Discount       orderflow.Money `json:"discount"`
	Shipping       orderflow.Money `json:"shipping"`
	Tax            orderflow.Money `json:"tax"`
	TaxIncluded    bool            `json:"taxIncluded"`
	PromotionCode  string          `json:"promotionCode,omitempty"`
	ShippingMethod string          `json:"shippingMethod,omitempty"`
}

// lineView is a line with its shares of discount and tax, unless they are zero.
type lineView struct {
	SKU       string           `json:"sku"`
	Name      string           `json:"name"`
	Quantity  int              `json:"quantity"`
	UnitPrice orderflow.Money  `json:"unitPrice"`
	Total     orderflow.Money  `json:"total"`
	Discount  *orderflow.Money `json:"discount,omitempty"`
	Tax       *orderflow.Money `json:"tax,omitempty"`
}

type quoteView struct {
	Total orderflow.Money `json:"total"`
	Price priceView       `json:"price"`
	Lines []lineView      `json:"lines"`
}

func viewPrice(o *orderflow.Order) priceView {
	p := o.Breakdown()
	return priceView{
		Subtotal: p.Subtotal, Discount: p.Discount, Shipping: p.Shipping, Tax: p.Tax, TaxIncluded: p.TaxIncluded,
		PromotionCode: p.PromotionCode, ShippingMethod: p.ShippingMethod,
	}
}

func viewLines(o *orderflow.Order) []lineView {
	some := func(amount int64) *orderflow.Money {
		if amount == 0 {
			return nil
		}
		return &orderflow.Money{Amount: amount, Currency: o.Total.Currency}
	}
	views := make([]lineView, len(o.Lines))
	for i, l := range o.Lines {
		views[i] = lineView{
			SKU: l.SKU, Name: l.Name, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Total: l.Total,
			Discount: some(l.Discount), Tax: some(l.Tax),
		}
	}
	return views
}

// viewPlaced returns the answer to a placed order. The answer is saved, so it leaves out a price
// that is only a subtotal.
func viewPlaced(o *orderflow.Order) placedView {
	v := placedView{OrderID: o.ID, Status: o.Status, Total: o.Total, Lines: viewLines(o), PlacedAt: moment{o.PlacedAt}}
	if o.Price != nil {
		v.Price = new(viewPrice(o))
	}
	return v
}
