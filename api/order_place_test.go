package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// order returns a body of POST /orders with changes: "path=JSON" sets a field, "-path" removes it.
func order(changes ...string) string {
	body := map[string]any{
		"items": []any{map[string]any{"sku": "MUG-BLUE", "quantity": 2},
			map[string]any{"sku": "TEA-GREY", "quantity": 1}},
		"currency": "USD", "email": "ada@example.com", "paymentMethod": "pm_card_visa",
		"shippingAddress": map[string]any{"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London",
			"postalCode": "SW1Y 4JH", "country": "GB"},
	}
	for _, c := range changes {
		path, value, _ := strings.Cut(c, "=")
		at, remove := body, strings.HasPrefix(path, "-")
		names := strings.Split(strings.TrimPrefix(path, "-"), ".")
		for _, n := range names[:len(names)-1] {
			at = at[n].(map[string]any)
		}
		if last := names[len(names)-1]; remove {
			delete(at, last)
		} else {
			at[last] = json.RawMessage(value)
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("%v: %v", changes, err))
	}
	return string(raw)
}

func (f *fixture) place(by *Caller, key, body string) *response {
	f.Helper()
	return f.post(by, "/orders", body, "Idempotency-Key: "+key)
}

// placedBy places an order and returns its id.
func (f *fixture) placedBy(by *Caller) string {
	f.Helper()
	f.advance(time.Second)
	return decoded[placedView](f.place(by, fmt.Sprint("key", f.clock().Unix()), order()).expect(202, "")).OrderID
}

func TestPlaceOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res := f.place(&ada, "one", order()).expect(202, "")
	got := decoded[placedView](res)
	if got.Status != orderflow.Placed || got.Total != usd(4250) || len(got.Lines) != 2 ||
		got.Lines[0].Total != usd(3300) || !got.PlacedAt.Equal(noon) {
		t.Errorf("got %+v", got)
	}
	if res.header.Get("Location") != "/orders/"+got.OrderID || res.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("got %v", res.header)
	}
	o, err := f.load(got.OrderID)
	if err != nil {
		t.Fatal(err)
	}
	if o.CustomerID != "ada" || o.Sequence != 1 || o.Version != 1 || o.Email != "ada@example.com" ||
		o.ShippingAddress.City != "London" || o.Timeline[0].Actor != "customer:ada" {
		t.Errorf("got %+v", o)
	}
}

