package orderflow_test

import (
	"slices"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func TestFailures(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return time.Unix(0, 0).UTC().Add(time.Duration(minutes) * time.Minute) }
	order := func(id string, amount int64, currency, code, step, message string, since int) *orderflow.Order {
		o := &orderflow.Order{ID: id, Total: orderflow.Money{Amount: amount, Currency: currency}}
		if code != "" {
			o.Attention = &orderflow.Attention{Code: code, Step: step, Message: message, Since: at(since)}
		}
		return o
	}
	orders := []*orderflow.Order{
		order("f", 500, "USD", "ProviderDown", "Charge", `request req_8Zk2m1QxT4a7 of 10.0.0.7:443 timed out after 5,000 ms`, 3),
		order("e", 1, "USD", "", "", "", 0),
		order("d", 250, "EUR", "ProviderDown", "Charge", `request req_1Aa2m1QxT4b9 of 10.0.1.9:443 timed out after 5,001 ms`, 7),
		order("c", 125, "USD", "ProviderDown", "Charge", `request req_0000000000ab of 10.0.0.8:443 timed out after 9 ms`, 1),
		order("b", 100, "USD", "ProviderDown", "Refund", `request req_8Zk2m1QxT4a7 of 10.0.0.7:443 timed out after 5,000 ms`, 2),
		order("a", 100, "USD", "Internal", "Charge",
			`row "ab" of 0d7f6a2e-1c7b-4a55-9d3e-0123456789ab, trace 5f0c1a2b3c4d5e6f, is wrong`, 4),
	}
	got := orderflow.Failures(orders)
	if len(got) != 3 {
		t.Fatalf("got %d failures: %+v", len(got), got)
	}
	first := got[0]
	if first.Orders != 3 || first.Code != "ProviderDown" || first.Step != "Charge" ||
		first.Message != "request … of … timed out after … ms" || !first.Oldest.Equal(at(1)) || !first.Newest.Equal(at(7)) ||
		!slices.Equal(first.Samples, []string{"f", "d", "c"}) ||
		!slices.Equal(first.Value, []orderflow.Money{{Amount: 625, Currency: "USD"}, {Amount: 250, Currency: "EUR"}}) {
		t.Errorf("got %+v", first)
	}
	if got[1].Step != "Refund" || got[2].Message != "row … of …, trace …, is wrong" {
		t.Errorf("got %+v, %+v", got[1], got[2])
	}
	if orders[0].Total.Amount != 500 {
		t.Error("grouping changed an order")
	}
	for _, f := range got {
		for _, o := range orders {
			member := o.Attention != nil && o.Attention.Code == f.Code && o.Attention.Step == f.Step
			if (orderflow.OrderFilter{Failure: f.ID}).Matches(o) != member {
				t.Errorf("order %s in failure %s: want %v", o.ID, f.ID, member)
			}
		}
	}
}

func TestFailures_samples(t *testing.T) {
	t.Parallel()
	var orders []*orderflow.Order
	for range 100 {
		orders = append(orders, &orderflow.Order{ID: "x", Attention: &orderflow.Attention{Code: "A"}})
	}
	if got := orderflow.Failures(orders); len(got) != 1 || got[0].Orders != 100 || len(got[0].Samples) != 5 {
		t.Errorf("got %+v", got)
	}
	if got := orderflow.Failures(nil); got == nil || len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
