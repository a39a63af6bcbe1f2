package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// placeBody is the body of POST /orders.
type placeBody struct {
	Items []struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	} `json:"items"`
	Currency        string             `json:"currency"`
	Email           string             `json:"email"`
	ShippingAddress *orderflow.Address `json:"shippingAddress"`
	PaymentMethod   string             `json:"paymentMethod"`
	ExpectedTotal   *orderflow.Money   `json:"expectedTotal"`
}

// maxTotal is the largest total: every JSON parser reads it exactly.
const maxTotal = 1<<53 - 1

// placeOrder accepts an order. The order and the answer are saved in one transaction, so that the
// answer can be replayed.
func (s *server) placeOrder(r *request) (*reply, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	earlier, err := s.Placements.Answer(r.Context(), key, s.now())
	if err != nil {
		return nil, fmt.Errorf("look up idempotency key: %w", err)
	}
	if earlier != nil {
		return replay(earlier, r.body)
	}
	var body placeBody
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	o, err := s.draft(r, &body)
	if err != nil {
		return nil, err
	}
	answer, err := jsonReply(http.StatusAccepted, placedView{OrderID: o.ID, Status: o.Status, Total: o.Total,
		Lines: o.Lines, PlacedAt: moment{o.PlacedAt}})
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", "/orders/"+o.ID)
	return s.place(r, o, key, answer)
}

func (s *server) place(r *request, o *orderflow.Order, key string, answer *reply) (*reply, error) {
	record, err := remember(answer, r.body)
	if err != nil {
		return nil, err
	}
	now := s.now()
	earlier, err := s.Placements.Place(r.Context(), o, key, record, now, now.Add(answersKept))
	switch {
	case orderflow.CodeOf(err) == orderflow.CodeConflict:
		no := refusef(codeIdempotencyInFlight, "a request with this Idempotency-Key is in progress")
		no.header = http.Header{"Retry-After": {"1"}}
		return nil, no
	case err != nil:
		return nil, fmt.Errorf("place order: %w", err)
	case earlier != nil:
		return replay(earlier, r.body)
	}
	return answer, nil
}

// draft returns the order that a checked body describes.
func (s *server) draft(r *request, body *placeBody) (*orderflow.Order, error) {
	d := orderflow.Draft{CustomerID: r.caller.Subject, Email: body.Email, PaymentMethod: body.PaymentMethod, At: s.now()}
	var err error
	if d.Lines, err = s.lines(r.Context(), body); err != nil {
		return nil, err
	}
	if err := s.completeDraft(r.Context(), &d, body.ShippingAddress); err != nil {
		return nil, err
	}
	if d.ID, err = s.NewOrderID(d.At); err != nil {
		return nil, err
	}
	o, err := orderflow.Place(d)
	if err != nil {
		return nil, err
	}
	if o.Total.Amount > maxTotal {
		return nil, orderflow.Errorf(orderflow.CodeAmountOverflow, "the total is too large")
	}
	if o.Total.Amount == 0 && s.RefuseFreeOrders {
		return nil, orderflow.Errorf(orderflow.CodeFreeOrder, "the total is zero, and free orders are refused")
	}
	if want := body.ExpectedTotal; want != nil && *want != o.Total {
		return nil, &refusal{code: orderflow.CodePriceChanged, detail: "the total is " + o.Total.String(), total: &o.Total}
	}
	return o, nil
}

// lines returns the items of a body as lines with prices from the catalogue.
func (s *server) lines(ctx context.Context, body *placeBody) ([]orderflow.Line, error) {
	var skus []string
	asked := map[string]bool{}
	for _, item := range body.Items {
		if !asked[item.SKU] {
			asked[item.SKU] = true
			skus = append(skus, item.SKU)
		}
	}
	products, err := s.Catalogue.Products(ctx, skus)
	if err != nil {
		return nil, fmt.Errorf("look up products: %w", err)
	}
	lines := make([]orderflow.Line, len(body.Items))
	var unknown, foreign []Fault
	for i, item := range body.Items {
		pointer := fmt.Sprintf("/items/%d/sku", i)
		p, ok := products[item.SKU]
		switch {
		case !ok:
			unknown = append(unknown, Fault{Pointer: pointer, Detail: "is not in the catalogue"})
		case p.Price.Currency != body.Currency:
			foreign = append(foreign, Fault{Pointer: pointer, Detail: "is sold in " + p.Price.Currency})
		}
		lines[i] = orderflow.Line{SKU: item.SKU, Name: p.Name, Quantity: item.Quantity, UnitPrice: p.Price}
	}
	if err := refuseFaults(orderflow.CodeUnknownProduct, unknown); err != nil {
		return nil, err
	}
	return lines, refuseFaults(orderflow.CodeCurrencyMismatch, foreign)
}

// completeDraft takes an address or an e-mail that the body leaves out from the customer's profile.
func (s *server) completeDraft(ctx context.Context, d *orderflow.Draft, address *orderflow.Address) error {
	if d.Email == "" || address == nil {
		profile, err := s.profile(ctx, d.CustomerID)
		if err != nil {
			return err
		}
		if d.Email == "" {
			d.Email = profile.Email
		}
		if address == nil {
			address = profile.Address
		}
	}
	var faults []Fault
	if d.Email == "" {
		faults = append(faults, Fault{Pointer: "/email", Detail: "is missing, and the profile has none"})
	}
	if address == nil {
		return refuseFaults(codeInvalidRequest, append(faults,
			Fault{Pointer: "/shippingAddress", Detail: "is missing, and the profile has none"}))
	}
	d.ShippingAddress = *address
	return refuseFaults(codeInvalidRequest, faults)
}
