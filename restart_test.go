package orderflow_test

import (
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

const executionPrefix = "arn:aws:states:us-east-1:000000000000:execution:fulfil-order:"

func TestExecutionName(t *testing.T) {
	t.Parallel()
	o := &orderflow.Order{ID: "ord_1"}
	for restarts, want := range []string{"ord_1", "ord_1-2", "ord_1-3"} {
		o.Restarts = restarts
		if got := o.ExecutionName(); got != want || orderflow.OrderOfExecution(got) != "ord_1" ||
			orderflow.OrderOfExecution(executionPrefix+got) != "ord_1" {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := orderflow.OrderOfExecution(""); got != "" {
		t.Errorf("got %q", got)
	}
}

// A restart removes the mark of the failure, and news of the earlier execution marks nothing.
func TestOrder_Restart(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	o := &orderflow.Order{ID: "ord_1", Status: orderflow.Paid}
	old := orderflow.Attention{Code: "InvalidState", Step: "RecordFulfilled", ExecutionARN: executionPrefix + "ord_1", RedriveCount: 3}
	if !o.MarkAttention(old, orderflow.By{At: at}) {
		t.Fatal("not marked")
	}
	by := orderflow.By{At: at, Actor: "operator:olga", Reason: "answered by hand"}
	if err := o.Restart(by); err != nil {
		t.Fatal(err)
	}
	if last := o.Timeline[len(o.Timeline)-1]; o.Attention != nil || last.Actor != by.Actor || last.Reason != by.Reason {
		t.Errorf("got %+v", o)
	}
	old.RedriveCount = 4
	if o.MarkAttention(old, by) || o.Attention != nil {
		t.Error("a failure of the earlier execution marks the order")
	}
	if !o.MarkAttention(orderflow.Attention{Code: "X", ExecutionARN: executionPrefix + "ord_1-2"}, by) {
		t.Error("a failure of the new execution does not mark the order")
	}
	o.Status = orderflow.Fulfilled
	if err := o.Restart(by); orderflow.CodeOf(err) != orderflow.CodeNotRestartable {
		t.Errorf("got %v", err)
	}
}
