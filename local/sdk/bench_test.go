package sdk_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// BenchmarkWays measures a read and a transaction of two writes.
func BenchmarkWays(b *testing.B) {
	for _, way := range []string{"typed", "in process", "loopback"} {
		w := newWorld(b, way)
		_, err := dynamodbTables()[0].do(b.Context(), w)
		must(b, err)
		_, err = w.db.PutItem(b.Context(), put("orders", everyKind("1")))
		must(b, err)
		b.Run("GetItem/"+way, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := w.db.GetItem(b.Context(), &dynamodb.GetItemInput{TableName: str("orders"), Key: key("1")})
				must(b, err)
			}
		})
		b.Run("TransactWriteItems/"+way, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := w.db.TransactWriteItems(b.Context(),
					&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
						{Put: &types.Put{TableName: str("orders"),
							Item: everyKind("1")}}, {Put: &types.Put{TableName: str("orders"), Item: everyKind("2")}}}})
				must(b, err)
			}
		})
	}
}
