package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"orderflow/local/states"
)

// order7 is the workload: seven Lambda tasks in a row, each with a Retry and a Catch, and a Choice after the first.
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

// newOrder is the input of order n of a run; with failOnce its first charge fails.
func newOrder(run string, n int, failOnce bool) order {
	o := order{OrderID: fmt.Sprintf("%s-%07d", run, n), CustomerID: fmt.Sprintf("c-%d", n%100), FailOnce: failOnce}
	for i := range 3 {
		it := item{fmt.Sprintf("sku-%02d", (n+i)%50), 1 + (n+i)%3, 500 + 10*((n+i)%40)}
		o.Items, o.Total = append(o.Items, it), o.Total+it.Quantity*it.UnitPrice
	}
	return o
}

// check holds the output of a finished order against what its seven tasks must have returned.
func (o order) check(output string) error {
	var got struct {
		OrderID  string                         `json:"orderId"`
		Validate struct{ Valid bool }           `json:"validate"`
		Reserve  struct{ ReservationID string } `json:"reserveStock"`
		Charge   struct {
			ChargeID string
			Amount   int
		} `json:"charge"`
		Paid      struct{ Status string }     `json:"recordPaid"`
		Ship      struct{ TrackingID string } `json:"ship"`
		Fulfilled struct{ Status string }     `json:"recordFulfilled"`
		Notify    struct{ Notified bool }     `json:"notify"`
	}
	if err := json.Unmarshal([]byte(output), &got); err != nil {
		return fmt.Errorf("read output of %s: %w", o.OrderID, err)
	}
	ok := got.OrderID == o.OrderID && got.Validate.Valid && got.Reserve.ReservationID == "r-"+o.OrderID && got.Charge.ChargeID == "ch-"+o.OrderID &&
		got.Charge.Amount == o.Total && got.Paid.Status == "PAID" && got.Ship.TrackingID == "t-"+o.OrderID && got.Fulfilled.Status == "FULFILLED" && got.Notify.Notified
	if !ok {
		return fmt.Errorf("output of %s is wrong: %s", o.OrderID, output)
	}
	return nil
}

// handlers are the functions of the workload. Each reads its input as a function would.
type handlers struct {
	failed sync.Map // order id: its first charge has failed
}

func (h *handlers) invoke(_ context.Context, function, _ string, payload []byte) (states.LambdaResult, error) {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return states.LambdaResult{}, fmt.Errorf("read input: %w", err)
	}
	var out any
	switch name := function[strings.LastIndexByte(function, ':')+1:]; name {
	case "Validate":
		total := 0
		for _, it := range o.Items {
			total += it.Quantity * it.UnitPrice
		}
		out = struct {
			Valid bool `json:"valid"`
		}{total == o.Total}
	case "ReserveStock":
		out = struct {
			ID string `json:"reservationId"`
		}{"r-" + o.OrderID}
	case "Charge":
		if _, again := h.failed.LoadOrStore(o.OrderID, true); o.FailOnce && !again {
			return states.LambdaResult{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage":"try again","errorType":"TransientError"}`)}, nil
		}
		h.failed.Delete(o.OrderID)
		out = struct {
			ID     string `json:"chargeId"`
			Amount int    `json:"amount"`
		}{"ch-" + o.OrderID, o.Total}
	case "RecordPaid", "RecordFulfilled":
		out = struct {
			Status string `json:"status"`
		}{map[string]string{"RecordPaid": "PAID", "RecordFulfilled": "FULFILLED"}[name]}
	case "Ship":
		out = struct {
			ID string `json:"trackingId"`
		}{"t-" + o.OrderID}
	case "Notify":
		out = struct {
			Notified bool `json:"notified"`
		}{true}
	default:
		return states.LambdaResult{}, fmt.Errorf("no function %s", name)
	}
	b, err := json.Marshal(out)
	return states.LambdaResult{Payload: b}, err
}
