package cloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// Stockroom keeps the catalogue and the stock, and the log of both.
type Stockroom struct {
	DB          *dynamodb.Client
	Products    string // table
	Movements   string // table
	Idempotency string // table
}

// SaveProduct saves the product's details as its next version, and the movement that tells of them.
// It leaves the stock as it is; a product without a version or a row is created without stock.
// Returns orderflow.CodeConflict if the saved version is not the one that was loaded.
func (s *Stockroom) SaveProduct(ctx context.Context, p orderflow.Product, exists bool, m orderflow.Movement) error {
	log, err := putMovement(s.Movements, m)
	if err != nil {
		return fmt.Errorf("save product: %w", err)
	}
	write := types.TransactWriteItem{}
	if exists {
		write.Update, err = s.reviseProduct(p)
	} else {
		write.Put, err = s.createProduct(p)
	}
	if err != nil {
		return fmt.Errorf("save product: %w", err)
	}
	_, err = s.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{write, {Put: log}},
	})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return fmt.Errorf("save product: %w", whyCancelled(make([]action, 2), cancelled))
	}
	if err != nil {
		return wrap("save product", err)
	}
	return nil
}

func (s *Stockroom) createProduct(p orderflow.Product) (*types.Put, error) {
	p.Version = 1
	it, err := MarshalItem(p)
	if err != nil {
		return nil, err
	}
	return &types.Put{TableName: &s.Products, Item: it, ConditionExpression: aws.String("attribute_not_exists(sku)")}, nil
}

// reviseProduct sets the details and the version. A row of an older release has no version.
func (s *Stockroom) reviseProduct(p orderflow.Product) (*types.Update, error) {
	details, err := MarshalItem(p.Details())
	if err != nil {
		return nil, err
	}
	details["version"] = number(p.Version + 1)
	names, values, set, remove := map[string]string{}, item{}, []string(nil), ""
	for i, name := range slices.Sorted(maps.Keys(details)) {
		names[fmt.Sprintf("#n%d", i)], values[fmt.Sprintf(":v%d", i)] = name, details[name]
		set = append(set, fmt.Sprintf("#n%d = :v%d", i, i))
	}
	for _, optional := range []string{"description", "discontinued", "weight"} {
		if details[optional] == nil {
			remove += ", " + optional
		}
	}
	update := "SET " + strings.Join(set, ", ")
	if remove != "" {
		update += " REMOVE " + strings.TrimPrefix(remove, ", ")
	}
	condition := "attribute_exists(sku) AND attribute_not_exists(version)"
	if p.Version > 0 {
		condition, values[":loaded"] = "version = :loaded", number(p.Version)
	}
	return &types.Update{
		TableName: &s.Products, Key: item{"sku": str(p.SKU)}, UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}, nil
}

// MoveStock applies the movement to the product as it was read, logs it and saves the answer under
// the key, in one transaction. If the key has an answer that has not expired, nothing is saved and
// earlier is that answer. Returns orderflow.CodeConflict if the product or the key was changed
// concurrently, also if less is on hand by now than the movement takes away; CodeThrottled.
func (s *Stockroom) MoveStock(ctx context.Context, p orderflow.Product, m orderflow.Movement, key string, answer []byte,
	now, expires time.Time) (earlier []byte, err error) {
	kept := &Placements{DB: s.DB, Idempotency: s.Idempotency}
	put, err := putAnswer(s.Idempotency, answerItem{Key: key, Answer: answer, ExpiresAt: expires.Unix()}, now)
	if err != nil {
		return nil, fmt.Errorf("move stock: %w", err)
	}
	log, err := putMovement(s.Movements, m)
	if err != nil {
		return nil, fmt.Errorf("move stock: %w", err)
	}
	apply := applyMovement
	if _, has := p.Warehouses[m.Warehouse]; m.Warehouse != "" && !has {
		apply = func(table string, m orderflow.Movement) (*types.Update, error) { return openWarehouse(table, m, p) }
	}
	update, err := apply(s.Products, m)
	if err != nil {
		return nil, fmt.Errorf("move stock: %w", err)
	}
	_, err = s.DB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{{Put: put}, {Put: log}, {Update: update}},
	})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		if !refusedByAnswer(cancelled) {
			return nil, fmt.Errorf("move stock: %w", whyCancelled(make([]action, 3), cancelled))
		}
		return kept.earlier(ctx, key, now, nil, cancelled)
	}
	if err != nil {
		return nil, wrap("move stock", err)
	}
	return nil, nil
}

// refusedByAnswer reports whether the key of the first action has an answer.
func refusedByAnswer(cancelled *types.TransactionCanceledException) bool {
	reasons := cancelled.CancellationReasons
	return len(reasons) > 0 && aws.ToString(reasons[0].Code) == "ConditionalCheckFailed"
}

// ListMovements returns at most limit movements of a product, newest first, after the one with the
// id after; "" is the start. next is the value of after for the next page, or "" at the end.
func (s *Stockroom) ListMovements(ctx context.Context, sku, after string, limit int) (movements []orderflow.Movement,
	next string, err error) {
	var start item
	if after != "" {
		start = item{"sku": str(sku), "id": str(after)}
	}
	for len(movements) <= limit {
		out, err := s.DB.Query(ctx, &dynamodb.QueryInput{
			TableName: &s.Movements, KeyConditionExpression: aws.String("sku = :sku"),
			ExpressionAttributeValues: item{":sku": str(sku)}, ScanIndexForward: aws.Bool(false),
			ExclusiveStartKey: start, Limit: aws.Int32(int32(limit + 1 - len(movements))),
		})
		if err != nil {
			return nil, "", wrap("list movements", err)
		}
		for _, it := range out.Items {
			m, err := read[orderflow.Movement]("movement", it)
			if err != nil {
				return nil, "", err
			}
			movements = append(movements, *m)
		}
		if len(out.LastEvaluatedKey) == 0 {
			break
		}
		start = out.LastEvaluatedKey
	}
	if len(movements) > limit {
		return movements[:limit], movements[limit-1].ID, nil
	}
	return movements, "", nil
}
