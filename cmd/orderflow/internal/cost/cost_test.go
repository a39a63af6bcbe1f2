package cost

import (
	"math"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

func TestCounts_Bill(t *testing.T) {
	c := Counts{
		Transitions: 9, Requests: 2, Invocations: 17, GBMilliseconds: 500, Reads: 20, Writes: 80,
		Events: 6, Queue: 10, Notifications: 2,
	}
	want := Bill{
		"Step Functions": 0.225, "Lambda": 0.0034 + 0.0066667, "DynamoDB": 0.05 + 0.0025, "API Gateway": 0.002,
		"EventBridge": 0.006, "SQS": 0.004, "SNS": 0.001,
	}
	got := c.Bill(1000)
	if len(got) != len(Services) {
		t.Errorf("the bill has %d services, %d are listed", len(got), len(Services))
	}
	for service, dollars := range want {
		if math.Abs(got[service]-dollars) > 1e-9 {
			t.Errorf("%s %v, want %v", service, got[service], dollars)
		}
	}
	if math.Abs(got.Total()-want.Total()) > 1e-9 || want.Total() < 0.3 {
		t.Errorf("total %v, want %v", got.Total(), want.Total())
	}
}

func TestMonth(t *testing.T) {
	template := []byte("Type: AWS::KMS::Key\nType: AWS::KMS::KeyAlias\n" +
		"Type: AWS::CloudWatch::Alarm\nType: AWS::CloudWatch::Alarm\n")
	if got := Month(template); math.Abs(got-1.2) > 1e-9 {
		t.Errorf("%v, want 1.2", got)
	}
}

// TestTypical: one order of three had a smaller batch.
func TestTypical(t *testing.T) {
	got := typical([]Counts{{Writes: 80, Invocations: 17}, {Writes: 80, Invocations: 16}, {Writes: 80, Invocations: 17}})
	if got.Invocations != 17 {
		t.Errorf("%d invocations", got.Invocations)
	}
}

func TestCapacityOf(t *testing.T) {
	table := aws.String("orders")
	put := &dynamodb.PutItemInput{TableName: table,
		Item: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "12345678"}}}
	twoPuts := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: put.Item}}, {ConditionCheck: &types.ConditionCheck{TableName: table}},
	}}
	consumed := types.ConsumedCapacity{TableName: table, CapacityUnits: aws.Float64(3),
		GlobalSecondaryIndexes: map[string]types.Capacity{"by-status": {CapacityUnits: aws.Float64(2)}}}
	repeated := types.ConsumedCapacity{TableName: table, CapacityUnits: aws.Float64(4), ReadCapacityUnits: aws.Float64(4)}
	for _, c := range []struct {
		name    string
		in, out any
		want    []usage
	}{
		{"write", put, &dynamodb.PutItemOutput{ConsumedCapacity: &consumed},
			[]usage{{table: "orders", writes: 3, index: 2, bytes: 10}}},
		{"read", &dynamodb.GetItemInput{}, &dynamodb.GetItemOutput{ConsumedCapacity: &consumed},
			[]usage{{table: "orders", reads: 3, index: 2}}},
		{"transaction", twoPuts, &dynamodb.TransactWriteItemsOutput{ConsumedCapacity: []types.ConsumedCapacity{consumed}},
			[]usage{{table: "orders", writes: 3, index: 2, bytes: 10}}},
		{"repeated transaction", twoPuts,
			&dynamodb.TransactWriteItemsOutput{ConsumedCapacity: []types.ConsumedCapacity{repeated}},
			[]usage{{table: "orders", reads: 4, bytes: 10}}},
		{"refused write", put, nil, []usage{{table: "orders", writes: 1}}},
		{"refused transaction", twoPuts, nil, []usage{{table: "orders", writes: 2}, {table: "orders", writes: 2}}},
		{"failed read", &dynamodb.GetItemInput{}, nil, nil},
		{"another service", &sfn.StartExecutionInput{}, &sfn.StartExecutionOutput{}, nil},
	} {
		got := capacityOf(c.in, c.out)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %+v, want %+v", c.name, got[i], c.want[i])
			}
		}
	}
}

func TestAskCapacity(t *testing.T) {
	in := &dynamodb.QueryInput{}
	askCapacity(in)
	askCapacity(&sfn.StartExecutionInput{})
	if in.ReturnConsumedCapacity != types.ReturnConsumedCapacityIndexes {
		t.Errorf("asked for %q", in.ReturnConsumedCapacity)
	}
}

func TestItemSize(t *testing.T) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	nested := map[string]types.AttributeValue{"x": &types.AttributeValueMemberNULL{Value: true}}
	item := map[string]types.AttributeValue{
		"s":    text("häus"),                                                            // 1 + 5
		"n":    &types.AttributeValueMemberN{Value: "-123.50"},                          // 1 + 4
		"bool": &types.AttributeValueMemberBOOL{Value: true},                            // 4 + 1
		"m":    &types.AttributeValueMemberM{Value: nested},                             // 1 + 3 + 1 + 2
		"l":    &types.AttributeValueMemberL{Value: []types.AttributeValue{text("ab")}}, // 1 + 3 + 1 + 2
	}
	if got := itemSize(item); got != 6+5+5+7+7 {
		t.Errorf("%d bytes", got)
	}
}

func TestMessages(t *testing.T) {
	for event, want := range map[string]int{
		`{"Records":[{"eventSource":"aws:sqs"},{"eventSource":"aws:sqs"}]}`: 2,
		`{"Records":[{"eventSource":"aws:dynamodb"}]}`:                      0,
		`{"orderId":"ord_1"}`: 0,
		`[]`:                  0,
	} {
		if got := messages([]byte(event)); got != want {
			t.Errorf("%s: %d messages, want %d", event, got, want)
		}
	}
}
