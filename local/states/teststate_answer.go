package states

import (
	"strings"

	"orderflow/local/asl/value"
	"orderflow/local/awsapi"
)

// shape is the type of a member of a service's answer: fields are those of an object; each is the
// shape of an array's elements, or of all values of a map.
type shape struct {
	kind   value.Kind
	fields shapes
	each   *shape
}

type shapes map[string]*shape

var kindNames = map[value.Kind]string{value.String: "a string", value.Number: "a number", value.Object: "an object", value.Array: "an array", value.Bool: "a boolean"}

var (
	aString, aNumber, aBool = &shape{kind: value.String}, &shape{kind: value.Number}, &shape{kind: value.Bool}
	attributes              = makeAttributes()
	capacity                = shapes{"CapacityUnits": aNumber, "ReadCapacityUnits": aNumber, "WriteCapacityUnits": aNumber}
	capacities              = mapOf(object(capacity))
	consumed                = object(shapes{
		"TableName": aString, "CapacityUnits": aNumber, "ReadCapacityUnits": aNumber, "WriteCapacityUnits": aNumber,
		"Table": object(capacity), "LocalSecondaryIndexes": capacities, "GlobalSecondaryIndexes": capacities,
	})
	written = shapes{
		"Attributes": attributes, "ConsumedCapacity": consumed,
		"ItemCollectionMetrics": object(shapes{"ItemCollectionKey": attributes, "SizeEstimateRangeGB": arrayOf(aNumber)}),
	}
	published = shapes{"MessageId": aString, "SequenceNumber": aString}
	started   = shapes{"ExecutionArn": aString, "StartDate": aString}
)

func object(fields shapes) *shape { return &shape{kind: value.Object, fields: fields} }

func mapOf(each *shape) *shape { return &shape{kind: value.Object, each: each} }

func arrayOf(each *shape) *shape { return &shape{kind: value.Array, each: each} }

// makeAttributes is the shape of an item: attribute values hold further ones.
func makeAttributes() *shape {
	v := object(shapes{
		"S": aString, "N": aString, "B": aString, "BOOL": aBool, "NULL": aBool,
		"SS": arrayOf(aString), "NS": arrayOf(aString), "BS": arrayOf(aString),
	})
	v.fields["M"], v.fields["L"] = mapOf(v), arrayOf(v)
	return mapOf(v)
}

// answers are the members of the services' answers (their API references), by integration.
var answers = map[string]shapes{
	"lambda:invoke":   {"StatusCode": aNumber, "ExecutedVersion": aString, "FunctionError": aString, "LogResult": aString},
	"sns:publish":     published,
	"sqs:sendMessage": {"MessageId": aString, "MD5OfMessageBody": aString, "MD5OfMessageAttributes": aString, "MD5OfMessageSystemAttributes": aString, "SequenceNumber": aString},
	"events:putEvents": {
		"FailedEntryCount": aNumber, "Entries": arrayOf(object(shapes{"EventId": aString, "ErrorCode": aString, "ErrorMessage": aString})),
	},
	"dynamodb:getItem":             {"Item": attributes, "ConsumedCapacity": consumed},
	"dynamodb:putItem":             written,
	"dynamodb:updateItem":          written,
	"dynamodb:deleteItem":          written,
	"states:startExecution":        started,
	"aws-sdk:sfn:startExecution":   started,
	"aws-sdk:sfn:redriveExecution": {"RedriveDate": aString},
}

// checkAnswer holds a mocked result against the types of the service's answer, where this service
// knows them. The result of a callback is anybody's.
func checkAnswer(resource string, result value.JSON) error {
	action, ok := strings.CutPrefix(resource, "arn:aws:states:::")
	if !ok || result.Kind() != value.Object {
		return nil
	}
	return object(answers[action]).checkInside("", result)
}

// check holds the member of that name against its shape.
func (s *shape) check(name string, v value.JSON) error {
	if v.Kind() != s.kind {
		return awsapi.Errorf("ValidationException", "Mock result schema validation error: Field '%s' must be %s", name, kindNames[s.kind])
	}
	return s.checkInside(name, v)
}

func (s *shape) checkInside(name string, v value.JSON) error {
	for _, m := range v.Members() {
		inner := s.each
		if inner == nil {
			inner = s.fields[m.Key]
		}
		if inner == nil {
			continue
		}
		if err := inner.check(m.Key, m.Value); err != nil {
			return err
		}
	}
	if s.each == nil {
		return nil
	}
	for e := range v.EachElement() {
		if err := s.each.check(name, e); err != nil {
			return err
		}
	}
	return nil
}
