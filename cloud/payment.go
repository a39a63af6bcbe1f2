package cloud

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// Payments reads the ledger.
type Payments struct {
	DB    *dynamodb.Client
	Table string
}

// Payment returns an order's entry for a step, strongly consistent, or nil if there is none.
func (s *Payments) Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error) {
	p, err := get[orderflow.Payment](ctx, s.DB, "payment", s.Table, item{"orderId": str(orderID), "step": str(step)})
	if err != nil || p == nil {
		return nil, err
	}
	if p.State == orderflow.PaymentFailed && p.Reason == formerlyVoided {
		p.State, p.Reason = orderflow.PaymentVoided, ""
	}
	return p, nil
}

// formerlyVoided is the reason of FAILED entries that were voided before the state VOIDED existed.
const formerlyVoided = string(orderflow.CodeOrderCancelled)

// putPayment writes a ledger entry if it may replace the saved one. A STARTED or AUTHORIZED entry
// becomes its next revision.
func putPayment(table string, p *orderflow.Payment) (*types.Put, error) {
	next := *p
	if p.Counted() {
		next.Revision++
	}
	it, err := MarshalItem(&next)
	if err != nil {
		return nil, fmt.Errorf("marshal payment: %w", err)
	}
	may := p.CanReplace()
	if may == (orderflow.Replaceable{}) {
		return nil, fmt.Errorf("put payment: unknown state %q", p.State)
	}
	put := &types.Put{TableName: &table, Item: it}
	var conditions []string
	if may.None {
		conditions = append(conditions, "attribute_not_exists(orderId)")
	}
	if may.Started || may.SameStarted || may.Held {
		put.ExpressionAttributeNames = map[string]string{"#state": "state"}
		put.ExpressionAttributeValues = item{}
	}
	const sameRevision = " AND revision = :read"
	if may.Started || may.SameStarted {
		open := "#state = :started"
		if may.SameStarted {
			open += sameRevision
		}
		conditions = append(conditions, open)
		put.ExpressionAttributeValues[":started"] = str(string(orderflow.PaymentStarted))
	}
	if may.Held {
		conditions = append(conditions, "#state = :held"+sameRevision)
		put.ExpressionAttributeValues[":held"] = str(string(orderflow.PaymentHeld))
	}
	if may.Held || may.SameStarted {
		put.ExpressionAttributeValues[":read"] = number(int64(p.Revision))
	}
	put.ConditionExpression = aws.String(strings.Join(conditions, " OR "))
	return put, nil
}
