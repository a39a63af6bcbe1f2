package dynamodb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// pages reads all pages of a Query or Scan and returns the range keys in order, and the number of
// pages.
func (s *stack) pages(t *testing.T, op string, in map[string]any) (keys []string, pages int) {
	t.Helper()
	for {
		input, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Do(t.Context(), op, input)
		if err != nil {
			t.Fatalf("%s %s: %v", op, input, err)
		}
		page := out.(*pageOutput)
		pages++
		for _, i := range *page.Items {
			keys = append(keys, i["sk"].Text)
		}
		if page.LastEvaluatedKey == nil {
			return keys, pages
		}
		in["ExclusiveStartKey"] = page.LastEvaluatedKey
	}
}

// numbers are the range keys of numberedOrders, in their order.
var numbers = []string{"-20", "-1.5", "-1.25", "0", "0.5", "2", "10", "100"}

// numberedOrders has three partitions, a, ab and b, with an item for each number; every other one
// is in the index.
func numberedOrders(t *testing.T) *stack {
	t.Helper()
	s := newStack(t)
	s.orders(t)
	for i, n := range numbers {
		for _, pk := range []string{"a", "ab", "b"} {
			gk := ""
			if i%2 == 0 {
				gk = `,"gk":{"S":"even"}`
			}
			s.must(t, "PutItem",
				fmt.Sprintf(`{"TableName":"orders","Item":{"pk":{"S":"%s"},"sk":{"N":"%s"},"i":{"N":"%d"}%s}}`, pk, n, i, gk))
		}
	}
	return s
}

func TestQuery_KeyConditions(t *testing.T) {
	t.Parallel()
	s := numberedOrders(t)
	for _, tt := range []struct {
		condition, filter, lo, hi string
		want                      []string
	}{
		{"pk = :p", "", "", "", numbers},
		{"pk = :p AND sk = :lo", "", "0.50", "", []string{"0.5"}},
		{"pk = :p AND sk < :lo", "", "-1.25", "", []string{"-20", "-1.5"}},
		{"pk = :p AND sk <= :lo", "", "-1.25", "", []string{"-20", "-1.5", "-1.25"}},
		{"pk = :p AND sk > :lo", "", "2", "", []string{"10", "100"}},
		{"pk = :p AND sk >= :lo", "", "2", "", []string{"2", "10", "100"}},
		{"pk = :p AND sk BETWEEN :lo AND :hi", "", "-1.5", "0.5", []string{"-1.5", "-1.25", "0", "0.5"}},
		{"pk = :p AND sk BETWEEN :lo AND :hi", "", "1.1", "1.2", nil},
		{"pk = :p", "i >= :lo", "6", "", []string{"10", "100"}},
	} {
		values := map[string]any{":p": attr.Value{Kind: attr.S, Text: "a"}}
		for name, n := range map[string]string{":lo": tt.lo, ":hi": tt.hi} {
			if n != "" {
				values[name] = map[string]string{"N": n}
			}
		}
		for _, limit := range []int{0, 1, 3} {
			for _, forward := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s %s %s limit %d forward %t", tt.condition, tt.lo, tt.filter, limit, forward),
					func(t *testing.T) {
						in := map[string]any{"TableName": "orders", "KeyConditionExpression": tt.condition,
							"ExpressionAttributeValues": values, "ScanIndexForward": forward}
						if tt.filter != "" {
							in["FilterExpression"] = tt.filter
						}
						if limit > 0 {
							in["Limit"] = limit
						}
						want := slices.Clone(tt.want)
						if !forward {
							slices.Reverse(want)
						}
						if got, _ := s.pages(t, "Query", in); !slices.Equal(got, want) {
							t.Errorf("= %v, want %v", got, want)
						}
					})
			}
		}
	}
}

