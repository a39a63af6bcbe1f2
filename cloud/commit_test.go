package cloud

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"orderflow"
)

func TestOrders_Commit_roundTrip(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	o := newOrder(t, "ord_1", "a", "b")
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	if err := o.RequestCancel(by(time.Second)); err != nil {
		t.Fatal(err)
	}
	o.NeedAttention(orderflow.Attention{Code: "PaymentUnavailable", Message: "m", Step: "ChargePayment", ExecutionARN: "arn", RedriveCount: 1}, by(2*time.Second))
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	got, err := s.Order(t.Context(), "ord_1")
	wantCode(t, err, "")
	if !reflect.DeepEqual(got, o) {
		t.Errorf("loaded %+v\nsaved  %+v", got, o)
	}
	if got.Version != 2 || got.Sequence != 3 {
		t.Errorf("version %d, sequence %d", got.Version, got.Sequence)
	}
}

// All that an order may carry while it waits, and after, comes back as it was saved.
func TestOrders_Commit_roundTripOfMarks(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	o := newOrder(t, "ord_1", "a")
	o.Status, o.PaymentStatus = orderflow.Paid, orderflow.PaymentCaptured
	attempt := orderflow.Attempt{Entered: placedAt, Redrive: 2, Retry: 3}
	if err := o.RequestShipment("shp_1", orderflow.Wait{Step: "RequestShipment", Token: "t", Attempt: attempt}, by(0)); err != nil {
		t.Fatal(err)
	}
	o.NotificationFailed(orderflow.Unsent{Kind: orderflow.NotifyConfirmed, Step: "NotifyConfirmed", Message: "m"}, by(time.Second))
	o.NoteLateDispatch("Post", "T1", by(2*time.Second))
	if err := o.Acknowledge(by(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	o.AlertsDue()
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	got, err := s.Order(t.Context(), "ord_1")
	wantCode(t, err, "")
	if !reflect.DeepEqual(got, o) || got.Wait.Attempt != attempt {
		t.Errorf("loaded %+v\nsaved  %+v", got, o)
	}
}

func TestOrders_Order_notFound(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	_, err := ordersOn(db).Order(t.Context(), "ord_none")
	wantCode(t, err, orderflow.CodeNotFound)
}

func TestOrders_Commit_guards(t *testing.T) {
	t.Parallel()
	step := &orderflow.Step{OrderID: "ord_1", Name: "reserve/1", Result: []byte(`{"n":1}`)}
	pay := func(state orderflow.PaymentState, revision int) *orderflow.Payment {
		return &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: state, Amount: usd(5), Revision: revision}
	}
	started, succeeded, failed, voided := orderflow.PaymentStarted, orderflow.PaymentSucceeded, orderflow.PaymentFailed, orderflow.PaymentVoided
	notDue := orderflow.PaymentNotDue
	second := func() *orderflow.Payment {
		p := pay(started, 1)
		p.Attempt, p.RenewAt = 2, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		return p
	}
	for _, tt := range []struct {
		name   string
		before []orderflow.Write
		write  orderflow.Write
		want   orderflow.Code
	}{
		{"step once", nil, orderflow.Write{Step: step}, ""},
		{"step twice", []orderflow.Write{{Step: step}}, orderflow.Write{Step: step}, orderflow.CodeConflict},
		{"payment started", nil, orderflow.Write{Payment: pay(started, 0)}, ""},
		{"payment started twice", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(started, 0)}, orderflow.CodeConflict},
		{"payment changed", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(started, 1)}, ""},
		{"payment changed by somebody else", []orderflow.Write{{Payment: pay(started, 0)}, {Payment: pay(started, 1)}}, orderflow.Write{Payment: pay(started, 1)}, orderflow.CodeConflict},
		{"payment settled", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(succeeded, 1)}, ""},
		{"payment settled without a start", nil, orderflow.Write{Payment: pay(succeeded, 1)}, orderflow.CodeConflict},
		{"payment given up without a start", nil, orderflow.Write{Payment: pay(voided, 0)}, ""},
		{"payment settled twice", []orderflow.Write{{Payment: pay(started, 0)}, {Payment: pay(succeeded, 1)}}, orderflow.Write{Payment: pay(failed, 1)}, orderflow.CodeConflict},
		{"payment started after it was given up", []orderflow.Write{{Payment: pay(voided, 0)}}, orderflow.Write{Payment: pay(started, 0)}, orderflow.CodeConflict},
		{"payment attempted again", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: second()}, ""},
		{"payment attempted again by somebody else", []orderflow.Write{{Payment: pay(started, 0)}, {Payment: second()}}, orderflow.Write{Payment: pay(started, 1)}, orderflow.CodeConflict},
		{"no payment due", nil, orderflow.Write{Payment: pay(notDue, 0)}, ""},
		{"no payment due, twice", []orderflow.Write{{Payment: pay(notDue, 0)}}, orderflow.Write{Payment: pay(notDue, 0)}, orderflow.CodeConflict},
		{"no payment due after it was given up", []orderflow.Write{{Payment: pay(voided, 0)}}, orderflow.Write{Payment: pay(notDue, 0)}, orderflow.CodeConflict},
		{"payment started where none is due", []orderflow.Write{{Payment: pay(notDue, 0)}}, orderflow.Write{Payment: pay(started, 0)}, orderflow.CodeConflict},
		{"payment given up where none is due", []orderflow.Write{{Payment: pay(notDue, 0)}}, orderflow.Write{Payment: pay(voided, 0)}, orderflow.CodeConflict},
		{"payment given up after a start", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(voided, 1)}, ""},
		{"payment declined without a start", nil, orderflow.Write{Payment: pay(failed, 0)}, orderflow.CodeConflict},
		{"nothing", nil, orderflow.Write{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := localDB(t)
			s := ordersOn(db)
			for _, w := range tt.before {
				wantCode(t, s.Commit(t.Context(), w), "")
			}
			wantCode(t, s.Commit(t.Context(), tt.write), tt.want)
		})
	}
}

