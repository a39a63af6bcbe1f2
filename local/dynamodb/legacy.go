package dynamodb

import (
	"encoding/json"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
)

// legacy are the parameters from before expressions.
type legacy struct {
	AttributesToGet, QueryFilter, ScanFilter, KeyConditions, AttributeUpdates, Expected, ConditionalOperator json.RawMessage
}

// given lists the names of the parameters that a request has.
func (l *legacy) given() []string {
	var names []string
	for _, p := range [...]struct {
		name  string
		value json.RawMessage
	}{
		{"AttributesToGet", l.AttributesToGet}, {"QueryFilter", l.QueryFilter}, {"ScanFilter", l.ScanFilter},
		{"KeyConditions", l.KeyConditions},
		{"AttributeUpdates", l.AttributeUpdates}, {"Expected", l.Expected}, {"ConditionalOperator", l.ConditionalOperator},
	} {
		if p.value != nil && string(p.value) != "null" {
			names = append(names, p.name)
		}
	}
	return names
}

// expression is one of the expressions that an operation takes; text is nil if the request does not
// have it.
type expression struct {
	kind expr.Kind
	text *string
}

// check refuses legacy parameters: beside expressions with AWS's error, alone as not implemented
// here.
func (l *legacy) check(expressions ...expression) error {
	names := l.given()
	if len(names) == 0 {
		return nil
	}
	var beside []string
	for _, e := range expressions {
		if e.text != nil {
			beside = append(beside, string(e.kind))
		}
	}
	if len(beside) > 0 {
		return validation("Can not use both expression and non-expression parameters in the same request: "+
			"Non-expression parameters: {%s} Expression parameters: {%s}", strings.Join(names, ", "),
			strings.Join(beside, ", "))
	}
	return awsapi.NotImplemented("dynamodb: the legacy parameter " + names[0] + "; use an expression")
}

// placeholderInput are the placeholders of a request's expressions.
type placeholderInput struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues expressionValues
}

// expressionValues are the values of an ExpressionAttributeValues.
type expressionValues attr.Item

// UnmarshalJSON implements json.Unmarshaler; the errors are those of attr.Item, with AWS's text for
// those of values.
func (v *expressionValues) UnmarshalJSON(data []byte) error {
	err := (*attr.Item)(v).UnmarshalJSON(data)
	if e, ok := err.(*attr.Error); ok {
		return &attr.Error{Message: "ExpressionAttributeValues contains invalid value: " + e.Message + " for key " +
			e.Attribute}
	}
	return err
}

func (in *placeholderInput) placeholders() (*expr.Placeholders, error) {
	return expr.NewPlaceholders(in.ExpressionAttributeNames, attr.Item(in.ExpressionAttributeValues))
}