// itemsOf is a change of an order's body to n items.
func itemsOf(n int, sku func(int) string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,{"sku":%q,"quantity":1}`, sku(i))
	}
	return "items=[" + b.String()[1:] + "]"
}

// refusedOrders are bodies of POST /orders with the status, the code and the faults of the refusal.
var refusedOrders = []struct {
	name, body string
	status     int
	code       string
	faults     []string
}{
	{"not JSON", `{"items":`, 400, "MalformedRequest", nil},
	{"empty", ` `, 400, "MalformedRequest", nil},
	{"two values", order() + `{}`, 400, "MalformedRequest", nil},
	{"a name twice", `{"currency":"USD","currency":"EUR"}`, 400, "MalformedRequest", nil},
	{"not UTF-8", "{\"currency\":\"\xff\"}", 400, "MalformedRequest", nil},
	{"too deep", strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20), 400, "MalformedRequest", nil},
	{"an array", `[]`, 422, "InvalidRequest", []string{""}},
	{"null", `null`, 422, "InvalidRequest", []string{""}},
	{"nothing", `{}`, 422, "InvalidRequest", []string{"/items", "/currency", "/paymentMethod"}},
	{"unknown fields", order("colour=1", "a/b~c=2", "shippingAddress.planet=3"), 422, "InvalidRequest",
		[]string{"/a~1b~0c", "/colour", "/shippingAddress/planet"}},
	{"names in other case", order("Currency=1"), 422, "InvalidRequest", []string{"/Currency"}},
	{"no items", order("items=[]"), 422, "InvalidRequest", []string{"/items"}},
	{"101 items", order(itemsOf(101, func(int) string { return "MUG-BLUE" })), 422, "InvalidRequest", []string{"/items"}},
	{"quantity 0", order(`items=[{"sku":"MUG-BLUE","quantity":0}]`), 422, "InvalidRequest",
		[]string{"/items/0/quantity"}},
	{"quantity 1000", order(`items=[{"sku":"MUG-BLUE","quantity":1000}]`), 422, "InvalidRequest",
		[]string{"/items/0/quantity"}},
	{"quantity 1.5", order(`items=[{"sku":"MUG-BLUE","quantity":1.5}]`), 422, "InvalidRequest",
		[]string{"/items/0/quantity"}},
	{"quantity 1e2", order(`items=[{"sku":"MUG-BLUE","quantity":1e2}]`), 422, "InvalidRequest",
		[]string{"/items/0/quantity"}},
	{"quantity as text", order(`items=[{"sku":"MUG-BLUE","quantity":"2"}]`), 422, "InvalidRequest",
		[]string{"/items/0/quantity"}},
	{"huge quantity", order(`items=[{"sku":"MUG-BLUE","quantity":99999999999999999999}]`), 422, "InvalidRequest",
		[]string{"/items/0/quantity"}},
	{"bad SKU", order(`items=[{"sku":"a b","quantity":1},{"quantity":1},7]`), 422, "InvalidRequest",
		[]string{"/items/0/sku", "/items/1/sku", "/items/2"}},
	{"no such currency", order(`currency="ZZZ"`), 422, "InvalidRequest", []string{"/currency"}},
	{"small letters", order(`currency="usd"`, `shippingAddress.country="gb"`), 422, "InvalidRequest",
		[]string{"/currency", "/shippingAddress/country"}},
	{"no such country", order(`shippingAddress.country="XX"`), 422, "InvalidRequest",
		[]string{"/shippingAddress/country"}},
	{"no e-mail", order(`email="ada at example.com"`), 422, "InvalidRequest", []string{"/email"}},
	{"e-mail with a name", order(`email="Ada<ada@example.com>"`), 422, "InvalidRequest", []string{"/email"}},
	{"e-mail with a header", order(`email="ada@example.com\r\nBcc: x@y.z"`), 422, "InvalidRequest", []string{"/email"}},
	{"e-mail too long", order(`email="` + strings.Repeat("a", 250) + `@b.de"`), 422, "InvalidRequest",
		[]string{"/email"}},
	{"null e-mail", order(`email=null`), 422, "InvalidRequest", []string{"/email"}},
	{"half an address", order("-shippingAddress.line1", "-shippingAddress.postalCode"), 422, "InvalidRequest",
		[]string{"/shippingAddress/line1", "/shippingAddress/postalCode"}},
	{"blank, long and broken lines", order(`shippingAddress.name=" "`, `shippingAddress.line1="`+strings.Repeat("x", 101)+`"`,
		`shippingAddress.city="a\nb"`, `shippingAddress.line2=""`), 422, "InvalidRequest",
		[]string{"/shippingAddress/city", "/shippingAddress/line1", "/shippingAddress/line2",
			"/shippingAddress/name"}},
	{"a card number", order(`paymentMethod="4242424242424242"`), 422, "InvalidRequest", []string{"/paymentMethod"}},
	{"expected total", order(`expectedTotal={"amount":-1,"currency":"US"}`), 422, "InvalidRequest",
		[]string{"/expectedTotal/amount", "/expectedTotal/currency"}},
	{"unknown products",
		order(`items=[{"sku":"NO1","quantity":1},{"sku":"MUG-BLUE","quantity":1},{"sku":"NO2","quantity":1}]`), 422,
		"UnknownProduct", []string{"/items/0/sku", "/items/2/sku"}},
	{"another currency", order(`items=[{"sku":"FROMAGE","quantity":1},{"sku":"MUG-BLUE","quantity":1}]`), 422,
		"CurrencyMismatch", []string{"/items/0/sku"}},
	{"too much money", order(`items=[{"sku":"YACHT","quantity":999}]`), 422, "AmountOverflow", nil},
	{"more than 64 bits of money", order(itemsOf(100, func(int) string { return "YACHT" })), 422, "AmountOverflow", nil},
	{"no address, no profile", order("-shippingAddress", "-email"), 422, "InvalidRequest",
		[]string{"/email", "/shippingAddress"}},
	{"another price", order(`expectedTotal={"amount":4249,"currency":"USD"}`), 409, "PriceChanged", nil},
	{"the price in another currency", order(`expectedTotal={"amount":4250,"currency":"EUR"}`), 409,
		"PriceChanged", nil},
	{"too large", order(`email="` + strings.Repeat("a", 262144) + `"`), 413, "BodyTooLarge", nil},
}

func TestPlaceOrder_refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range refusedOrders {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			res := f.place(&ada, "key", tt.body).expect(tt.status, tt.code)
			if got := res.faults(); !slices.Equal(got, tt.faults) {
				t.Errorf("got faults at %q, want %q", got, tt.faults)
			}
			if total := decoded[Problem](res).Total; (total != nil) != (tt.code == "PriceChanged") ||
				(total != nil && *total != usd(4250)) {
				t.Errorf("got total %v", total)
			}
			if f.placed != 0 || len(f.answers) != 0 {
				t.Error("a refused order was remembered")
			}
		})
	}
}

func TestPlaceOrder_accepts(t *testing.T) {
	t.Parallel()
	hundred := "items=[" + strings.TrimPrefix(strings.Repeat(`,{"sku":"MUG-BLUE","quantity":999}`, 100), ",") + "]"
	for _, tt := range []struct{ name, body string }{
		{"100 lines of 999", order(hundred)},
		{"the right expected total", order(`expectedTotal={"amount":4250,"currency":"USD"}`)},
		{"256 KB", order() + strings.Repeat(" ", maxBody-len(order()))},
		{"a second line", order(`shippingAddress.line2="Zweiter Stock, Tür links"`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			newFixture(t).place(&ada, "key", tt.body).expect(202, "")
		})
	}
}

func TestPlaceOrder_mediaType(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for media, status := range map[string]int{
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "": 415, "application/json;charset": 415,
		"application/vnd.orderflow+json": 415, "application/json; charset=utf-16": 415,
		"application/json,application/json": 415,
		"application/json":                  202, "application/json; charset=utf-8": 202,
		`application/json;charset="UTF-8"`: 202,
	} {
		res := f.post(&ada, "/orders", order(), "Idempotency-Key: k"+fmt.Sprint(len(media)), "Content-Type: "+media)
		if res.status != status {
			t.Errorf("%q: got %d, want %d", media, res.status, status)
		}
	}
}

func TestPlaceOrder_takesTheProfile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.customers["ada"] = orderflow.Customer{ID: "ada", Email: "profile@example.com",
		Address: &orderflow.Address{Name: "A", Line1: "B", City: "Paris", PostalCode: "75001", Country: "FR"}}
	id := decoded[placedView](f.place(&ada, "1", order("-email", "-shippingAddress")).expect(202, "")).OrderID
	if o, err := f.load(id); err != nil || o.Email != "profile@example.com" || o.ShippingAddress.City != "Paris" {
		t.Errorf("got %+v, %v", o, err)
	}
	id = decoded[placedView](f.place(&ada, "2", order("-email")).expect(202, "")).OrderID
	if o, err := f.load(id); err != nil || o.Email != "profile@example.com" || o.ShippingAddress.City != "London" {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestPlaceOrder_idempotency(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.place(&ada, "key-1", order()).expect(202, "")
	// the remembered answer does not change
	f.products["MUG-BLUE"] = orderflow.Product{SKU: "MUG-BLUE", Price: usd(9999)}

	f.advance(47 * time.Hour)
	again := f.place(&ada, "key-1", order()).expect(202, "")
	if !bytes.Equal(again.body, first.body) || again.header.Get("Location") != first.header.Get("Location") ||
		again.header.Get("Content-Type") != first.header.Get("Content-Type") {
		t.Errorf("got %s, want %s", again.body, first.body)
	}
	if again.header.Get("Idempotent-Replayed") != "true" || f.placed != 1 {
		t.Errorf("got %v, %d orders", again.header, f.placed)
	}
	f.place(&ada, "key-1", order(`currency="EUR"`)).expect(422, "IdempotencyKeyReused")
	f.place(&ada, "key-1", order()+" ").expect(422, "IdempotencyKeyReused")
	f.place(&bob, "key-1", order()).expect(202, "")
	if f.placed != 2 {
		t.Errorf("two callers share a key: got %d orders", f.placed)
	}
	f.advance(2 * time.Hour)
	if f.place(&ada, "key-1", order()).expect(202, "").header.Get("Idempotent-Replayed") != "" || f.placed != 3 {
		t.Error("an answer was replayed after 49 hours")
	}
	f.inFlight = true
	if f.place(&ada, "key-2", order()).expect(409, "IdempotencyInFlight").header.Get("Retry-After") != "1" {
		t.Error("no Retry-After")
	}
}

func TestPlaceOrder_idempotencyKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.post(&ada, "/orders", order()).expect(400, "IdempotencyKeyMissing")
	for _, key := range []string{"", "with blank", "tab\tin", "über", strings.Repeat("k", 256), "\x7f",
		"joined,by-gateway", ","} {
		f.place(&ada, key, order()).expect(400, "IdempotencyKeyInvalid")
	}
	for _, key := range []string{"!", "~", strings.Repeat("k", 255)} {
		f.place(&ada, key, order()).expect(202, "")
	}
}

func TestPlaceOrder_concurrently(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var wg sync.WaitGroup
	results := make([]*response, 50)
	for i := range results {
		wg.Go(func() { results[i] = f.place(&ada, "same", order()) })
	}
	wg.Wait()
	for _, r := range results {
		r.expect(202, "")
		if !bytes.Equal(r.body, results[0].body) {
			t.Fatalf("got %s and %s", r.body, results[0].body)
		}
	}
	if f.placed != 1 {
		t.Errorf("got %d orders", f.placed)
	}
}

func TestPlaceOrder_limit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.limit = 2
	f.advance(40 * time.Minute)
	f.place(&ada, "1", order()).expect(202, "")
	f.place(&ada, "2", order()).expect(202, "")
	if got := f.place(&ada, "3", order()).expect(429, "TooManyOrders").header.Get("Retry-After"); got != "1201" {
		t.Errorf("Retry-After: %s", got)
	}
	f.place(&ada, "2", order()).expect(202, "")
	f.place(&bob, "1", order()).expect(202, "")
	f.advance(20 * time.Minute)
	f.place(&ada, "3", order()).expect(202, "")
}