func TestOrders_Commit_version(t *testing.T) {
	t.Parallel()
	for _, alone := range []bool{true, false} { // as one item, and as a transaction
		t.Run(fmt.Sprintf("alone %v", alone), func(t *testing.T) {
			t.Parallel()
			db := localDB(t)
			s := ordersOn(db)
			write := func(o *orderflow.Order) orderflow.Write {
				w := orderflow.Write{Order: o}
				if !alone {
					w.Step = &orderflow.Step{OrderID: o.ID, Name: fmt.Sprint(o.Sequence), Result: []byte("{}")}
				}
				return w
			}
			first := newOrder(t, "ord_1", "a")
			wantCode(t, s.Commit(t.Context(), write(first)), "")
			wantCode(t, s.Commit(t.Context(), write(newOrder(t, "ord_1", "b"))), orderflow.CodeConflict)
			second, err := s.Order(t.Context(), "ord_1")
			wantCode(t, err, "")
			second.Payment(orderflow.PaymentUncertain, by(0))
			wantCode(t, s.Commit(t.Context(), write(second)), "")
			first.Payment(orderflow.PaymentDeclined, by(0))
			first.Payment(orderflow.PaymentNone, by(0))
			wantCode(t, s.Commit(t.Context(), write(first)), orderflow.CodeConflict)
			if first.Version != 1 || second.Version != 2 {
				t.Errorf("versions %d and %d", first.Version, second.Version)
			}
		})
	}
}

