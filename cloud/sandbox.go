package cloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow"
)

// SandboxRecord is a record of the sandbox payment provider: the outcome of a charge or refund, or
// whether the outage is lifted.
type SandboxRecord struct {
	Key        string           `json:"key"`
	ProviderID string           `json:"providerId,omitempty"`
	Amount     *orderflow.Money `json:"amount,omitempty"`
	Declined   string           `json:"declined,omitempty"` // the decline code
	HeldUntil  *time.Time       `json:"heldUntil,omitempty"`
	Settled    string           `json:"settled,omitempty"`
	Secret     string           `json:"secret,omitempty"`
	OrderID    string           `json:"orderId,omitempty"`
	Lifted     bool             `json:"lifted,omitempty"`
}

// SandboxOutage is the key of the record of the outage.
const SandboxOutage = "outage"

// Sandbox stores the records of the sandbox payment provider, one item per key.
type Sandbox struct {
	DB    *dynamodb.Client
	Table string
}

// Recall returns the record of a key. Returns orderflow.CodeNotFound.
func (s *Sandbox) Recall(ctx context.Context, key string) (SandboxRecord, error) {
	r, err := get[SandboxRecord](ctx, s.DB, "sandbox record", s.Table, item{"key": str(key)})
	if err == nil && r == nil {
		err = orderflow.Errorf(orderflow.CodeNotFound, "the sandbox has no record %s", key)
	}
	if err != nil {
		return SandboxRecord{}, err
	}
	return *r, nil
}

// Remember saves the record unless its key has one, and returns the saved one. first reports
// whether r was saved.
func (s *Sandbox) Remember(ctx context.Context, r SandboxRecord) (saved SandboxRecord, first bool, err error) {
	it, err := MarshalItem(r)
	if err != nil {
		return r, false, fmt.Errorf("marshal sandbox record: %w", err)
	}
	_, err = s.DB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.Table, Item: it, ConditionExpression: aws.String("attribute_not_exists(#key)"),
		ExpressionAttributeNames: map[string]string{"#key": "key"},
	})
	if _, taken := errors.AsType[*types.ConditionalCheckFailedException](err); taken {
		saved, err = s.Recall(ctx, r.Key)
		return saved, false, err
	}
	if err != nil {
		return r, false, wrap("put sandbox record", err)
	}
	return r, true, nil
}

// Count increments the number of attempts of a key and returns it.
func (s *Sandbox) Count(ctx context.Context, key string) (int, error) {
	out, err := s.DB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: item{"key": str(key + "#attempts")},
		UpdateExpression:          aws.String("ADD attempts :one"),
		ExpressionAttributeValues: item{":one": number(1)},
		ReturnValues:              types.ReturnValueUpdatedNew,
	})
	if err != nil {
		return 0, wrap("count sandbox attempt", err)
	}
	var counted struct {
		Attempts int `json:"attempts"`
	}
	if err := UnmarshalItem(out.Attributes, &counted); err != nil {
		return 0, fmt.Errorf("read sandbox attempts: %w", err)
	}
	return counted.Attempts, nil
}

// Take counts an amount towards the refunds of a charge unless their sum would exceed most. It
// reports whether it is counted. Calling it again with the same key is a no-op.
func (s *Sandbox) Take(ctx context.Context, chargeID, key string, amount, most int64) (bool, error) {
	if amount > most {
		return false, nil
	}
	refunds := item{"key": str(chargeID + "#refunds")}
	_, err := s.DB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: refunds,
		UpdateExpression:          aws.String("SET #key = :amount ADD refunded :amount"),
		ConditionExpression:       aws.String("attribute_not_exists(#key) AND (attribute_not_exists(refunded) OR refunded <= :left)"),
		ExpressionAttributeNames:  map[string]string{"#key": key},
		ExpressionAttributeValues: item{":amount": number(amount), ":left": number(most - amount)},
	})
	if err == nil {
		return true, nil
	}
	if _, refused := errors.AsType[*types.ConditionalCheckFailedException](err); !refused {
		return false, wrap("count sandbox refund", err)
	}
	out, err := s.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: refunds, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return false, wrap("get sandbox refunds", err)
	}
	_, counted := out.Item[key]
	return counted, nil
}

// SetOutage starts or lifts the sandbox provider's outage. It is on initially.
func (s *Sandbox) SetOutage(ctx context.Context, on bool) error {
	it, err := MarshalItem(SandboxRecord{Key: SandboxOutage, Lifted: !on})
	if err != nil {
		return fmt.Errorf("marshal outage: %w", err)
	}
	if _, err := s.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.Table, Item: it}); err != nil {
		return wrap("put outage", err)
	}
	return nil
}
