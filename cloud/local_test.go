package cloud

import (
	"encoding/json"
	"net/http"
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
)

// configOf makes the configuration of SDK clients that reach the handler in process.
func configOf(h http.Handler) aws.Config {
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: h}},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// tables are the tables of template.yaml that these adapters use.
var tables = []string{
	`{"TableName":"orders","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"status","AttributeType":"S"},{"AttributeName":"attentionIndex","AttributeType":"S"}],
	  "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"GlobalSecondaryIndexes":[
	  {"IndexName":"by-status","KeySchema":[{"AttributeName":"status","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}},
	  {"IndexName":"by-attention","KeySchema":[{"AttributeName":"attentionIndex","KeyType":"HASH"},{"AttributeName":"id","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}],
	  "BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}`,
	`{"TableName":"steps","AttributeDefinitions":[{"AttributeName":"orderId","AttributeType":"S"},{"AttributeName":"name","AttributeType":"S"}],
	  "KeySchema":[{"AttributeName":"orderId","KeyType":"HASH"},{"AttributeName":"name","KeyType":"RANGE"}],"BillingMode":"PAY_PER_REQUEST"}`,
	`{"TableName":"payments","AttributeDefinitions":[{"AttributeName":"orderId","AttributeType":"S"},{"AttributeName":"step","AttributeType":"S"}],
	  "KeySchema":[{"AttributeName":"orderId","KeyType":"HASH"},{"AttributeName":"step","KeyType":"RANGE"}],"BillingMode":"PAY_PER_REQUEST"}`,
	`{"TableName":"products","AttributeDefinitions":[{"AttributeName":"sku","AttributeType":"S"}],"KeySchema":[{"AttributeName":"sku","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}`,
	`{"TableName":"sandbox","AttributeDefinitions":[{"AttributeName":"key","AttributeType":"S"}],"KeySchema":[{"AttributeName":"key","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}`,
}

// localDB is a client of an empty local DynamoDB with the tables.
func localDB(t *testing.T) (*dynamodb.Client, *localdb.Service) {
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
	svc, err := localdb.New(st, clockwork.NewRealClock())
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range tables {
		if _, err := svc.Do(t.Context(), "CreateTable", json.RawMessage(spec)); err != nil {
			t.Fatal(err)
		}
	}
	r := &awsapi.Router{}
	r.Register("dynamodb", svc)
	return dynamodb.NewFromConfig(configOf(r)), svc
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
	it, err := marshal(orderflow.Product{SKU: sku, Name: "Thing", Category: "things", Price: usd(250), OnHand: onHand})
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
