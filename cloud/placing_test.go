package cloud

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/storetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// dynamoClient returns an SDK client whose requests go to the given transport.
func dynamoClient(h http.Handler) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: h}}, RetryMaxAttempts: 1,
	})
}

// draft returns an order that is not saved yet.
func draft(t *testing.T, n int, customer string) *orderflow.Order {
	t.Helper()
	at := noon.Add(time.Duration(n) * time.Second)
	id, err := orderflow.NewOrderID(at, strings.NewReader(fmt.Sprintf("%010d", n)))
	if err != nil {
		t.Fatal(err)
	}
	o, err := orderflow.Place(orderflow.Draft{
		ID: id, CustomerID: customer, Email: "ada@example.com", PaymentMethod: "pm_card_visa", At: at,
		Lines: []orderflow.Line{{
			SKU: "MUG", Name: "Mug", Quantity: 2, UnitPrice: orderflow.Money{Amount: 1650, Currency: "USD"},
		}},
		ShippingAddress: orderflow.Address{
			Name: "Ada", Line1: "1 A St", City: "London", PostalCode: "SW1", Country: "GB",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// placed is the input of a placement, and the tables with its result.
type placed struct {
	*Placements
	orders *Orders
}

func (p placed) Order(ctx context.Context, id string) (*orderflow.Order, error) {
	return p.orders.Order(ctx, id)
}

func TestPlacements(t *testing.T) {
	t.Parallel()
	storetest.TestPlacements(t, func(t *testing.T) storetest.Placements {
		db := localDB(t)
		return placed{&Placements{DB: db, Orders: "orders", Idempotency: "idempotency"}, &Orders{DB: db, Table: "orders"}}
	})
}

func TestPlacements_limit(t *testing.T) {
	t.Parallel()
	storetest.TestOrderLimit(t, func(t *testing.T, limit int) storetest.Placements {
		db := localDB(t)
		return placed{
			&Placements{DB: db, Orders: "orders", Idempotency: "idempotency", OrdersPerHour: limit},
			&Orders{DB: db, Table: "orders"},
		}
	})
}

// TestPlacements_cancelled covers cancellation reasons that the local service never returns.
func TestPlacements_cancelled(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reasons string
		want    orderflow.Code
	}{
		"in flight":               {`{"Code":"TransactionConflict"},{"Code":"None"}`, orderflow.CodeConflict},
		"throttled":               {`{"Code":"ThrottlingError"},{"Code":"None"}`, orderflow.CodeThrottled},
		"the order's id is taken": {`{"Code":"None"},{"Code":"ConditionalCheckFailed"}`, orderflow.CodeConflict},
		"the promotion is used": {
			`{"Code":"None"},{"Code":"None"},{"Code":"ConditionalCheckFailed"},{"Code":"None"}`, orderflow.CodePromotionUsed,
		},
		"it is about to be used": {
			`{"Code":"None"},{"Code":"None"},{"Code":"TransactionConflict"},{"Code":"None"}`, orderflow.CodeThrottled,
		},
		"used by the same request, in flight": {
			`{"Code":"TransactionConflict"},{"Code":"None"},{"Code":"ConditionalCheckFailed"},{"Code":"None"}`,
			orderflow.CodeConflict,
		},
		"expired in between": {`{"Code":"ConditionalCheckFailed"},{"Code":"None"}`, orderflow.CodeConflict},
		"at the limit": {
			`{"Code":"None"},{"Code":"None"},{"Code":"None"},{"Code":"ConditionalCheckFailed"}`, orderflow.CodeTooManyOrders,
		},
		"the customer's other orders": {
			`{"Code":"None"},{"Code":"None"},{"Code":"None"},{"Code":"TransactionConflict"}`, orderflow.CodeThrottled,
		},
		"in flight, and at the limit": {
			`{"Code":"TransactionConflict"},{"Code":"None"},{"Code":"None"},{"Code":"ConditionalCheckFailed"}`,
			orderflow.CodeConflict,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dynamoClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") {
					fmt.Fprint(w, `{}`)
					return
				}
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[%s]}`, tt.reasons)
			}))
			p := &Placements{DB: db, Orders: "orders", Idempotency: "idempotency", OrdersPerHour: 1}
			o := draft(t, 1, "ada")
			o.Price = &orderflow.Price{PromotionCode: "ONCE", OncePerCustomer: true}
			if earlier, err := p.Place(t.Context(), o, "key", nil, noon, noon); earlier != nil ||
				orderflow.CodeOf(err) != tt.want || o.Version != 0 {
				t.Errorf("got %s, %v, want %s", earlier, err, tt.want)
			}
		})
	}
}

func put(t *testing.T, db *dynamodb.Client, table string, v any) {
	t.Helper()
	it, err := MarshalItem(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutItem(context.Background(),
		&dynamodb.PutItemInput{TableName: aws.String(table), Item: it}); err != nil {
		t.Fatal(err)
	}
}