func TestOrders_Commit_stock(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	putProduct(t, db, "a", 3)
	putProduct(t, db, "b", 1)
	o := newOrder(t, "ord_1", "a", "b")
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	move := func(kind orderflow.StockMoveKind, quantities ...int) error {
		w := orderflow.Write{Order: o}
		for i, q := range quantities {
			w.Stock = append(w.Stock, orderflow.StockMove{SKU: []string{"a", "b", "none"}[i], Kind: kind, Quantity: q})
		}
		return s.Commit(t.Context(), w)
	}
	want := func(sku string, onHand, reserved, shipped int) {
		t.Helper()
		if h, r, sh := stockOf(t, db, sku); h != onHand || r != reserved || sh != shipped {
			t.Errorf("%s: on hand %d, reserved %d, shipped %d", sku, h, r, sh)
		}
	}
	err := move(orderflow.Reserve, 2, 2, 1)
	wantCode(t, err, orderflow.CodeOutOfStock)
	if !strings.HasSuffix(err.Error(), "not enough in stock: b, none") {
		t.Errorf("the SKUs are missing: %v", err)
	}
	want("a", 3, 0, 0)
	wantCode(t, move(orderflow.Reserve, 3, 1), "")
	wantCode(t, move(orderflow.Release, 1, 1), "")
	wantCode(t, move(orderflow.Ship, 2), "")
	wantCode(t, move(orderflow.Ship, 1), orderflow.CodeInvalidState)
	want("a", 1, 0, 2)
	want("b", 1, 0, 0)
	if o.Version != 4 {
		t.Errorf("version %d after four writes that succeeded", o.Version)
	}
	if err := move(orderflow.Reserve, 0); err == nil {
		t.Error("a move of nothing was taken")
	}
}

// A conflict says more than a lack of stock: after a reload, the stock may not matter any more.
func TestOrders_Commit_conflictBeforeStock(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	step := &orderflow.Step{OrderID: "ord_1", Name: "reserve/1", Result: []byte("{}")}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Step: step}), "")
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Step: step, Stock: []orderflow.StockMove{{SKU: "none", Kind: orderflow.Reserve, Quantity: 1}}}), orderflow.CodeConflict)
}

func TestOrders_Commit_mostMoves(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	var moves []orderflow.StockMove
	for i := range orderflow.MaxStockMoves {
		sku := fmt.Sprintf("sku-%d", i)
		putProduct(t, db, sku, 1)
		moves = append(moves, orderflow.StockMove{SKU: sku, Kind: orderflow.Reserve, Quantity: 1})
	}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{
		Order: newOrder(t, "ord_1", "a"), Step: &orderflow.Step{OrderID: "ord_1", Name: "x", Result: []byte("{}")},
		Payment: &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: orderflow.PaymentStarted, Amount: usd(5)}, Stock: moves,
	}), "")
}

// Many reserve the last pieces at once: as many succeed as there are pieces.
func TestOrders_Commit_race(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	putProduct(t, db, "a", 5)
	errs := make([]error, 20)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			step := &orderflow.Step{OrderID: fmt.Sprint(i), Name: "reserve/1", Result: []byte("{}")}
			errs[i] = s.Commit(t.Context(), orderflow.Write{Step: step, Stock: []orderflow.StockMove{{SKU: "a", Kind: orderflow.Reserve, Quantity: 1}}})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantCode(t, err, orderflow.CodeOutOfStock)
	}
	if onHand, reserved, _ := stockOf(t, db, "a"); won != 5 || onHand != 0 || reserved != 5 {
		t.Errorf("%d won; on hand %d, reserved %d", won, onHand, reserved)
	}
}

func TestWhyCancelled(t *testing.T) {
	t.Parallel()
	actions := []action{{}, {move: &orderflow.StockMove{SKU: "a", Kind: orderflow.Reserve}}}
	for _, tt := range []struct {
		name    string
		reasons []string
		want    orderflow.Code
	}{
		{"order", []string{"ConditionalCheckFailed", "None"}, orderflow.CodeConflict},
		{"stock", []string{"None", "ConditionalCheckFailed"}, orderflow.CodeOutOfStock},
		{"another transaction", []string{"None", "TransactionConflict"}, orderflow.CodeConflict},
		{"throttled", []string{"None", "ThrottlingError"}, orderflow.CodeThrottled},
		{"throughput", []string{"ProvisionedThroughputExceeded", "None"}, orderflow.CodeThrottled},
		{"conflict before throttling", []string{"ThrottlingError", "TransactionConflict"}, orderflow.CodeConflict},
		{"anything else", []string{"ItemCollectionSizeLimitExceeded", "None"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cancelled := &types.TransactionCanceledException{}
			for _, code := range tt.reasons {
				cancelled.CancellationReasons = append(cancelled.CancellationReasons, types.CancellationReason{Code: aws.String(code)})
			}
			if got := orderflow.CodeOf(whyCancelled(actions, cancelled)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
