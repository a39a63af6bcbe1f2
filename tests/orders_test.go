package tests

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// request is the body of POST /orders. order fills the other fields.
type request struct {
	Items           []item             `json:"items"`
	Currency        string             `json:"currency"`
	Email           string             `json:"email"`
	ShippingAddress *orderflow.Address `json:"shippingAddress"`
	PaymentMethod   string             `json:"paymentMethod"`
	ExpectedTotal   *orderflow.Money   `json:"expectedTotal,omitempty"`
}

type item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// Personal data of the test orders. It must not appear in any event, history, message or log.
const (
	personName  = "Zebulon Quillfeather"
	personMail  = "zebulon.q@example.com"
	personLine1 = "77 Marmalade Crescent"
	personState = "Oregon Territory"
	personPhone = "+1 (503) 555-0163"
)

func order(paymentMethod string, items ...item) []byte {
	b, err := json.Marshal(request{
		Items: items, Currency: "USD", Email: personMail, PaymentMethod: paymentMethod,
		ShippingAddress: &orderflow.Address{
			Name: personName, Line1: personLine1, City: "Portland", State: personState,
			PostalCode: "97205", Country: "US", Phone: personPhone,
		},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// view is an order as the API shows it.
type view struct {
	OrderID       string                  `json:"orderId"`
	Status        orderflow.Status        `json:"status"`
	PaymentStatus orderflow.PaymentStatus `json:"paymentStatus"`
	Total         orderflow.Money         `json:"total"`
	Attention     json.RawMessage         `json:"attention"`
	PaymentMethod string                  `json:"paymentMethod"`
	MethodRequest *struct {
		Deadline     string `json:"deadline"`
		ClientSecret string `json:"clientSecret"`
	} `json:"paymentMethodRequest"`
	Timeline  []orderflow.Change `json:"timeline"`
	Execution *struct {
		orderflow.Execution
		History []orderflow.ExecutionEvent `json:"history"`
	} `json:"execution"` // operators' view only
}

func (v view) statuses() []orderflow.Status {
	var out []orderflow.Status
	for _, c := range v.Timeline {
		if len(out) == 0 || out[len(out)-1] != c.Status {
			out = append(out, c.Status)
		}
	}
	return out
}

// reason returns why the order has its status: the reason of the change that brought it there. Later
// changes, such as the note of a redrive, keep the status and may have none.
func (v view) reason() string {
	i := slices.IndexFunc(v.Timeline, func(c orderflow.Change) bool { return c.Status == v.Status })
	return v.Timeline[i].Reason
}

// place posts an order with a new key.
func (c *caller) place(body []byte) *answer {
	c.s.t.Helper()
	return c.request(http.MethodPost, "/orders", http.Header{"Idempotency-Key": {rand.Text()}}, body)
}

// accepted places an order and returns its id.
func (c *caller) accepted(body []byte) string {
	c.s.t.Helper()
	var v view
	a := c.place(body).expect(http.StatusAccepted)
	a.into(&v)
	if want := "/orders/" + v.OrderID; a.Header.Get("Location") != want {
		c.s.t.Errorf("Location %q, want %q", a.Header.Get("Location"), want)
	}
	return v.OrderID
}

// until polls an order until done returns true.
func (c *caller) until(id, what string, done func(view) bool) view {
	c.s.t.Helper()
	var v view
	eventually(c.s.t, "order "+id+" "+what, func() bool {
		v = view{}
		c.get("/orders/" + id).expect(http.StatusOK).into(&v)
		return done(v)
	})
	return v
}

func (c *caller) ended(id string) view {
	c.s.t.Helper()
	return c.until(id, "ends", func(v view) bool { return v.Status.Final() })
}

// TestOutcomes places one order for each outcome through the API of one running system, and then
// checks the invariants.
func TestOutcomes(t *testing.T) { inEachMode(t, testOutcomes) }

func testOutcomes(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir())...)
	events := s.listen()

	t.Run("outcomes", func(t *testing.T) {
		fulfilled := []orderflow.Status{
			orderflow.Placed, orderflow.Confirmed, orderflow.Paid, orderflow.Shipping, orderflow.Fulfilled,
		}
		rejected := []orderflow.Status{orderflow.Placed, orderflow.Confirmed, orderflow.Rejected}
		tests := []struct {
			name, method string
			items        []item
			statuses     []orderflow.Status
			payment      orderflow.PaymentStatus
			reason       string
		}{
			{"plain", "pm_card_visa", []item{{"kettle-gooseneck-1l", 1}, {"beans-ethiopia-250g", 2}},
				fulfilled, orderflow.PaymentCaptured, ""},
			{"two lines of one product", "pm_card_visa", []item{{"vase-glass-25cm", 1}, {"vase-glass-25cm", 2}},
				fulfilled, orderflow.PaymentCaptured, ""},
			{"declined", "pm_card_chargeDeclined", []item{{"knife-chef-21cm", 1}},
				rejected, orderflow.PaymentDeclined, "PaymentDeclined"},
			{"insufficient funds", "pm_card_chargeDeclinedInsufficientFunds", []item{{"cutlery-steel-set24", 1}},
				rejected, orderflow.PaymentDeclined, "PaymentDeclined"},
			{"out of stock", "pm_card_visa", []item{{"candle-beeswax-20cm", 2}, {"lamp-brass-anniversary", 3}},
				[]orderflow.Status{orderflow.Placed, orderflow.Rejected}, orderflow.PaymentNone, "OutOfStock"},
			{"flaky provider", "pm_sandbox_flaky", []item{{"pen-fountain-f", 1}},
				fulfilled, orderflow.PaymentCaptured, ""},
			{"amount too small", "pm_sandbox_amount_too_small", []item{{"pencil-cedar-set12", 1}},
				rejected, orderflow.PaymentDeclined, "PaymentDeclined"},
			{"declined for now", "pm_sandbox_try_again_later", []item{{"wax-sealing-red", 1}},
				fulfilled, orderflow.PaymentCaptured, ""},
			{"free", "pm_card_chargeDeclined", []item{{"paper-sample-card", 2}},
				fulfilled, orderflow.PaymentNone, ""},
			{"free line beside a priced one", "pm_card_visa", []item{{"paper-sample-card", 1}, {"envelopes-c6-50", 1}},
				fulfilled, orderflow.PaymentCaptured, ""},
			{"lost reply", "pm_sandbox_lost_reply", []item{{"blanket-wool-130x180", 1}},
				fulfilled, orderflow.PaymentCaptured, ""},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				ada := s.in(t).as("ada")
				v := ada.ended(ada.accepted(order(tt.method, tt.items...)))
				if !slices.Equal(v.statuses(), tt.statuses) || v.PaymentStatus != tt.payment {
					t.Errorf("%v, payment %s; want %v, payment %s", v.statuses(), v.PaymentStatus, tt.statuses, tt.payment)
				}
				if tt.reason != "" && v.reason() != tt.reason {
					t.Errorf("reason %q, want %q", v.reason(), tt.reason)
				}
			})
		}
		t.Run("outage, then redrive", func(t *testing.T) {
			t.Parallel()
			testOutage(t, s.in(t))
		})
		t.Run("refused at once", func(t *testing.T) {
			t.Parallel()
			ada := s.in(t).as("ada")
			ada.place(order("pm_card_visa", item{"teapot-of-theseus", 1})).problem(http.StatusUnprocessableEntity, "UnknownProduct")
			changed := strings.Replace(string(order("pm_card_visa", item{"lamp-brass-desk", 1})),
				`{"items"`, `{"expectedTotal":{"amount":1,"currency":"USD"},"items"`, 1)
			ada.place([]byte(changed)).problem(http.StatusConflict, "PriceChanged")
		})
	})
	s.checkInvariants(events)
}