func TestQuery_IndexAndScan(t *testing.T) {
	t.Parallel()
	s := numberedOrders(t)
	t.Run("sparse index in pages", func(t *testing.T) {
		in := map[string]any{"TableName": "orders", "IndexName": "by-gk", "KeyConditionExpression": "gk = :g",
			"ExpressionAttributeValues": map[string]any{":g": attr.Value{Kind: attr.S, Text: "even"}}, "Limit": 5}
		if got, n := s.pages(t, "Query", in); len(got) != 12 || n != 3 {
			t.Errorf("%d items on %d pages: %v", len(got), n, got)
		}
	})
	t.Run("scan in segments", func(t *testing.T) {
		total := 0
		for segment := range 3 {
			got, _ := s.pages(t, "Scan", map[string]any{"TableName": "orders", "Segment": segment, "TotalSegments": 3,
				"Limit": 4})
			total += len(got)
		}
		if total != 24 {
			t.Errorf("%d items in all segments", total)
		}
	})
	t.Run("count", func(t *testing.T) {
		out := s.must(t, "Scan", `{"TableName":"orders","Select":"COUNT","FilterExpression":"attribute_exists(gk)"}`)
		if out != `{"Count":12,"ScannedCount":24}` {
			t.Errorf("= %s", out)
		}
	})
}

func TestQuery_BeginsWith(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", `{"TableName":"docs",
		"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
		"BillingMode":"PAY_PER_REQUEST"}`)
	for _, sk := range []string{"a", "a#1", "a#2", "a#\\u0000", "b", "a#ÿ"} {
		s.must(t, "PutItem", `{"TableName":"docs","Item":{"pk":{"S":"p"},"sk":{"S":"`+sk+`"}}}`)
	}
	got, _ := s.pages(t, "Query",
		map[string]any{"TableName": "docs", "KeyConditionExpression": "pk = :p AND begins_with(sk, :s)",
			"ExpressionAttributeValues": map[string]any{":p": attr.Value{Kind: attr.S, Text: "p"},
				":s": attr.Value{Kind: attr.S, Text: "a#"}}})
	if want := []string{"a#\x00", "a#1", "a#2", "a#ÿ"}; !slices.Equal(got, want) {
		t.Errorf("= %q, want %q", got, want)
	}
}

func TestQuery_PageOfOneMegabyte(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	text := strings.Repeat("x", 300<<10)
	for i := range 8 {
		s.must(t, "PutItem",
			fmt.Sprintf(`{"TableName":"orders","Item":{"pk":{"S":"a"},"sk":{"N":"%d"},"t":{"S":"%s"}}}`, i, text))
	}
	got, n := s.pages(t, "Query", map[string]any{"TableName": "orders", "KeyConditionExpression": "pk = :p",
		"ExpressionAttributeValues": map[string]any{":p": attr.Value{Kind: attr.S, Text: "a"}}})
	if len(got) != 8 || n != 3 {
		t.Errorf("%d items on %d pages, want 8 on 3", len(got), n)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	key := func(i int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "p"},
			"sk": &types.AttributeValueMemberN{Value: fmt.Sprint(i)}}
	}
	var writes []types.WriteRequest
	var keys []map[string]types.AttributeValue
	for i := range 25 {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: key(i)}})
		keys = append(keys, key(i+5))
	}
	written, err := s.client.BatchWriteItem(t.Context(),
		&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"orders": writes}})
	if err != nil || len(written.UnprocessedItems) != 0 {
		t.Fatalf("BatchWriteItem = %v, %v", written, err)
	}
	got, err := s.client.BatchGetItem(t.Context(),
		&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			"orders": {Keys: keys, ProjectionExpression: aws.String("sk"), ConsistentRead: aws.Bool(true)},
		}})
	if err != nil || len(got.Responses["orders"]) != 20 || len(got.Responses["orders"][0]) != 1 ||
		len(got.UnprocessedKeys) != 0 {
		t.Errorf("BatchGetItem = %v, %v", got, err)
	}
}
