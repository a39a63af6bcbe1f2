package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

type failuresAnswer struct {
	Failures  []failureView `json:"failures"`
	Truncated bool          `json:"truncated"`
}

func TestOpsListFailures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.get(&ada, "/ops/failures").expect(403, "OperatorsOnly")
	if got := decoded[failuresAnswer](f.get(&operator, "/ops/failures").expect(200, "")); got.Failures == nil ||
		len(got.Failures) != 0 || got.Truncated {
		t.Errorf("got %+v", got)
	}
	first, second, third := f.placedBy(&ada), f.placedBy(&bob), f.placedBy(&ada)
	f.failedExecution(first)
	f.failedExecution(second)
	f.changeOrder(third, func(o *orderflow.Order) {
		o.MarkAttention(orderflow.Attention{Code: "Internal", Message: "order 17 is wrong"}, by("step:watch"))
	})
	got := decoded[failuresAnswer](f.get(&operator, "/ops/failures").expect(200, ""))
	if len(got.Failures) != 2 || got.Truncated {
		t.Fatalf("got %+v", got)
	}
	if g := got.Failures[0]; g.Code != "PaymentUnavailable" || g.Step != "ChargePayment" || g.Orders != 2 ||
		!slices.Equal(g.Samples, []string{second, first}) || len(g.Value) != 1 {
		t.Errorf("got %+v", g)
	}
	if g := got.Failures[1]; g.Message != "order … is wrong" || g.Samples[0] != third {
		t.Errorf("got %+v", g)
	}
	for _, g := range got.Failures {
		page := decoded[struct{ Orders []opsSummaryView }](
			f.get(&operator, "/ops/orders?failure="+g.ID).expect(200, ""))
		if len(page.Orders) != g.Orders {
			t.Errorf("failure %s has %d orders, the list %d", g.ID, g.Orders, len(page.Orders))
		}
	}
	f.get(&operator, "/ops/orders?failure=x").expect(400, "InvalidParameter")
}

func TestOpsListFailures_truncates(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raw := f.orders[f.placedBy(&ada)]
	for i := range maxGrouped {
		o := &orderflow.Order{}
		must(t, json.Unmarshal(raw, o))
		o.ID = fmt.Sprintf("ord_%026d", i)
		o.MarkAttention(orderflow.Attention{Code: "Internal"}, by("step:watch"))
		f.save(o)
	}
	if got := decoded[failuresAnswer](f.get(&operator, "/ops/failures").expect(200, "")); got.Truncated ||
		got.Failures[0].Orders != maxGrouped {
		t.Errorf("got %d of %d orders, truncated %v", got.Failures[0].Orders, maxGrouped, got.Truncated)
	}
}

func TestOpsListOrders_ofACustomer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, _, third := f.placedBy(&ada), f.placedBy(&bob), f.placedBy(&ada)
	page := decoded[struct{ Orders []opsSummaryView }](f.get(&operator, "/ops/orders?customerId=ada").expect(200, ""))
	if len(page.Orders) != 2 || page.Orders[0].OrderID != third || page.Orders[1].OrderID != first {
		t.Errorf("got %+v", page)
	}
}

func TestOpsListOrders_byEmail(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine, other := f.placedBy(&ada), f.placedBy(&bob)
	o, err := f.load(other)
	must(t, err)
	o.Email = "bob@example.com"
	f.save(o)
	page := decoded[struct{ Orders []opsSummaryView }](f.get(&operator, "/ops/orders?email=ADA@Example.com").expect(200, ""))
	if len(page.Orders) != 1 || page.Orders[0].OrderID != mine {
		t.Errorf("got %+v", page)
	}
	f.get(&operator, "/ops/orders?email=ada").expect(400, "InvalidParameter")
	f.get(&ada, "/orders?email=ada@example.com").expect(400, "InvalidParameter")
}
