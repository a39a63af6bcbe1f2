package lambda

import (
	"fmt"
	"regexp"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Bounds of a request's FunctionName: the name in it, and all of it.
const (
	maxFunctionName = 64
	maxReference    = 170
)

// referencePattern is the FunctionName of a request: a name, a partial ARN or an ARN, perhaps with
// a qualifier. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
const referencePattern = `(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`

var referenceParts = regexp.MustCompile(
	`^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:([a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9_.-]+)(?::(\$LATEST|[a-zA-Z0-9_-]+))?$`)

// reference is a function as a request names it; only the name is always there.
type reference struct{ region, account, name, qualifier string }

func parseReference(nameOrARN string) (r reference, ok bool) {
	m := referenceParts.FindStringSubmatch(nameOrARN)
	if m == nil {
		return reference{}, false
	}
	return reference{m[1], m[2], m[3], m[4]}, true
}

// resolve reads the reference of a request. It returns ValidationException for a malformed one,
// AccessDeniedException for a function of another account, and ResourceNotFoundException for one of
// another region.
func resolve(nameOrARN string) (reference, error) {
	r, ok := parseReference(nameOrARN)
	switch {
	case nameOrARN == "":
		return r, violation(nameOrARN, "Member must have length greater than or equal to 1")
	case len(nameOrARN) > maxReference:
		return r, tooLong(nameOrARN, maxReference)
	case !ok:
		return r, violation(nameOrARN, "Member must satisfy regular expression pattern: "+referencePattern)
	case r.account != "" && r.account != awsapi.Account:
		return r, &awsapi.Error{Type: "AccessDeniedException", Status: 403, Message: "Not authorized to use the function of another account: " + nameOrARN +
			", because no resource-based policy allows it"}
	case r.region != "" && r.region != awsapi.Region:
		return r, &awsapi.Error{Type: "ResourceNotFoundException", Status: 404,
			Message: fmt.Sprintf("Functions from '%s' are not reachable in this region ('%s')", r.region, awsapi.Region)}
	}
	return r, nil
}

func tooLong(value string, most int) error {
	return violation(value, fmt.Sprintf("Member must have length less than or equal to %d", most))
}

func violation(value, constraint string) error {
	return awsapi.Errorf("ValidationException", "1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: %s", value, constraint)
}

// ARN is the ARN, without a qualifier, of the function of the given name or ARN.
func ARN(nameOrARN string) string { return awsapi.ARN("lambda", "function:"+FunctionName(nameOrARN)) }

// FunctionName is the bare name in a name, partial ARN or ARN:
// "arn:aws:lambda:r:a:function:start:$LATEST" -> "start". Any other text is returned unchanged.
func FunctionName(nameOrARN string) string {
	if r, ok := parseReference(nameOrARN); ok {
		return r.name
	}
	return nameOrARN
}