// testOutage has an execution fail at the charge; an operator redrives it once the provider is
// back.
func testOutage(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_sandbox_outage", item{"clock-wall-oak", 1}))
	var v view
	eventually(t, "order needs attention", func() bool {
		olga.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		return v.Execution != nil && v.Execution.Status == "FAILED" && strings.Contains(string(v.Attention), "PaymentUnavailable")
	})
	if v.Status != orderflow.Confirmed || v.Execution.Error != "PaymentUnavailable" || !v.Execution.Redrivable {
		t.Errorf("failed order: %s, execution %+v", v.Status, v.Execution.Execution)
	}
	var list struct {
		Orders []view `json:"orders"`
	}
	olga.get("/ops/orders?attention=true").expect(http.StatusOK).into(&list)
	if !slices.ContainsFunc(list.Orders, func(o view) bool { return o.OrderID == id }) {
		t.Errorf("order %s is not among those that need attention", id)
	}
	s.outage(false)
	redrive := func(c *caller) *answer {
		return c.request(http.MethodPost, "/ops/orders/"+id+"/redrive", nil, []byte(`{"reason":"the provider is back"}`))
	}
	redrive(ada).problem(http.StatusForbidden, "OperatorsOnly")
	redrive(olga).expect(http.StatusAccepted)
	ada.ended(id)
	eventually(t, "execution succeeds", func() bool {
		olga.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		return v.Execution.Status == "SUCCEEDED"
	})
	if v.Status != orderflow.Fulfilled || v.Execution.RedriveCount != 1 {
		t.Errorf("redriven order: %s after %d redrives", v.Status, v.Execution.RedriveCount)
	}
	count := map[string]int{}
	for _, h := range v.Execution.History {
		if h.Type == "TaskStateEntered" {
			count[h.State]++
		}
	}
	if count["ValidateOrder"] != 1 || count["ReserveStock"] != 1 || count["ChargePayment"] != 1 {
		t.Errorf("a redrive entered a state again: %v", count)
	}
	redrive(olga).problem(http.StatusConflict, "NotRedrivable")
}

