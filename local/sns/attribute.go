package sns

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Attribute is a message attribute.
type Attribute struct {
	DataType    string `json:"DataType"`
	StringValue string `json:"StringValue,omitempty"`
	BinaryValue []byte `json:"BinaryValue,omitempty"`
}

// ownPrefix begins the names of attributes that tell SNS how to send SMS and push messages. They
// are not passed on.
const ownPrefix = "AWS.SNS."

// check refuses a message attribute that SNS refuses: InvalidParameterValue.
func (a Attribute) check(name string) error {
	kind := awsapi.AttributeKind(a.DataType)
	switch {
	case !awsapi.IsAttributeName(strings.TrimPrefix(name, ownPrefix)):
		return invalidValue("The message attribute name '%s' is invalid. "+awsapi.AttributeNameRule, name)
	case kind == "":
		return invalidValue("The message attribute '%s' has an invalid message attribute type, the set of supported "+
			"type prefixes is Binary, Number, and String.", name)
	case kind == "Binary" && len(a.BinaryValue) == 0, kind != "Binary" && a.StringValue == "":
		return invalidValue("The message attribute '%s' must contain non-empty message attribute value for message "+
			"attribute type '%s'.", name, a.DataType)
	case kind == "Number" && !awsapi.IsAttributeNumber(a.StringValue):
		return invalidValue("Could not cast message attribute '%s' value to number.", name)
	}
	return nil
}

func invalidValue(format string, args ...any) error {
	return awsapi.Errorf("InvalidParameterValue", format, args...)
}
