package bench

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/states"
)

// order7 is the workload: seven Lambda tasks in a row, each with a Retry and a Catch, and a Choice
// after the first.
//
//go:embed order-7.asl.json
var order7 string

type item struct {
	SKU       string `json:"sku"`
	Quantity  int    `json:"qty"`
	UnitPrice int    `json:"unitPrice"`
}

type order struct {
	OrderID    string `json:"orderId"`
	CustomerID string `json:"customerId"`
	Items      []item `json:"items"`
	Total      int    `json:"total"`
	FailOnce   bool   `json:"failOnce,omitempty"`
}

// newOrder returns the input of order n of a run; with failOnce its first charge fails.
func newOrder(run string, n int, failOnce bool) order {
	o := order{OrderID: fmt.Sprintf("%s-%07d", run, n), CustomerID: fmt.Sprintf("c-%d", n%100), FailOnce: failOnce}
	for i := range 3 {
		it := item{fmt.Sprintf("sku-%02d", (n+i)%50), 1 + (n+i)%3, 500 + 10*((n+i)%40)}
		o.Items, o.Total = append(o.Items, it), o.Total+it.Quantity*it.UnitPrice
	}
	return o
}

// check compares the output of a finished order with the results that its seven tasks must have
// returned.
func (o order) check(output string) error {
	doc, err := value.Parse(output)
	if err != nil {
		return fmt.Errorf("read output of %s: %w", o.OrderID, err)
	}
	for _, want := range []struct{ step, member, text string }{
		{"validate", "valid", "true"}, {"reserveStock", "reservationId", `"r-` + o.OrderID + `"`},
		{"charge", "chargeId", `"ch-` + o.OrderID + `"`},
		{"charge", "amount", strconv.Itoa(o.Total)}, {"recordPaid", "status", `"PAID"`},
		{"ship", "trackingId", `"t-` + o.OrderID + `"`},
		{"recordFulfilled", "status", `"FULFILLED"`}, {"notify", "notified", "true"},
	} {
		step, _ := doc.Member(want.step)
		if got, _ := step.Member(want.member); string(got) != want.text {
			return fmt.Errorf("output of %s: %s.%s is not %s: %s", o.OrderID, want.step, want.member, want.text, output)
		}
	}
	return nil
}

// handlers are the functions of the workload. Each reads its input as a real function would.
type handlers struct {
	failed sync.Map // order id: its first charge has failed
}

func (h *handlers) invoke(_ context.Context, function, _ string, payload []byte) (states.LambdaResult, error) {
	in, err := value.Parse(string(payload))
	if err != nil {
		return states.LambdaResult{}, fmt.Errorf("read input: %w", err)
	}
	id, _ := in.Member("orderId")
	order := id.Text()
	var out string
	switch name := function[strings.LastIndexByte(function, ':')+1:]; name {
	case "Validate":
		out = `{"valid":` + strconv.FormatBool(totalIsRight(in)) + `}`
	case "ReserveStock":
		out = `{"reservationId":"r-` + order + `"}`
	case "Charge":
		if once, _ := in.Member("failOnce"); once == value.True {
			if _, again := h.failed.LoadOrStore(order, true); !again {
				return states.LambdaResult{FunctionError: "Unhandled",
					Payload: []byte(`{"errorMessage":"try again","errorType":"TransientError"}`)}, nil
			}
			h.failed.Delete(order)
		}
		total, _ := in.Member("total")
		out = `{"chargeId":"ch-` + order + `","amount":` + string(total) + `}`
	case "RecordPaid":
		out = `{"status":"PAID"}`
	case "Ship":
		out = `{"trackingId":"t-` + order + `"}`
	case "RecordFulfilled":
		out = `{"status":"FULFILLED"}`
	case "Notify":
		out = `{"notified":true}`
	default:
		return states.LambdaResult{}, fmt.Errorf("unknown function %s", name)
	}
	return states.LambdaResult{Payload: []byte(out)}, nil
}

func totalIsRight(in value.JSON) bool {
	items, _ := in.Member("items")
	total, sum := member(in, "total"), int64(0)
	for _, item := range items.Elements() {
		sum += member(item, "qty") * member(item, "unitPrice")
	}
	return sum == total
}

func member(v value.JSON, key string) int64 {
	m, _ := v.Member(key)
	n, _ := m.Int()
	return n
}
