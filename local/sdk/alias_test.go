package sdk_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestCalls_shareNothing: what a client does to its input and its output after a call changes
// nothing in the store.
func TestCalls_shareNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "typed")
	_, err := dynamodbTables()[0].do(t.Context(), w)
	must(t, err)
	it := everyKind("1")
	_, err = w.db.PutItem(t.Context(), put("orders", it))
	must(t, err)
	get := func() *dynamodb.GetItemOutput {
		out, err := w.db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: str("orders"), Key: key("1")})
		must(t, err)
		return out
	}
	want := dump(get())
	for _, mine := range []item{it, get().Item} {
		spoil(mine)
		if got := dump(get()); got != want {
			t.Fatalf("the store holds\n%s\n\nof\n%s", got, want)
		}
	}
}

// spoil changes everything that an item holds.
func spoil(it item) {
	for name, v := range it {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			v.Value = "spoiled"
		case *types.AttributeValueMemberN:
			v.Value = "0"
		case *types.AttributeValueMemberB:
			clear(v.Value)
		case *types.AttributeValueMemberL:
			clear(v.Value)
		case *types.AttributeValueMemberM:
			spoil(v.Value)
		case *types.AttributeValueMemberSS:
			clear(v.Value)
		case *types.AttributeValueMemberNS:
			clear(v.Value)
		case *types.AttributeValueMemberBS:
			for _, b := range v.Value {
				clear(b)
			}
		}
		delete(it, name)
	}
}
