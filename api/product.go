package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// catalogueKept lets browsers and caches keep products for a short time. Prices are checked when an
// order is placed, and stock when it is reserved.
const catalogueKept = "public, max-age=10"

type productView struct {
	SKU         string          `json:"sku"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Category    string          `json:"category"`
	Price       orderflow.Money `json:"price"`
	OnHand      int             `json:"onHand"`
	// Discontinued products are listed, and refused in new orders.
	Discontinued bool `json:"discontinued,omitempty"`
}

func viewProduct(p orderflow.Product) productView {
	return productView{SKU: p.SKU, Name: p.Name, Description: p.Description, Category: p.Category, Price: p.Price,
		OnHand:       p.Offered(),
		Discontinued: p.Discontinued}
}

func (s *server) listProducts(r *request) (*reply, error) {
	category := r.values["category"]
	list := func(after string, limit int) ([]orderflow.Product, string, error) {
		return s.Catalogue.ListProducts(r.Context(), category, after, limit)
	}
	products, next, err := page(r, schemaSku, list, viewProduct, category)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	answer, err := jsonReply(http.StatusOK, struct {
		Products []productView `json:"products"`
		Next     string        `json:"next,omitempty"`
	}{products, next})
	if err != nil {
		return nil, err
	}
	return answer.kept(r, catalogueKept, tagOf(answer.body)), nil
}

func (s *server) getProduct(r *request) (*reply, error) {
	p, err := s.product(r.Context(), r.values["sku"])
	if err != nil {
		return nil, err
	}
	answer, err := jsonReply(http.StatusOK, viewProduct(p))
	if err != nil {
		return nil, err
	}
	return answer.kept(r, catalogueKept, tagOf(answer.body)), nil
}

// product loads a product. Returns CodeNotFound.
func (s *server) product(ctx context.Context, sku string) (orderflow.Product, error) {
	p, err := s.Catalogue.Product(ctx, sku)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return p, orderflow.Errorf(orderflow.CodeNotFound, "there is no such product")
	}
	if err != nil {
		return p, fmt.Errorf("load product: %w", err)
	}
	return p, nil
}
