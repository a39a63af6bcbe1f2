package dynamodb

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// start is when the fake clocks of the tests begin.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// stack is the service behind the real SDK clients.
type stack struct {
	*Service
	clock   *clockwork.FakeClock
	client  *dynamodb.Client
	streams *dynamodbstreams.Client
}

func newStack(t testing.TB) *stack {
	t.Helper()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return openStack(t, st)
}

func openStack(t testing.TB, st *store.Store) *stack {
	t.Helper()
	clock := clockwork.NewFakeClockAt(start)
	s, err := New(st, clock)
	if err != nil {
		t.Fatal(err)
	}
	router := &awsapi.Router{}
	router.Register("dynamodb", s)
	cfg := aws.Config{
		Region: awsapi.Region, Credentials: credentials.NewStaticCredentialsProvider("role/test", "secret", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: router}}, RetryMaxAttempts: 1,
		BaseEndpoint: aws.String("http://dynamodb.local"),
	}
	return &stack{Service: s, clock: clock, client: dynamodb.NewFromConfig(cfg), streams: dynamodbstreams.NewFromConfig(cfg)}
}

// call performs an operation by its JSON, and returns the answer's.
func (s *stack) call(t testing.TB, op, input string) (string, error) {
	t.Helper()
	out, err := s.Do(t.Context(), op, json.RawMessage(input))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nil
}

// must is call for operations that must succeed.
func (s *stack) must(t testing.TB, op, input string) string {
	t.Helper()
	out, err := s.call(t, op, input)
	if err != nil {
		t.Fatalf("%s %s: %v", op, input, err)
	}
	return out
}

// orders is a table with a hash and a range key, a sparse index and a stream.
func (s *stack) orders(t testing.TB) {
	t.Helper()
	_, err := s.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("orders"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeN},
			{AttributeName: aws.String("gk"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("by-gk"),
			KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String("gk"), KeyType: types.KeyTypeHash}},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"amount"}},
		}},
		BillingMode: types.BillingModePayPerRequest,
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true),
			StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestService_ItemsThroughTheSDK(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	ctx := t.Context()
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "o-1"},
		"sk": &types.AttributeValueMemberN{Value: "1"}}
	put := map[string]types.AttributeValue{
		"pk": key["pk"], "sk": key["sk"], "gk": &types.AttributeValueMemberS{Value: "open"},
		"amount": &types.AttributeValueMemberN{Value: "12.50"},
		"other":  &types.AttributeValueMemberBOOL{Value: true},
	}
	if _, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String("orders"), Item: put, ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String("orders"), Item: put, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok || failed.ErrorMessage() != "The conditional request failed" || len(failed.Item) != 5 {
		t.Fatalf("second put: %v (%+v)", err, failed)
	}
	up, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String("orders"), Key: key,
		UpdateExpression: aws.String("SET amount = amount + :d, tags = list_append(if_not_exists(tags, :none), :t)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":d": &types.AttributeValueMemberN{Value: "0.25"}, ":none": &types.AttributeValueMemberL{},
			":t": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "x"}}},
		},
		ReturnValues: types.ReturnValueUpdatedNew,
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := up.Attributes["amount"].(*types.AttributeValueMemberN); !ok || n.Value != "12.75" || len(up.Attributes) != 2 {
		t.Errorf("UPDATED_NEW = %v", up.Attributes)
	}
	q, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String("orders"), IndexName: aws.String("by-gk"), KeyConditionExpression: aws.String("gk = :g"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":g": &types.AttributeValueMemberS{Value: "open"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if q.Count != 1 || len(q.Items[0]) != 4 {
		t.Errorf("query of the index = %v", q.Items)
	}
	if _, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("orders"), Key: key}); err != nil {
		t.Fatal(err)
	}
	got, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key,
		ConsistentRead: aws.Bool(true)})
	if err != nil || got.Item != nil {
		t.Errorf("GetItem after delete = %v, %v", got, err)
	}
	records, err := s.ReadStream("orders", 0, 10)
	if err != nil || len(records) != 3 || records[0].EventName != "INSERT" || records[1].EventName != "MODIFY" ||
		records[2].EventName != "REMOVE" {
		t.Errorf("stream = %+v, %v", records, err)
	}
}
