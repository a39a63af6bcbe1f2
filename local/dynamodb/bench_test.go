package dynamodb

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// benchService is a service on a durable store in a real directory.
func benchService(b *testing.B) *Service {
	b.Helper()
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	})
	s, err := New(st, clockwork.NewRealClock())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Do(b.Context(), "CreateTable", json.RawMessage(accountsTable)); err != nil {
		b.Fatal(err)
	}
	return s
}

const benchItem = `{"id":{"S":"order-%d"},"status":{"S":"PLACED"},"customer":{"S":"customer-17"},
	"total":{"N":"12999"},"currency":{"S":"EUR"},	"placed":{"S":"2026-03-01T12:00:00Z"},"version":{"N":"1"},
	"lines":{"L":[{"M":{"sku":{"S":"sku-1"},"quantity":{"N":"2"},"price":{"N":"4500"}}},
	{"M":{"sku":{"S":"sku-2"},"quantity":{"N":"1"},"price":{"N":"3999"}}}]}}`

// do runs one operation from 64 goroutines; input makes the n-th request.
func do(b *testing.B, s *Service, op string, input func(n int64) string) {
	b.Helper()
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Do(b.Context(), op, json.RawMessage(input(n.Add(1)))); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

func BenchmarkPutItem(b *testing.B) {
	do(b, benchService(b), "PutItem", func(n int64) string {
		return fmt.Sprintf(`{"TableName":"accounts","Item":`+benchItem+`,`+
			`"ConditionExpression":"attribute_not_exists(id)"}`, n)
	})
}

func BenchmarkTransactWriteItems(b *testing.B) {
	do(b, benchService(b), "TransactWriteItems", func(n int64) string {
		return fmt.Sprintf(`{"ClientRequestToken":"t-%d","TransactItems":[
			{"Put":{"TableName":"accounts","Item":`+benchItem+`,"ConditionExpression":"attribute_not_exists(id)"}},
			{"Update":{"TableName":"accounts","Key":{"id":{"S":"stock-%d"}},"UpdateExpression":"ADD reserved :n",
				"ExpressionAttributeValues":{":n":{"N":"1"}}}},
			{"ConditionCheck":{"TableName":"accounts","Key":{"id":{"S":"other-%d"}},
				"ConditionExpression":"attribute_not_exists(closed)"}}]}`, n, n, n%1000, n)
	})
}

func BenchmarkGetItem(b *testing.B) {
	s := benchService(b)
	fill(b, s)
	do(b, s, "GetItem", func(n int64) string {
		return fmt.Sprintf(`{"TableName":"accounts","Key":{"id":{"S":"order-%d"}}}`, n%100)
	})
}

func BenchmarkQuery(b *testing.B) {
	s := benchService(b)
	fill(b, s)
	do(b, s, "Query", func(n int64) string {
		return fmt.Sprintf(`{"TableName":"accounts","KeyConditionExpression":"id = :id",`+
			`"ExpressionAttributeValues":{":id":{"S":"order-%d"}}}`, n%100)
	})
}

func fill(b *testing.B, s *Service) {
	b.Helper()
	for n := range 100 {
		if _, err := s.Do(b.Context(), "PutItem",
			json.RawMessage(fmt.Sprintf(`{"TableName":"accounts","Item":`+benchItem+`}`, n))); err != nil {
			b.Fatal(err)
		}
	}
}
