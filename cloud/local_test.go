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

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	localdb "github.com/orderflow-dev/orderflow/local/dynamodb"
	"github.com/orderflow-dev/orderflow/local/store"
	"github.com/orderflow-dev/orderflow/local/template"
	"github.com/orderflow-dev/orderflow/storetest"
)

// configOf returns the configuration of SDK clients that reach the handler in process.
func configOf(h http.Handler) aws.Config {
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: h}},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// tables returns the tables of template.yaml, named without their stack.
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

// localDB returns a client of an empty local DynamoDB with the tables.
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
	return &Orders{
		DB: db, Table: "orders", Steps: "steps", Payments: "payments", Products: "products", Movements: "movements",
	}
}

var placedAt = storetest.PlacedAt

func by(d time.Duration) orderflow.By {
	return orderflow.By{At: placedAt.Add(d), Actor: "step:test", Reason: "because"}
}

func usd(amount int64) orderflow.Money { return orderflow.Money{Amount: amount, Currency: "USD"} }

func wantCode(t *testing.T, err error, want orderflow.Code) {
	t.Helper()
	if got := orderflow.CodeOf(err); got != want || (want == "") != (err == nil) {
		t.Fatalf("got error %v, want code %q", err, want)
	}
}
