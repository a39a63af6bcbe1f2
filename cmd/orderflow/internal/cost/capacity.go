package cost

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// sandboxTable is the end of the name of the sandbox provider's table, which no production stack
// uses.
const sandboxTable = "-sandbox"

// operationOf returns the service and operation of an input of the SDK: "dynamodb.GetItem".
func operationOf(in any) string {
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", in), "*"), "Input")
}

// usage is the capacity that a request consumed of one table.
type usage struct {
	table                string
	reads, writes, index float64
	bytes                int
}

// askCapacity sets ReturnConsumedCapacity of an input that has one.
func askCapacity(in any) {
	if f := reflect.ValueOf(in).Elem().FieldByName("ReturnConsumedCapacity"); f.IsValid() {
		f.SetString(string(types.ReturnConsumedCapacityIndexes))
	}
}

// capacityOf returns what a request consumed. DynamoDB does not report that of failed requests:
// a refused condition counts as a write of 1 KB, twice in a transaction.
func capacityOf(in, out any) (used []usage) {
	if out == nil || reflect.ValueOf(out).IsNil() {
		return failedCapacity(in)
	}
	f := reflect.ValueOf(out).Elem().FieldByName("ConsumedCapacity")
	if !f.IsValid() {
		return nil
	}
	var consumed []types.ConsumedCapacity
	switch c := f.Interface().(type) {
	case *types.ConsumedCapacity:
		if c != nil {
			consumed = append(consumed, *c)
		}
	case []types.ConsumedCapacity:
		consumed = c
	}
	sizes := putSizes(in)
	for _, c := range consumed {
		u := usage{table: aws.ToString(c.TableName), bytes: sizes[aws.ToString(c.TableName)]}
		for _, index := range c.GlobalSecondaryIndexes {
			u.index += aws.ToFloat64(index.CapacityUnits)
		}
		if units := aws.ToFloat64(c.CapacityUnits); writes(in) && c.ReadCapacityUnits == nil {
			u.writes = units
		} else {
			u.reads = units
		}
		used = append(used, u)
	}
	return used
}

// writes reports whether an operation writes.
func writes(in any) bool {
	switch in.(type) {
	case *dynamodb.GetItemInput, *dynamodb.BatchGetItemInput, *dynamodb.TransactGetItemsInput,
		*dynamodb.QueryInput, *dynamodb.ScanInput:
		return false
	}
	return true
}

// failedCapacity returns the least that a refused write consumes of each item.
func failedCapacity(in any) (used []usage) {
	switch in := in.(type) {
	case *dynamodb.PutItemInput:
		used = append(used, usage{table: aws.ToString(in.TableName), writes: 1})
	case *dynamodb.UpdateItemInput:
		used = append(used, usage{table: aws.ToString(in.TableName), writes: 1})
	case *dynamodb.DeleteItemInput:
		used = append(used, usage{table: aws.ToString(in.TableName), writes: 1})
	case *dynamodb.TransactWriteItemsInput:
		for _, item := range in.TransactItems {
			used = append(used, usage{table: aws.ToString(tableOf(item)), writes: 2})
		}
	}
	return used
}

// tableOf returns the table of an action of a transaction.
func tableOf(item types.TransactWriteItem) *string {
	switch {
	case item.Put != nil:
		return item.Put.TableName
	case item.Update != nil:
		return item.Update.TableName
	case item.Delete != nil:
		return item.Delete.TableName
	}
	return item.ConditionCheck.TableName
}
