package states

import (
	"math"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// shape is the type of a member of a service's answer: fields are the members of an object; each is
// the shape of an array's elements, or of all values of a map.
type shape struct {
	kind   value.Kind
	fields shapes
	each   *shape
	takes  func(value.JSON) bool // checks the value, instead of accepting any value of the kind
}

type shapes map[string]*shape

var kindNames = map[value.Kind]string{value.String: "a string", value.Number: "a number", value.Object: "an object",
	value.Array: "an array", value.Bool: "a boolean"}

var (
	aString, aNumber, aBool = &shape{kind: value.String}, &shape{kind: value.Number}, &shape{kind: value.Bool}

	anInteger = &shape{kind: value.Number, takes: isWhole}
	// aDate is a string by its type; the optimized integration itself returns the number of
	// seconds.
	aDate = &shape{kind: value.String, takes: isDate}

	attributes = makeAttributes()
	capacity   = shapes{"CapacityUnits": aNumber, "ReadCapacityUnits": aNumber, "WriteCapacityUnits": aNumber}
	capacities = mapOf(object(capacity))
	consumed   = object(shapes{
		"TableName": aString, "CapacityUnits": aNumber, "ReadCapacityUnits": aNumber, "WriteCapacityUnits": aNumber,
		"Table": object(capacity), "LocalSecondaryIndexes": capacities, "GlobalSecondaryIndexes": capacities,
	})
	written = shapes{
		"Attributes": attributes, "ConsumedCapacity": consumed,
		"ItemCollectionMetrics": object(shapes{"ItemCollectionKey": attributes, "SizeEstimateRangeGB": arrayOf(aNumber)}),
	}
	published = shapes{"MessageId": aString, "SequenceNumber": aString}
)

func object(fields shapes) *shape { return &shape{kind: value.Object, fields: fields} }

func mapOf(each *shape) *shape { return &shape{kind: value.Object, each: each} }

func arrayOf(each *shape) *shape { return &shape{kind: value.Array, each: each} }

// makeAttributes returns the shape of an item: attribute values are nested.
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
	"lambda:invoke": {"StatusCode": anInteger, "ExecutedVersion": aString, "FunctionError": aString,
		"LogResult": aString},
	"sns:publish": published,
	"sqs:sendMessage": {"MessageId": aString, "MD5OfMessageBody": aString, "MD5OfMessageAttributes": aString,
		"MD5OfMessageSystemAttributes": aString, "SequenceNumber": aString},
	"events:putEvents": {
		"FailedEntryCount": anInteger,
		"Entries":          arrayOf(object(shapes{"EventId": aString, "ErrorCode": aString, "ErrorMessage": aString})),
	},
	"dynamodb:getItem":             {"Item": attributes, "ConsumedCapacity": consumed},
	"dynamodb:putItem":             written,
	"dynamodb:updateItem":          written,
	"dynamodb:deleteItem":          written,
	"states:startExecution":        {"ExecutionArn": aString, "StartDate": aDate},
	"aws-sdk:sfn:startExecution":   {"ExecutionArn": aString, "StartDate": aString},
	"aws-sdk:sfn:redriveExecution": {"RedriveDate": aString},
}

// required are the members that an answer always has, by integration.
var required = map[string][]string{
	"states:startExecution":        {"ExecutionArn", "StartDate"},
	"aws-sdk:sfn:startExecution":   {"ExecutionArn", "StartDate"},
	"aws-sdk:sfn:redriveExecution": {"RedriveDate"},
}

// answerOf returns the shape of an integration's answer, if it is known. The answer of an AWS SDK
// integration has the shape of the optimized one.
func answerOf(action string) (shapes, bool) {
	if fields, ok := answers[action]; ok {
		return fields, true
	}
	plain, sdk := strings.CutPrefix(action, "aws-sdk:")
	if !sdk {
		return nil, false
	}
	if call, ok := strings.CutPrefix(plain, "eventbridge:"); ok {
		plain = "events:" + call
	}
	fields, ok := answers[plain]
	return fields, ok
}

// checkAnswer checks a mocked result against the types of the service's answer, as far as they are
// known here. If strict, it also reports missing members. The result of a callback can be any
// value.
func checkAnswer(resource string, result value.JSON, strict bool) error {
	action, ok := strings.CutPrefix(resource, "arn:aws:states:::")
	fields, known := answerOf(action)
	if !ok || !known {
		return nil
	}
	if result.Kind() != value.Object {
		return awsapi.Errorf("ValidationException", "Mocked result must be a JSON object.")
	}
	if strict {
		for _, name := range required[action] {
			if _, ok := result.Member(name); !ok {
				return awsapi.Errorf("ValidationException",
					"Mock result schema validation error: Required field '%s' is missing", name)
			}
		}
	}
	return object(fields).checkInside("", result)
}

func isWhole(v value.JSON) bool {
	f, ok := v.Float()
	return ok && f == math.Trunc(f)
}

func isDate(v value.JSON) bool { return v.Kind() == value.String || v.Kind() == value.Number }

// fits reports whether v has the type of the shape, regardless of its contents.
func (s *shape) fits(v value.JSON) bool {
	if s.takes != nil {
		return s.takes(v)
	}
	return v.Kind() == s.kind
}

// check checks the named member against its shape.
func (s *shape) check(name string, v value.JSON) error {
	if !s.fits(v) {
		return awsapi.Errorf("ValidationException", "Mock result schema validation error: Field '%s' must be %s",
			name, kindNames[s.kind])
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
