package cloud

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

func TestOrders_Stalled(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	save := func(age time.Duration, change func(o *orderflow.Order)) string {
		t.Helper()
		id, err := orderflow.NewOrderID(placedAt.Add(-age), zeros{})
		if err != nil {
			t.Fatal(err)
		}
		o := storetest.NewOrder(t, id, "a")
		o.UpdatedAt = placedAt.Add(-age)
		change(o)
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		return id
	}
	same := func(*orderflow.Order) {}
	older := save(3*time.Hour, same)
	old := save(2*time.Hour, same)
	save(time.Minute, same)
	// old, but recently changed
	save(4*time.Hour, func(o *orderflow.Order) { o.SetPaymentStatus(orderflow.PaymentUncertain, by(0)) })
	save(5*time.Hour, func(o *orderflow.Order) { o.Status = orderflow.Paid })
	// The times of these come from a clock that has since been set back by an hour.
	ahead := save(-time.Hour, same)
	oldAhead := save(90*time.Minute, func(o *orderflow.Order) { o.UpdatedAt = placedAt.Add(time.Hour) })
	save(-30*time.Second, same) // within the expected clock difference
	var got []string
	for o, err := range s.Stalled(t.Context(), orderflow.Placed, placedAt.Add(-time.Hour), placedAt.Add(time.Minute)) {
		wantCode(t, err, "")
		got = append(got, o.ID)
	}
	if want := []string{older, old, oldAhead, ahead}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOrders_Stalled_stops(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	for i := range 3 {
		o := storetest.NewOrder(t, fmt.Sprintf("ord_00000%d", i), "a")
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	}
	n := 0
	for range s.Stalled(t.Context(), orderflow.Placed, placedAt.Add(time.Hour), placedAt.Add(2*time.Hour)) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("yielded %d after a break", n)
	}
}

// Orders that need attention are found in every status.
func TestOrders_NeedingAttention(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	var want []string
	for i, status := range orderflow.Statuses {
		for j, marked := range []bool{true, false} {
			o := storetest.NewOrder(t, fmt.Sprintf("ord_%d%d", i, j), "a")
			o.Status = status
			if marked {
				o.MarkAttention(orderflow.Attention{Code: "X", ExecutionARN: "arn"}, by(0))
				want = append(want, o.ID)
			}
			wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		}
	}
	var got []string
	for o, err := range s.NeedingAttention(t.Context()) {
		wantCode(t, err, "")
		got = append(got, o.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// An order with an open refund is found until it needs attention or the refund is settled.
func TestOrders_OpenRefunds(t *testing.T) {
	t.Parallel()
	s := ordersOn(localDB(t))
	o := storetest.NewOrder(t, "ord_1", "a")
	found := func() (n int) {
		t.Helper()
		for got, err := range s.OpenRefunds(t.Context()) {
			wantCode(t, err, "")
			if n++; got.ID != o.ID || len(got.Refunds) != 1 {
				t.Errorf("got %+v", got)
			}
		}
		return n
	}
	for _, step := range []struct {
		change func()
		want   int
	}{
		{func() {}, 0},
		{func() {
			o.Refunds = []orderflow.OrderRefund{{ID: "rfd_1", Status: orderflow.RefundRequested, At: placedAt}}
		}, 1},
		{func() { o.MarkAttention(orderflow.Attention{Code: "X", ExecutionARN: "arn"}, by(0)) }, 0},
		{func() { o.ClearAttention(1, by(0)) }, 1},
		{func() { wantCode(t, o.SettleRefund("rfd_1", by(0)), "") }, 0},
	} {
		step.change()
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		if got := found(); got != step.want {
			t.Errorf("%d orders after change %d, want %d", got, o.Sequence, step.want)
		}
	}
}

// Only an order that needs attention is in the index by-attention.
func TestOrders_Commit_attentionIndex(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	indexed := func() int32 {
		t.Helper()
		out, err := db.Query(t.Context(), &dynamodb.QueryInput{
			TableName: aws.String("orders"), IndexName: aws.String("by-attention"),
			KeyConditionExpression:    aws.String("attentionIndex = :yes"),
			ExpressionAttributeValues: item{":yes": str("yes")},
		})
		wantCode(t, err, "")
		return out.Count
	}
	o := storetest.NewOrder(t, "ord_1", "a")
	for _, step := range []struct {
		change func()
		want   int32
	}{
		{func() {}, 0},
		{func() { o.MarkAttention(orderflow.Attention{Code: "X", ExecutionARN: "arn"}, by(0)) }, 1},
		{func() { o.ClearAttention(1, by(0)) }, 0},
	} {
		step.change()
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		if got := indexed(); got != step.want {
			t.Errorf("%d orders in the index after change %d, want %d", got, o.Sequence, step.want)
		}
	}
}

// An entry that was voided before the state VOIDED existed is read as VOIDED.
func TestPayments_Payment_formerlyVoided(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	for _, reason := range []string{"OrderCancelled", "card_declined"} {
		put(t, db, "payments", map[string]any{
			"orderId": reason, "step": "charge", "state": "FAILED", "reason": reason, "revision": 1,
		})
	}
	ledger := &Payments{DB: db, Table: "payments"}
	got, err := ledger.Payment(t.Context(), "OrderCancelled", "charge")
	wantCode(t, err, "")
	if got.State != orderflow.PaymentVoided || got.Reason != "" {
		t.Errorf("got %+v", got)
	}
	got, err = ledger.Payment(t.Context(), "card_declined", "charge")
	wantCode(t, err, "")
	if got.State != orderflow.PaymentFailed || got.Reason != "card_declined" {
		t.Errorf("got %+v", got)
	}
}
