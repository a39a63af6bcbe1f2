package awsapi

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// Message attributes have the same rules in SQS and SNS. Source: "Amazon SQS message metadata" and
// "Amazon SNS message attributes" of the developer guides.
const (
	maxAttributeName   = 256
	maxAttributeDigits = 38 // precision of a number
	minExponent        = -128
	maxExponent        = 126
)

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`) // no period at an end, no two in a row
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\.[A-Za-z0-9_.-]+)?$`)
	messageGroup  = regexp.MustCompile(`^[!-~]{1,128}$`) // letters, digits and punctuation
	number        = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE]([+-]?\d{1,4}))?$`)
)

// AttributeNameRule says to people what IsAttributeName wants.
const AttributeNameRule = "A name has 1 to 256 letters, digits, underscores, hyphens and periods, no period at an end or beside another, " +
	"and does not begin with AWS. or Amazon."

// IsAttributeName reports whether a message attribute may have the name. Names that begin with
// "AWS." or "Amazon.", in any case, are reserved.
func IsAttributeName(name string) bool {
	lower := strings.ToLower(name)
	return len(name) <= maxAttributeName && attributeName.MatchString(name) && !strings.HasPrefix(lower, "aws.") && !strings.HasPrefix(lower, "amazon.")
}

// AttributeKind is the logical type of a data type, String, Number or Binary, which a custom label
// may follow: "Number.cents". Empty if it is none.
func AttributeKind(dataType string) string {
	m := attributeType.FindStringSubmatch(dataType)
	if m == nil || len(dataType) > maxAttributeName {
		return ""
	}
	return m[1]
}

// IsAttributeNumber reports whether a text is a number that a message attribute takes: at most 38
// digits, between 10^-128 and 10^126 in size, or 0.
func IsAttributeNumber(text string) bool {
	m := number.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	whole, fraction, _ := strings.Cut(m[1], ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return true
	}
	shift, err := strconv.Atoi(cmp.Or(m[3], "0"))
	exponent := len(digits) - len(fraction) - 1 + shift // of the first digit that counts
	return err == nil && len(strings.TrimRight(digits, "0")) <= maxAttributeDigits && exponent >= minExponent && exponent <= maxExponent
}

// IsMessageGroup reports whether a text may be a MessageGroupId.
func IsMessageGroup(id string) bool { return messageGroup.MatchString(id) }
