package sqs

import (
	"encoding/json"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Attribute is a message attribute (MessageAttributeValue) or a message system attribute.
type Attribute struct {
	DataType    string `json:"DataType"`
	StringValue string `json:"StringValue,omitempty"`
	BinaryValue []byte `json:"BinaryValue,omitempty"`
	// Reserved by SQS, which refuses them.
	StringListValues json.RawMessage `json:"StringListValues,omitempty"`
	BinaryListValues json.RawMessage `json:"BinaryListValues,omitempty"`
}

// check refuses a message attribute that SQS refuses: InvalidParameterValue or
// InvalidMessageContents.
func (a Attribute) check(name string) error {
	kind := awsapi.AttributeKind(a.DataType)
	switch {
	case !awsapi.IsAttributeName(name):
		return invalidParameter("The message (user) attribute name '%s' is invalid. "+awsapi.AttributeNameRule, name)
	case a.DataType == "":
		return invalidParameter("The message (user) attribute '%s' must contain a non-empty message attribute type.", name)
	case kind == "":
		return invalidParameter("The type of message (user) attribute '%s' is invalid. You must use only the "+
			"following supported type prefixes: Binary, Number, String.", name)
	case given(a.StringListValues) || given(a.BinaryListValues):
		return invalidParameter("Message attribute list values in SendMessage operation are not supported.")
	case kind == "Binary" && a.StringValue != "" || kind != "Binary" && len(a.BinaryValue) > 0:
		return invalidParameter("The message (user) attribute '%s' with type '%s' must use field '%s'.", name, kind,
			valueField(kind))
	case kind == "Binary" && len(a.BinaryValue) == 0, kind != "Binary" && a.StringValue == "":
		return invalidParameter("The message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
	case kind == "Number" && !awsapi.IsAttributeNumber(a.StringValue):
		return invalidParameter("Can't cast the value of message (user) attribute '%s' to a number.", name)
	case strings.ContainsFunc(a.StringValue, forbidden):
		return invalidContents()
	}
	return nil
}

func given(list json.RawMessage) bool {
	return len(list) > 0 && string(list) != "[]" && string(list) != "null"
}

func valueField(kind string) string {
	if kind == "Number" {
		return "String"
	}
	return kind
}

// forbidden reports whether XML 1.0, and so SQS, does not allow a character.
func forbidden(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

func invalidContents() error {
	return awsapi.Errorf("InvalidMessageContents",
		"Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | "+
			"#x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
}
