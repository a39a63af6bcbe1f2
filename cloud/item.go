package cloud

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item of a table.
type item = map[string]types.AttributeValue

// MarshalItem returns the item of a value. Its attributes have the names of the value's JSON
// fields. Zero times are left out, which attributevalue does not do (omitzero): items are billed by
// their size.
func MarshalItem(v any) (map[string]types.AttributeValue, error) {
	it, err := attributevalue.MarshalMapWithOptions(v, func(o *attributevalue.EncoderOptions) {
		o.TagKey, o.EncodeTime = "json", encodeTime
	})
	dropZeroTimes(it)
	return it, err
}

// zeroTime stands for the zero time until it is left out.
var zeroTime = &types.AttributeValueMemberNULL{Value: true}

func encodeTime(t time.Time) (types.AttributeValue, error) {
	if t.IsZero() {
		return zeroTime, nil
	}
	return str(t.Format(time.RFC3339Nano)), nil
}

func dropZeroTimes(it item) {
	for name, v := range it {
		if v == types.AttributeValue(zeroTime) {
			delete(it, name)
		} else {
			dropFrom(v)
		}
	}
}

func dropFrom(v types.AttributeValue) {
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		dropZeroTimes(v.Value)
	case *types.AttributeValueMemberL:
		for _, element := range v.Value {
			dropFrom(element)
		}
	}
}

// UnmarshalItem reads a value from an item of MarshalItem.
func UnmarshalItem(from map[string]types.AttributeValue, v any) error {
	return attributevalue.UnmarshalMapWithOptions(from, v, func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

// get reads the item of a key, strongly consistent, or returns nil if there is none. Errors contain
// the noun.
func get[T any](ctx context.Context, db *dynamodb.Client, noun, table string, key item) (*T, error) {
	return getItem[T](ctx, db, noun, &dynamodb.GetItemInput{TableName: &table, Key: key, ConsistentRead: aws.Bool(true)})
}

func getItem[T any](ctx context.Context, db *dynamodb.Client, noun string, in *dynamodb.GetItemInput) (*T, error) {
	out, err := db.GetItem(ctx, in)
	if err != nil {
		return nil, wrap("get "+noun, err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	return read[T](noun, out.Item)
}

func read[T any](noun string, from item) (*T, error) {
	v := new(T)
	if err := UnmarshalItem(from, v); err != nil {
		return nil, fmt.Errorf("read %s: %w", noun, err)
	}
	return v, nil
}
