package client

import "github.com/orderflow-dev/orderflow"

// Quote is the answer to POST /quotes.
type Quote struct {
	Total orderflow.Money `json:"total"`
	Price Price           `json:"price"`
	Lines []Line          `json:"lines"`
}

// Price is what a total is made of.
type Price struct {
	Subtotal       orderflow.Money `json:"subtotal"`
	Discount       orderflow.Money `json:"discount"`
	Shipping       orderflow.Money `json:"shipping"`
	Tax            orderflow.Money `json:"tax"`
	TaxIncluded    bool            `json:"taxIncluded"`
	PromotionCode  string          `json:"promotionCode"`
	ShippingMethod string          `json:"shippingMethod"`
}

// Line is a line with its shares of the discount and the tax.
type Line struct {
	SKU       string          `json:"sku"`
	Name      string          `json:"name"`
	Quantity  int             `json:"quantity"`
	UnitPrice orderflow.Money `json:"unitPrice"`
	Total     orderflow.Money `json:"total"`
	Discount  orderflow.Money `json:"discount"`
	Tax       orderflow.Money `json:"tax"`
}
