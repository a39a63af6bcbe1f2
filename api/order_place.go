package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

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
	Language        string             `json:"language"`
	ShippingAddress *orderflow.Address `json:"shippingAddress"`
	PaymentMethod   string             `json:"paymentMethod"`
	PromotionCode   string             `json:"promotionCode"`
	ShippingMethod  string             `json:"shippingMethod"`
	ExpectedTotal   *orderflow.Money   `json:"expectedTotal"`
}

// placeOperation is the operation that places orders.
const placeOperation = "PlaceOrder"

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
	if orderflow.CodeOf(err) == orderflow.CodePromotionUsed { // perhaps by this request, sent twice at once
		if earlier, err := s.Placements.Answer(r.Context(), key, s.now()); err != nil || earlier != nil {
			return answerAgain(earlier, r.body, err)
		}
	}
	if err != nil {
		return nil, err
	}
	answer, err := jsonReply(http.StatusAccepted, viewPlaced(o))
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", "/orders/"+o.ID)
	return s.place(r, o, key, answer)
}

// answerAgain replays an answer that was saved while the request was in progress.
func answerAgain(earlier, body []byte, err error) (*reply, error) {
	if err != nil {
		return nil, fmt.Errorf("look up idempotency key: %w", err)
	}
	return replay(earlier, body)
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
	case orderflow.CodeOf(err) == orderflow.CodeTooManyOrders:
		no := refusef(orderflow.CodeTooManyOrders, "%s", orderflow.MessageOf(err))
		next := now.Truncate(time.Hour).Add(time.Hour)
		no.header = http.Header{"Retry-After": {strconv.Itoa(int(next.Sub(now)/time.Second) + 1)}}
		return nil, no
	case err != nil:
		return nil, fmt.Errorf("place order: %w", err)
	case earlier != nil:
		return replay(earlier, r.body)
	}
	return answer, nil
}

// draft returns the order that a checked body describes, at its present price.
func (s *server) draft(r *request, body *placeBody) (*orderflow.Order, error) {
	d := orderflow.Draft{CustomerID: r.caller.Subject, Email: body.Email, PaymentMethod: body.PaymentMethod, At: s.now(),
		Language: cmp.Or(body.Language, acceptedLanguage(r.Header.Get("Accept-Language")))}
	items, err := s.items(r.Context(), body)
	if err != nil {
		return nil, err
	}
	if err := s.completeDraft(r, &d, body.ShippingAddress); err != nil {
		return nil, err
	}
	if err := s.price(r.Context(), &d, items, body); err != nil {
		return nil, err
	}
	if d.ID, err = s.NewOrderID(d.At); err != nil {
		return nil, err
	}
	o, err := orderflow.Place(d)
	if err != nil {
		return nil, err
	}
	return o, s.checkTotal(o, body.ExpectedTotal)
}

// checkTotal refuses a total that is too large, is zero where free orders are refused, or differs
// from the expected one.
func (s *server) checkTotal(o *orderflow.Order, want *orderflow.Money) error {
	p := o.Breakdown()
	switch largest := max(o.Total.Amount, p.Subtotal.Amount, p.Shipping.Amount, p.Tax.Amount); {
	case largest > maxTotal:
		return orderflow.Errorf(orderflow.CodeAmountOverflow, "the total is too large")
	case o.Total.Amount == 0 && s.RefuseFreeOrders:
		return orderflow.Errorf(orderflow.CodeFreeOrder, "the total is zero, and free orders are refused")
	case want != nil && *want != o.Total:
		return &refusal{code: orderflow.CodePriceChanged, detail: "the total is " + o.Total.String(), total: &o.Total}
	}
	return nil
}

// items returns the items of a body with their products from the catalogue.
func (s *server) items(ctx context.Context, body *placeBody) ([]orderflow.BasketItem, error) {
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
	items := make([]orderflow.BasketItem, len(body.Items))
	var unknown, gone, foreign []Fault
	for i, item := range body.Items {
		pointer := fmt.Sprintf("/items/%d/sku", i)
		p, ok := products[item.SKU]
		switch {
		case !ok:
			unknown = append(unknown, Fault{Pointer: pointer, Detail: "is not in the catalogue"})
		case p.Discontinued:
			gone = append(gone, Fault{Pointer: pointer, Detail: "is discontinued"})
		case p.Price.Currency != body.Currency:
			foreign = append(foreign, Fault{Pointer: pointer, Detail: "is sold in " + p.Price.Currency})
		}
		items[i] = orderflow.BasketItem{Product: p, Quantity: item.Quantity}
	}
	if err := refuseFaults(orderflow.CodeUnknownProduct, unknown); err != nil {
		return nil, err
	}
	if err := refuseFaults(orderflow.CodeDiscontinued, gone); err != nil {
		return nil, err
	}
	return items, refuseFaults(orderflow.CodeCurrencyMismatch, foreign)
}

// completeDraft takes an address or an e-mail that the body leaves out from the customer's profile.
// A quote needs no e-mail.
func (s *server) completeDraft(r *request, d *orderflow.Draft, address *orderflow.Address) error {
	needsEmail := r.route.operation == placeOperation
	if needsEmail && d.Email == "" || address == nil {
		profile, err := s.profile(r.Context(), d.CustomerID)
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
	if needsEmail && d.Email == "" {
		faults = append(faults, Fault{Pointer: "/email", Detail: "is missing, and the profile has none"})
	}
	if address == nil {
		return refuseFaults(codeInvalidRequest, append(faults,
			Fault{Pointer: "/shippingAddress", Detail: "is missing, and the profile has none"}))
	}
	d.ShippingAddress = *address
	return refuseFaults(codeInvalidRequest, faults)
}

// acceptedLanguage returns the first language of an Accept-Language header (RFC 9110, section 12.5.4),
// or "" if there is none that can be used.
func acceptedLanguage(header string) string {
	tag, _, _ := strings.Cut(header, ",")
	tag, _, _ = strings.Cut(tag, ";")
	if tag = strings.TrimSpace(tag); schemaLanguage.checkText(tag) != "" {
		return ""
	}
	return tag
}
