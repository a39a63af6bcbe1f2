package cost

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// putSizes returns the size of the largest item that a request puts into each table.
func putSizes(in any) map[string]int {
	sizes := map[string]int{}
	add := func(table *string, item map[string]types.AttributeValue) {
		sizes[aws.ToString(table)] = max(sizes[aws.ToString(table)], itemSize(item))
	}
	switch in := in.(type) {
	case *dynamodb.PutItemInput:
		add(in.TableName, in.Item)
	case *dynamodb.TransactWriteItemsInput:
		for _, item := range in.TransactItems {
			if item.Put != nil {
				add(item.Put.TableName, item.Put.Item)
			}
		}
	}
	return sizes
}

// itemSize returns the size of an item by the rules of DynamoDB's developer guide, "DynamoDB item
// sizes and formats".
func itemSize(item map[string]types.AttributeValue) (n int) {
	for name, v := range item {
		n += len(name) + valueSize(v)
	}
	return n
}

func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return numberSize(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + itemSize(v.Value)
	case *types.AttributeValueMemberL:
		n := 3 + len(v.Value)
		for _, e := range v.Value {
			n += valueSize(e)
		}
		return n
	case *types.AttributeValueMemberSS:
		n := 0
		for _, e := range v.Value {
			n += len(e)
		}
		return n
	}
	return 1 // BOOL, NULL
}

// numberSize is one byte for two significant digits, one for a sign, and one more.
func numberSize(text string) int {
	digits, negative := strings.CutPrefix(text, "-")
	n := (len(strings.Trim(strings.Replace(digits, ".", "", 1), "0"))+1)/2 + 1
	if negative {
		n++
	}
	return n
}
