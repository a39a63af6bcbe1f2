package cloud

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

// Audit keeps the operators' acts, a partition for each month.
type Audit struct {
	DB    *dynamodb.Client
	Table string
	Now   func() time.Time
}

// actRow is the item of an act.
type actRow struct {
	Month     string `json:"month"`
	ExpiresAt int64  `json:"expiresAt"` // epoch seconds
	orderflow.Act
}

// SaveAct saves an act, or its outcome.
func (a *Audit) SaveAct(ctx context.Context, act *orderflow.Act) error {
	it, err := MarshalItem(actRow{Month: act.Month(), ExpiresAt: act.At.Add(orderflow.ActsKept).Unix(), Act: *act})
	if err != nil {
		return fmt.Errorf("save act: %w", err)
	}
	if _, err := a.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &a.Table, Item: it}); err != nil {
		return wrap("save act", err)
	}
	return nil
}

// ListActs returns at most limit acts, newest first, after the one with the id after; "" is the start.
// next is the value of after for the next page, or "" at the end.
func (a *Audit) ListActs(ctx context.Context, after string, limit int) (acts []orderflow.Act, next string, err error) {
	months, err := orderflow.ActMonths(after, a.Now())
	if err != nil {
		return nil, "", fmt.Errorf("list acts: %w", err)
	}
	for _, month := range months {
		some, more, err := a.ofMonth(ctx, month, after, limit-len(acts))
		if err != nil {
			return nil, "", err
		}
		if acts = append(acts, some...); more {
			return acts, acts[len(acts)-1].ID, nil
		}
	}
	return acts, "", nil
}

// ofMonth returns at most limit acts of a month that are older than after. more reports whether there may
// be others.
func (a *Audit) ofMonth(ctx context.Context, month, after string, limit int) (acts []orderflow.Act, more bool, err error) {
	in := &dynamodb.QueryInput{
		TableName: &a.Table, ScanIndexForward: aws.Bool(false), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:   aws.String("#month = :month"),
		ExpressionAttributeNames: map[string]string{"#month": "month"}, ExpressionAttributeValues: item{":month": str(month)},
	}
	if after != "" {
		in.KeyConditionExpression = aws.String("#month = :month AND id < :after")
		in.ExpressionAttributeValues[":after"] = str(after)
	}
	for len(acts) < limit {
		in.Limit = aws.Int32(int32(limit - len(acts)))
		out, err := a.DB.Query(ctx, in)
		if err != nil {
			return nil, false, wrap("list acts", err)
		}
		for _, it := range out.Items {
			row, err := read[actRow]("act", it)
			if err != nil {
				return nil, false, err
			}
			acts = append(acts, row.Act)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
			return acts, false, nil
		}
	}
	return acts, true, nil
}
