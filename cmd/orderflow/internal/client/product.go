package client

import "github.com/orderflow-dev/orderflow"

// Product is a product as operators see it.
type Product struct {
	SKU string `json:"sku"`
	orderflow.ProductDetails
	Version int64            `json:"version"`
	Stock   []WarehouseStock `json:"stock"` // the main warehouse first
}

// WarehouseStock is a product's stock in one warehouse.
type WarehouseStock struct {
	Warehouse string `json:"warehouse"`
	orderflow.Stock
}
