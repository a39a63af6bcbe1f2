package cloud

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

// tablesOf returns all that is committed together.
type tablesOf struct {
	*Orders
	*Steps
	*Payments
	catalogue *Catalogue
}

func (s tablesOf) Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error) {
	return s.catalogue.Products(ctx, skus)
}

func TestOrders_store(t *testing.T) {
	t.Parallel()
	storetest.TestStore(t, func(t *testing.T, products ...orderflow.Product) storetest.Store {
		db := localDB(t)
		for _, p := range products {
			put(t, db, "products", p)
		}
		return tablesOf{
			Orders: ordersOn(db), Steps: &Steps{db, "steps"}, Payments: &Payments{db, "payments"},
			catalogue: &Catalogue{DB: db, Table: "products"},
		}
	})
}

// An order with all its fields set is loaded as it was saved.
func TestOrders_Commit_roundTripOfMarks(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	o := storetest.NewOrder(t, "ord_1", "a")
	o.Status, o.PaymentStatus = orderflow.Paid, orderflow.PaymentCaptured
	attempt := orderflow.Attempt{Entered: placedAt, Redrive: 2, Retry: 3}
	if err := o.RequestShipment("shp_1", orderflow.Wait{
		Step: "RequestShipment", Token: "t", Attempt: attempt,
	}, by(0)); err != nil {
		t.Fatal(err)
	}
	o.NoteUnsent(orderflow.Unsent{
		Kind: orderflow.NotifyConfirmed, Step: "NotifyConfirmed", Message: "m",
	}, by(time.Second))
	o.NoteLateDispatch("Post", "T1", by(2*time.Second))
	if err := o.Acknowledge(by(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	o.TakeAlerts(noon)
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	got, err := s.Order(t.Context(), "ord_1")
	wantCode(t, err, "")
	if !reflect.DeepEqual(got, o) || got.Wait.Attempt != attempt {
		t.Errorf("loaded %+v\nsaved  %+v", got, o)
	}
}

// A review and its wait are loaded as they were saved, before and after the decision.
func TestOrders_Commit_roundTripOfReview(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	s := ordersOn(db)
	o := storetest.NewOrder(t, "ord_1", "a")
	if err := o.Confirm(by(0)); err != nil {
		t.Fatal(err)
	}
	rules := orderflow.ReviewRules{Above: map[string]int64{o.Total.Currency: 0}}
	wantCode(t, o.PassReview(rules, false, by(0)), orderflow.CodeReviewRequired)
	for _, change := range []func() error{
		func() error { return nil },
		func() error {
			return o.AwaitReview(orderflow.Wait{
				Step: orderflow.StepAwaitReview, Token: "t", Until: placedAt.Add(time.Hour),
			}, by(time.Second))
		},
		func() error { return o.Decide(orderflow.ReviewApproved, by(2*time.Second)) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
		if got, err := s.Order(t.Context(), "ord_1"); err != nil || !reflect.DeepEqual(got, o) {
			t.Errorf("loaded %+v, %v\nsaved  %+v", got, err, o)
		}
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
				cancelled.CancellationReasons = append(cancelled.CancellationReasons,
					types.CancellationReason{Code: aws.String(code)})
			}
			if got := orderflow.CodeOf(whyCancelled(actions, cancelled)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
