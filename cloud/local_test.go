package cloud

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/jonboulle/clockwork"

	"orderflow"
	"orderflow/local/awsapi"
	localdb "orderflow/local/dynamodb"
	"orderflow/local/store"
	"orderflow/local/template"
)

// configOf makes the configuration of SDK clients that reach the handler in process.
func configOf(h http.Handler) aws.Config {
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: h}},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// tables are those of template.yaml, named without their stack.
var tables = sync.OnceValues(func() ([]localdb.TableSpec, error) {
	const stack = "test"
	t, err := template.Load(template.Options{FS: os.DirFS(".."), StackName: stack})
	if err != nil {
		return nil, err
	}
	specs := make([]localdb.TableSpec, len(t.Tables))
	for i, table := range t.Tables {
		if err := json.Unmarshal(table.Create, &specs[i]); err != nil {
			return nil, err
		}
		specs[i].TableName = strings.TrimPrefix(specs[i].TableName, stack+"-")
	}
	return specs, nil
})

// localDB is a client of an empty local DynamoDB with the tables.
func localDB(t *testing.T) *dynamodb.Client {
	t.Helper()
	st, err := store.Open(t.TempDir(), store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	svc, err := localdb.New(st, clockwork.NewFakeClockAt(noon))
	if err != nil {
		t.Fatal(err)
	}
	specs, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		if err := svc.EnsureTable(spec); err != nil {
			t.Fatal(err)
		}
	}
	r := &awsapi.Router{}
	r.Register("dynamodb", svc)
	return dynamodb.NewFromConfig(configOf(r))
}

func ordersOn(db *dynamodb.Client) *Orders {
	return &Orders{DB: db, Table: "orders", Steps: "steps", Payments: "payments", Products: "products"}
}

var placedAt = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)

func by(d time.Duration) orderflow.By {
	return orderflow.By{At: placedAt.Add(d), Actor: "step:test", Reason: "because"}
}

func usd(amount int64) orderflow.Money { return orderflow.Money{Amount: amount, Currency: "USD"} }

// newOrder is an order of one of each SKU, not saved yet.
func newOrder(t *testing.T, id string, skus ...string) *orderflow.Order {
	t.Helper()
	d := orderflow.Draft{
		ID: id, CustomerID: "cus_1", Email: "ada@example.com", PaymentMethod: "pm_card_visa", At: placedAt,
		ShippingAddress: orderflow.Address{Name: "Ada", Line1: "1 Main St", City: "Springfield", PostalCode: "12345", Country: "US"},
	}
	for _, sku := range skus {
		d.Lines = append(d.Lines, orderflow.Line{SKU: sku, Name: "Thing", Quantity: 1, UnitPrice: usd(250)})
	}
	o, err := orderflow.Place(d)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func putProduct(t *testing.T, db *dynamodb.Client, sku string, onHand int) {
	t.Helper()
	it, err := MarshalItem(orderflow.Product{SKU: sku, Name: "Thing", Category: "things", Price: usd(250), OnHand: onHand})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("products"), Item: it}); err != nil {
		t.Fatal(err)
	}
}

func stockOf(t *testing.T, db *dynamodb.Client, sku string) (onHand, reserved, shipped int) {
	t.Helper()
	p, err := (&Catalogue{DB: db, Table: "products"}).Product(t.Context(), sku)
	if err != nil {
		t.Fatal(err)
	}
	return p.OnHand, p.Reserved, p.Shipped
}

func wantCode(t *testing.T, err error, want orderflow.Code) {
	t.Helper()
	if got := orderflow.CodeOf(err); got != want || (want == "") != (err == nil) {
		t.Fatalf("got error %v, want code %q", err, want)
	}
}
