package api

import (
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// opsProductView is a product as operators see it: with its stock in each warehouse.
type opsProductView struct {
	SKU          string          `json:"sku"`
	Name         string          `json:"name"`
	Description  string          `json:"description,omitempty"`
	Category     string          `json:"category"`
	Price        orderflow.Money `json:"price"`
	Weight       int             `json:"weight,omitempty"`
	Discontinued bool            `json:"discontinued"`
	Version      int64           `json:"version"`
	Stock        []stockView     `json:"stock"`
}

type stockView struct {
	Warehouse string `json:"warehouse"`
	orderflow.Stock
}

func viewOpsProduct(p orderflow.Product) opsProductView {
	v := opsProductView{
		SKU: p.SKU, Name: p.Name, Description: p.Description, Category: p.Category, Price: p.Price,
		Weight: p.Weight, Discontinued: p.Discontinued, Version: p.Version,
	}
	for _, w := range p.WarehouseNames() {
		v.Stock = append(v.Stock, stockView{w, p.At(w)})
	}
	return v
}

// answerOpsProduct replies with a product. Its entity tag is that of the details, which PUT
// replaces: moves of stock do not change it.
func answerOpsProduct(status int, p orderflow.Product) (*reply, error) {
	answer, err := jsonReply(status, viewOpsProduct(p))
	if err != nil {
		return nil, err
	}
	answer.header.Set("ETag", detailsTag(p))
	return answer, nil
}

func detailsTag(p orderflow.Product) string { return fmt.Sprintf(`"%d"`, p.Version) }

func (s *server) opsGetProduct(r *request) (*reply, error) {
	p, err := s.product(r.Context(), r.values["sku"])
	if err != nil {
		return nil, err
	}
	return answerOpsProduct(http.StatusOK, p)
}

// productChange is a product whose details are being replaced.
type productChange struct {
	orderflow.Product
	exists   bool
	movement orderflow.Movement
}

// opsPutProduct replaces the details of a product, or creates it without stock.
func (s *server) opsPutProduct(r *request) (*reply, error) {
	var body orderflow.ProductDetails
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	load := func() (*productChange, error) {
		p, err := s.product(r.Context(), r.values["sku"])
		if orderflow.CodeOf(err) == orderflow.CodeNotFound {
			return &productChange{Product: orderflow.Product{SKU: r.values["sku"]}}, nil
		}
		return &productChange{Product: p, exists: true}, err
	}
	revise := func(c *productChange) (bool, error) {
		if err := r.checkDetails(c.Product, c.exists); err != nil {
			return false, err
		}
		changed := c.Revise(body)
		if c.exists && len(changed) == 0 {
			return false, nil
		}
		var err error
		c.movement, err = s.movement(r, c.SKU, orderflow.MovementDetails, changed)
		return true, err
	}
	save := func(c *productChange) error {
		return s.Stockroom.SaveProduct(r.Context(), c.Product, c.exists, c.movement)
	}
	c, err := change(r.Context(), load, revise, save)
	if err != nil {
		return nil, fmt.Errorf("change product: %w", err)
	}
	if c.movement.ID != "" {
		c.Version++
	}
	if !c.exists {
		return answerOpsProduct(http.StatusCreated, c.Product)
	}
	return answerOpsProduct(http.StatusOK, c.Product)
}

// checkDetails returns PreconditionFailed if the product's details do not match If-Match, or if
// they match If-None-Match, where "*" matches any product.
func (r *request) checkDetails(p orderflow.Product, exists bool) error {
	tag := detailsTag(p)
	if wanted, given := r.Header["If-Match"]; given && (!exists || !matches(wanted, tag, strong)) {
		return refusef(codePreconditionFailed, "the product was changed in the meantime: get it again")
	}
	if exists && matches(r.Header.Values("If-None-Match"), tag, weak) {
		return refusef(codePreconditionFailed, "the product exists already: get it")
	}
	return nil
}

// movement returns a movement by the caller, of the time and with an id of its own.
func (s *server) movement(r *request, sku string, kind orderflow.MovementKind, changed []string) (orderflow.Movement, error) {
	now := s.now()
	id, err := s.NewMovementID(now)
	return orderflow.Movement{
		SKU: sku, ID: id, Kind: kind, At: now, Actor: "operator:" + r.caller.Subject, Changed: changed,
	}, err
}
