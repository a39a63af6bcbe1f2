package cloud

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"orderflow"
	"orderflow/local/awsapi"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// dynamoClient is an SDK client of whatever answers.
func dynamoClient(h http.Handler) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: h}}, RetryMaxAttempts: 1,
	})
}

// draft makes an order that is not saved yet.
func draft(t *testing.T, n int, customer string) *orderflow.Order {
	t.Helper()
	at := noon.Add(time.Duration(n) * time.Second)
	id, err := orderflow.NewOrderID(at, strings.NewReader(fmt.Sprintf("%010d", n)))
	if err != nil {
		t.Fatal(err)
	}
	o, err := orderflow.Place(orderflow.Draft{
		ID: id, CustomerID: customer, Email: "ada@example.com", PaymentMethod: "pm_card_visa", At: at,
		Lines:           []orderflow.Line{{SKU: "MUG", Name: "Mug", Quantity: 2, UnitPrice: orderflow.Money{Amount: 1650, Currency: "USD"}}},
		ShippingAddress: orderflow.Address{Name: "Ada", Line1: "1 A St", City: "London", PostalCode: "SW1", Country: "GB"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestPlacements(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	ctx, p := t.Context(), &Placements{DB: db, Orders: "orders", Idempotency: "idempotency"}
	orders := &Orders{DB: db, Table: "orders"}
	expires := noon.Add(48 * time.Hour)

	if got, err := p.Answer(ctx, "key", noon); got != nil || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	first := draft(t, 1, "ada")
	if earlier, err := p.Place(ctx, first, "key", []byte("first"), noon, expires); earlier != nil || err != nil {
		t.Fatalf("got %s, %v", earlier, err)
	}
	if saved, err := orders.Order(ctx, first.ID); err != nil || saved.Version != 1 || first.Version != 1 || !saved.PlacedAt.Equal(first.PlacedAt) || len(saved.Timeline) != 1 {
		t.Fatalf("got %+v, %v", saved, err)
	}
	if got, err := p.Answer(ctx, "key", expires.Add(-time.Second)); string(got) != "first" || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}

	second := draft(t, 2, "ada")
	if earlier, err := p.Place(ctx, second, "key", []byte("second"), noon, expires); string(earlier) != "first" || err != nil {
		t.Fatalf("got %s, %v", earlier, err)
	}
	if _, err := orders.Order(ctx, second.ID); orderflow.CodeOf(err) != orderflow.CodeNotFound || second.Version != 0 {
		t.Fatalf("the second order was saved: %v", err)
	}
	// DynamoDB deletes expired items late: the clock decides.
	if got, err := p.Answer(ctx, "key", expires); got != nil || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	if earlier, err := p.Place(ctx, second, "key", []byte("second"), expires, expires.Add(48*time.Hour)); earlier != nil || err != nil {
		t.Fatalf("got %s, %v", earlier, err)
	}
	if got, err := p.Answer(ctx, "key", expires); string(got) != "second" || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	if _, err := p.Place(ctx, second, "other key", nil, noon, expires); err == nil {
		t.Fatal("a saved order was placed again")
	}
}

func TestPlacements_concurrently(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	p := &Placements{DB: db, Orders: "orders", Idempotency: "idempotency"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var won []byte
	answers := make([][]byte, 50)
	for i := range answers {
		o, mine := draft(t, i, "ada"), fmt.Appendf(nil, "answer %d", i)
		wg.Go(func() {
			earlier, err := p.Place(t.Context(), o, "key", mine, noon, noon.Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			answers[i] = earlier
			if earlier == nil {
				mu.Lock()
				defer mu.Unlock()
				if won != nil {
					t.Errorf("%s and %s won", won, mine)
				}
				won, answers[i] = mine, mine
			}
		})
	}
	wg.Wait()
	for _, a := range answers {
		if !bytes.Equal(a, won) {
			t.Errorf("got %s, want %s", a, won)
		}
	}
	all, _, err := (&OrderLists{DB: db, Table: "orders"}).OrdersOf(t.Context(), "ada", "", "", 100)
	if err != nil || len(all) != 1 {
		t.Errorf("got %d orders, %v", len(all), err)
	}
}

// TestPlacements_cancelled gives the reasons that the local service never gives.
func TestPlacements_cancelled(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reasons string
		want    orderflow.Code
	}{
		"in flight":               {`{"Code":"TransactionConflict"},{"Code":"None"}`, orderflow.CodeConflict},
		"throttled":               {`{"Code":"ThrottlingError"},{"Code":"None"}`, orderflow.CodeThrottled},
		"the order's id is taken": {`{"Code":"None"},{"Code":"ConditionalCheckFailed"}`, orderflow.CodeConflict},
		"expired in between":      {`{"Code":"ConditionalCheckFailed"},{"Code":"None"}`, orderflow.CodeConflict},
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
			p := &Placements{DB: db, Orders: "orders", Idempotency: "idempotency"}
			o := draft(t, 1, "ada")
			if earlier, err := p.Place(t.Context(), o, "key", nil, noon, noon); earlier != nil || orderflow.CodeOf(err) != tt.want || o.Version != 0 {
				t.Errorf("got %s, %v, want %s", earlier, err, tt.want)
			}
		})
	}
}

func put(t *testing.T, db *dynamodb.Client, table string, v any) {
	t.Helper()
	it, err := marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: it}); err != nil {
		t.Fatal(err)
	}
}
