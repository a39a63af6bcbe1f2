package api

import "github.com/orderflow-dev/orderflow"

// priceView is what a total is made of.
type priceView struct {
	Subtotal       orderflow.Money `json:"subtotal"`
	Discount       orderflow.Money `json:"discount"`
	Shipping       orderflow.Money `json:"shipping"`
	Tax            orderflow.Money `json:"tax"`
	TaxIncluded    bool            `json:"taxIncluded"`
	PromotionCode  string          `json:"promotionCode,omitempty"`
	ShippingMethod string          `json:"shippingMethod,omitempty"`
}

// lineView is a line with its shares of the discount and the tax, where it has any.
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
			SKU: l.SKU, Name: l.Name, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Total: l.Total, Discount: some(l.Discount), Tax: some(l.Tax),
		}
	}
	return views
}

// viewPlaced is the answer to a placed order. It is kept with the order, so that it leaves out a price that says nothing new.
func viewPlaced(o *orderflow.Order) placedView {
	v := placedView{OrderID: o.ID, Status: o.Status, Total: o.Total, Lines: viewLines(o), PlacedAt: moment{o.PlacedAt}}
	if o.Price != nil {
		v.Price = new(viewPrice(o))
	}
	return v
}
