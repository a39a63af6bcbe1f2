package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

func TestTables_ThroughTheSDK(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	ctx := t.Context()
	s.must(t, "PutItem", `{"TableName":"orders","Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}`)
	d, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("orders")})
	if err != nil {
		t.Fatal(err)
	}
	if d.Table.TableStatus != types.TableStatusActive || aws.ToInt64(d.Table.ItemCount) != 1 ||
		!d.Table.CreationDateTime.Equal(start) ||
		len(d.Table.GlobalSecondaryIndexes) != 1 ||
		aws.ToString(d.Table.TableArn) != "arn:aws:dynamodb:us-east-1:000000000000:table/orders" {
		t.Errorf("DescribeTable = %+v", d.Table)
	}
	again := openStack(t, s.store)
	if got, err := again.client.GetItem(ctx,
		&dynamodb.GetItemInput{TableName: d.Table.TableArn, Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "a"},
			"sk": &types.AttributeValueMemberN{Value: "1.0"}}}); err != nil || len(got.Item) != 2 {
		t.Errorf("after a restart: %v, %v", got, err)
	}
	if _, err := s.client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String("orders")}); err != nil {
		t.Fatal(err)
	}
	for p, err := range s.store.Scan(itemsKey(0), itemsKey(99)) {
		t.Errorf("left of the deleted table: %q, %v", p.Key, err)
	}
	s.orders(t)
	if out := s.must(t, "Scan", `{"TableName":"orders","Select":"COUNT"}`); out != `{"Count":0,"ScannedCount":0}` {
		t.Errorf("the new table has %s", out)
	}
	if out := s.must(t, "ListTables", `{}`); out != `{"TableNames":["orders"]}` {
		t.Errorf("ListTables = %s", out)
	}
}

// cloudFormation is the properties of an AWS::DynamoDB::Table.
const cloudFormation = `{"TableName":"orders","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"state","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
	"GlobalSecondaryIndexes":[{"IndexName":"by-state","KeySchema":[{"AttributeName":"state","KeyType":"HASH"}],
		"Projection":{"ProjectionType":"ALL"}}],
	"StreamSpecification":{"StreamViewType":"NEW_IMAGE"},"TimeToLiveSpecification":{"AttributeName":"until","Enabled":true}}`

func TestEnsureTable(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	var full TableSpec
	if err := json.Unmarshal([]byte(cloudFormation), &full); err != nil {
		t.Fatal(err)
	}
	bare := full
	bare.AttributeDefinitions, bare.GlobalSecondaryIndexes = full.AttributeDefinitions[:1], nil
	bare.StreamSpecification, bare.TimeToLiveSpecification = nil, nil
	ensure := func(spec TableSpec) {
		t.Helper()
		if err := s.EnsureTable(spec); err != nil {
			t.Fatal(err)
		}
	}
	byState := `{"TableName":"orders","IndexName":"by-state","KeyConditionExpression":"#s = :s",
		"ExpressionAttributeNames":{"#s":"state"},
		"ExpressionAttributeValues":{":s":{"S":"open"}},"Select":"COUNT"}`

	ensure(bare)
	s.must(t, "PutItem", `{"TableName":"orders","Item":{"id":{"S":"1"},"state":{"S":"open"},"until":{"N":"1772366401"}}}`)
	s.must(t, "PutItem", `{"TableName":"orders","Item":{"id":{"S":"2"},"state":{"N":"5"}}}`)
	ensure(full)
	if out := s.must(t, "Query", byState); !strings.Contains(out, `"Count":1`) {
		t.Errorf("the new index has %s", out)
	}
	s.must(t, "UpdateItem", `{"TableName":"orders","Key":{"id":{"S":"1"}},"UpdateExpression":"SET x = :x",`+
		`"ExpressionAttributeValues":{":x":{"S":"x"}}}`)
	ensure(full)
	if records, err := s.ReadStream("orders", 0, 10); err != nil || len(records) != 1 || records[0].OldImage != nil ||
		len(records[0].NewImage) != 4 {
		t.Errorf("stream = %+v, %v", records, err)
	}
	s.clock.Advance(sweepInterval)
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	if out := s.must(t, "Query", byState); !strings.Contains(out, `"Count":0`) {
		t.Errorf("the item has not expired: %s", out)
	}
	ensure(bare)
	if _, err := s.ReadStream("orders", 0, 10); err == nil {
		t.Error("the stream still exists")
	}
	other := bare
	other.AttributeDefinitions = []AttributeDefinition{{"id", "N"}}
	if err := s.EnsureTable(other); err == nil || !strings.Contains(err.Error(), "another key schema") {
		t.Errorf("another key: %v", err)
	}
}