// outage begins or ends the sandbox payment provider's outage.
func (s *system) outage(on bool) {
	s.t.Helper()
	local := http.Header{"Orderflow-Local": {"1"}}
	body := fmt.Appendf(nil, `{"lifted":%t}`, !on)
	(&caller{s: s}).request(http.MethodPut, "/_local/outage", local, body).expect(http.StatusNoContent)
}

// TestAPI checks tokens, ownership and replays.
func TestAPI(t *testing.T) { inEachMode(t, testAPI) }

func testAPI(t *testing.T, args ...string) {
	s := up(t, append(args, "--in-memory", "--param", "FreeOrders=refuse")...)
	ada, ben := s.as("ada"), s.as("ben")
	body := order("pm_card_visa", item{"towel-linen-set3", 1})

	t.Run("tokens", func(t *testing.T) {
		(&caller{s: s}).get("/orders").problem(http.StatusUnauthorized, "Unauthenticated")
		(&caller{s: s, token: "x" + ada.token}).get("/orders").problem(http.StatusUnauthorized, "Unauthenticated")
		ada.get("/ops/orders").problem(http.StatusForbidden, "OperatorsOnly")
	})
	t.Run("a free order, where they are refused", func(t *testing.T) {
		ada.place(order("pm_card_visa", item{"paper-sample-card", 1})).problem(http.StatusUnprocessableEntity, "FreeOrder")
	})
	t.Run("ownership", func(t *testing.T) {
		id := ada.accepted(body)
		ben.get("/orders/"+id).problem(http.StatusNotFound, "NotFound")
		ben.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).problem(http.StatusNotFound, "NotFound")
	})
	t.Run("replays", func(t *testing.T) {
		key := http.Header{"Idempotency-Key": {"one-and-the-same"}}
		first := ada.request(http.MethodPost, "/orders", key, body).expect(http.StatusAccepted)
		again := ada.request(http.MethodPost, "/orders", key, body).expect(http.StatusAccepted)
		if string(first.Body) != string(again.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("replay %s %q differs from %s", again.Body, again.Header.Get("Idempotent-Replayed"), first.Body)
		}
		other := order("pm_card_visa", item{"towel-linen-set3", 2})
		ada.request(http.MethodPost, "/orders", key, other).problem(http.StatusUnprocessableEntity, "IdempotencyKeyReused")
		ada.request(http.MethodPost, "/orders", nil, body).problem(http.StatusBadRequest, "IdempotencyKeyMissing")
	})
	t.Run("etag", func(t *testing.T) {
		id := ada.accepted(body)
		ada.ended(id)
		etag := ada.get("/orders/" + id).expect(http.StatusOK).Header.Get("ETag")
		ada.request(http.MethodGet, "/orders/"+id, http.Header{"If-None-Match": {etag}}, nil).expect(http.StatusNotModified)
	})
	t.Run("the contract and the docs", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/openapi.yaml", "/docs", "/products", "/products/towel-linen-set3"} {
			(&caller{s: s}).get(path).expect(http.StatusOK)
		}
	})
}
