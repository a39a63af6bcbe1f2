package cloud

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"orderflow"
)

// Payments reads the ledger.
type Payments struct {
	DB    *dynamodb.Client
	Table string
}

// Payment returns an order's entry for a step, strongly consistent; nil if there is none.
func (s *Payments) Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error) {
	key := item{"orderId": str(orderID), "step": str(step)}
	out, err := s.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, wrap("get payment", err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	p := &orderflow.Payment{}
	if err := unmarshal(out.Item, p); err != nil {
		return nil, fmt.Errorf("read payment: %w", err)
	}
	return p, nil
}

// putPayment writes an entry of the ledger: it is started once and then only changed as it was read; it succeeds only if it was started, and fails only if it was started or never
// will be; where nothing is due, none was made before. A settled entry never changes.
func putPayment(table string, p *orderflow.Payment) (*types.Put, error) {
	it, err := marshal(p)
	if err != nil {
		return nil, fmt.Errorf("marshal payment: %w", err)
	}
	put := &types.Put{TableName: &table, Item: it}
	const absent, open = "attribute_not_exists(orderId)", "#state = :started"
	switch p.State {
	case orderflow.PaymentNotDue:
		put.ConditionExpression = aws.String(absent)
		return put, nil
	case orderflow.PaymentStarted:
		if p.Revision <= 1 {
			put.ConditionExpression = aws.String(absent)
			return put, nil
		}
		put.ConditionExpression = aws.String(open + " AND revision = :read")
	case orderflow.PaymentSucceeded:
		put.ConditionExpression = aws.String(open)
	case orderflow.PaymentFailed:
		put.ConditionExpression = aws.String(absent + " OR " + open)
	default:
		return nil, fmt.Errorf("put payment: unknown state %q", p.State)
	}
	put.ExpressionAttributeNames = map[string]string{"#state": "state"}
	put.ExpressionAttributeValues = item{":started": str(string(orderflow.PaymentStarted))}
	if p.State == orderflow.PaymentStarted {
		put.ExpressionAttributeValues[":read"] = number(int64(p.Revision - 1))
	}
	return put, nil
}