func TestUpdateTable(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"a"},"k":{"N":"2"}}}`)
	s.must(t, "UpdateTable", `{"TableName":"accounts","DeletionProtectionEnabled":true,
		"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},
		{"AttributeName":"k","AttributeType":"N"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by-k",
		"KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}}]}`)
	if out := s.must(t, "Scan", `{"TableName":"accounts","IndexName":"by-k"}`); out != `{"Items":[{"id":{"S":"a"},`+
		`"k":{"N":"2"}}],"Count":1,"ScannedCount":1}` {
		t.Errorf("the new index has %s", out)
	}
	if _, err := s.call(t, "DeleteTable", `{"TableName":"accounts"}`); err == nil {
		t.Error("a protected table was deleted")
	}
	s.must(t, "UpdateTable", `{"TableName":"accounts","DeletionProtectionEnabled":false,`+
		`"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"by-k"}}]}`)
	if _, err := s.call(t, "Scan", `{"TableName":"accounts","IndexName":"by-k"}`); err == nil {
		t.Error("the index still exists")
	}
	for p, err := range s.store.Scan(indexesKey(1), indexesKey(1).End()) {
		t.Errorf("left of the index: %q, %v", p.Key, err)
	}
	s.must(t, "DeleteTable", `{"TableName":"accounts"}`)
}

func TestGrants(t *testing.T) {
	t.Parallel()
	const table = "arn:aws:dynamodb:us-east-1:000000000000:table/"
	s := &Service{}
	for _, tt := range []struct {
		op, input string
		want      []awsapi.Grant
	}{
		{"PutItem", `{"TableName":"orders","Item":{}}`,
			[]awsapi.Grant{{Action: "dynamodb:PutItem", Resource: table + "orders"}}},
		{"Query", `{"TableName":"orders"}`, []awsapi.Grant{{Action: "dynamodb:Query", Resource: table + "orders"}}},
		{"Query", `{"TableName":"` + table + `orders","IndexName":"by-gk"}`,
			[]awsapi.Grant{{Action: "dynamodb:Query", Resource: table + "orders/index/by-gk"}}},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"a"}},{"Put":{"TableName":"a"}},` +
			`{"Update":{"TableName":"a"}},{"Delete":{"TableName":"b"}},{"ConditionCheck":{"TableName":"b"}}]}`,
			[]awsapi.Grant{{Action: "dynamodb:PutItem", Resource: table + "a"},
				{Action: "dynamodb:UpdateItem", Resource: table + "a"},
				{Action: "dynamodb:DeleteItem", Resource: table + "b"},
				{Action: "dynamodb:ConditionCheckItem", Resource: table + "b"}}},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"a"}}]}`,
			[]awsapi.Grant{{Action: "dynamodb:GetItem", Resource: table + "a"}}},
		{"BatchWriteItem", `{"RequestItems":{"a":[]}}`,
			[]awsapi.Grant{{Action: "dynamodb:BatchWriteItem", Resource: table + "a"}}},
		{"ListTables", `{}`, []awsapi.Grant{{Action: "dynamodb:ListTables", Resource: "*"}}},
		{"GetRecords", `{"ShardIterator":"` + table + `a/stream/x|1|2"}`,
			[]awsapi.Grant{{Action: "dynamodb:GetRecords", Resource: table + "a/stream/x"}}},
		{"PutItem", `[`, nil},
	} {
		t.Run(tt.op+" "+tt.input, func(t *testing.T) {
			if got := s.Grants(tt.op, json.RawMessage(tt.input)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("= %v, want %v", got, tt.want)
			}
		})
	}
}

// TestTables_DeletedUnderTransactions deletes and recreates a table during transactions over it and
// another one: none waits forever, and the other table never shows half of one.
func TestTables_DeletedUnderTransactions(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	ledger := strings.Replace(accountsTable, `"accounts"`, `"ledger"`, 1)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "CreateTable", ledger)
	const both = `{"TransactItems":[{"Update":{"TableName":"accounts","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :n",
			"ExpressionAttributeValues":{":n":{"N":"1"}}}},
		{"Put":{"TableName":"ledger","Item":{"id":{"S":"%d-%d"}}}}]}`
	var done atomic.Int64
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 100 {
				_, err := s.Do(t.Context(), "TransactWriteItems", json.RawMessage(fmt.Sprintf(both, w, i)))
				if e, ok := errors.AsType[*awsapi.Error](err); err == nil {
					done.Add(1)
				} else if !ok || e.Type != "ResourceNotFoundException" {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		s.must(t, "DeleteTable", `{"TableName":"ledger"}`)
		s.must(t, "CreateTable", ledger)
	}
	wg.Wait()
	if done.Load() == 0 {
		return
	}
	if out := s.must(t, "GetItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}}}`); !strings.Contains(out,
		fmt.Sprintf(`"N":"%d"`, done.Load())) {
		t.Errorf("%d transactions were done, the item is %s", done.Load(), out)
	}
}

// The grants of every operation can be read from its input.
func TestService_Grants_all(t *testing.T) {
	t.Parallel()
	s := &Service{}
	for op := range api.Operations {
		for _, g := range s.Grants(op, []byte("{}")) {
			if g.Action == "" {
				t.Errorf("%s needs %v", op, g)
			}
		}
	}
}
