package cloud

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// maxBatch is the largest number of keys of one BatchGetItem.
const maxBatch = 100

// batchAttempts limits how often the unprocessed keys of a batch are requested again.
const batchAttempts = 5

// batch reads many rows of a table whose key is one string.
type batch struct {
	DB         *dynamodb.Client
	Table, Key string
	Noun       string // of the rows, plural; for errors
	Consistent bool
}

// rows returns the existing rows of at most 100 different keys, by key. Returns
// orderflow.CodeThrottled if DynamoDB keeps leaving keys unprocessed.
func (b batch) rows(ctx context.Context, keys []string) (map[string]item, error) {
	rows := make(map[string]item, len(keys))
	asked := make([]item, len(keys))
	for i, key := range keys {
		asked[i] = item{b.Key: str(key)}
	}
	for attempt := 1; len(asked) > 0; attempt++ {
		out, err := b.DB.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			b.Table: {Keys: asked, ConsistentRead: &b.Consistent},
		}})
		if err != nil {
			return nil, wrap("get "+b.Noun, err)
		}
		for _, it := range out.Responses[b.Table] {
			key, err := stringOf(it, b.Key)
			if err != nil {
				return nil, fmt.Errorf("get %s: %w", b.Noun, err)
			}
			rows[key] = it
		}
		asked = out.UnprocessedKeys[b.Table].Keys
		if len(asked) > 0 && attempt == batchAttempts {
			return nil, fmt.Errorf("get %s: %w", b.Noun,
				orderflow.Errorf(orderflow.CodeThrottled, "%d keys are still unprocessed", len(asked)))
		}
		if err := pause(ctx, attempt, len(asked) > 0); err != nil {
			return nil, fmt.Errorf("get %s: %w", b.Noun, err)
		}
	}
	return rows, nil
}

// stringOf returns a string attribute of an item.
func stringOf(it item, attribute string) (string, error) {
	s, ok := it[attribute].(*types.AttributeValueMemberS)
	if !ok {
		return "", fmt.Errorf("a row has no string %s", attribute)
	}
	return s.Value, nil
}

// pause waits before a further attempt, longer after each one.
func pause(ctx context.Context, attempt int, needed bool) error {
	if !needed {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(10 * time.Millisecond << attempt):
		return nil
	}
}
