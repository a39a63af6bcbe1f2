package iam

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// contextKey returns the values of a condition key; none if the request does not have it.
type contextKey struct {
	of    func(r request) []string
	timed bool // the answer changes with the clock
}

// known are the keys that a request has here, in lower case.
var known = map[string]contextKey{
	"aws:sourcearn":     {of: func(r request) []string { return some(r.source) }},
	"aws:sourceaccount": {of: ifSource},
	"aws:sourceowner":   {of: ifSource},
	"aws:principalarn":  {of: func(r request) []string { return ifRole(r, roleARN(r.role)) }},
	"aws:principalaccount": {of: func(r request) []string {
		return ifRole(r, awsapi.Account)
	}},
	"aws:principaltype":             {of: func(r request) []string { return ifRole(r, "AssumedRole") }},
	"aws:userid":                    {of: func(r request) []string { return ifRole(r, userID(r.role, r.session)) }},
	"aws:principalservicename":      {of: func(r request) []string { return some(r.service) }},
	"aws:principalservicenameslist": {of: func(r request) []string { return some(r.service) }},
	"aws:principalisawsservice":     {of: func(r request) []string { return some(strconv.FormatBool(r.service != "")) }},
	// Requests stay in the process or on the loopback interface, where they cannot be intercepted:
	// a policy that requires TLS is satisfied.
	"aws:securetransport": {of: func(request) []string { return []string{"true"} }},
	"aws:requestedregion": {of: func(request) []string { return []string{awsapi.Region} }},
	"aws:viaawsservice":   {of: func(request) []string { return []string{"false"} }},
	"aws:resourceaccount": {of: func(request) []string { return []string{awsapi.Account} }},
	"aws:currenttime":     {of: func(r request) []string { return some(r.at.UTC().Format(time.RFC3339)) }, timed: true},
	"aws:epochtime":       {of: func(r request) []string { return some(strconv.FormatInt(r.at.Unix(), 10)) }, timed: true},
}

// absent are the global keys that no request has here: one machine has no organization, VPC, tags
// or second factor.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var absent = keySet(`
	aws:AssumedRoot aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:ChatbotSourceArn
	aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc aws:FederatedProvider aws:IsMcpServiceAction
	aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:PrincipalOrgID aws:PrincipalOrgPaths aws:Referer
	aws:ResourceOrgID aws:ResourceOrgPaths aws:SignInSessionArn aws:SourceIdentity aws:SourceIp aws:SourceOrgID
	aws:SourceOrgPaths aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:TagKeys aws:TokenIssueTime aws:UserAgent
	aws:username aws:ViaMcpService aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp
	ec2:SourceInstanceArn ec2:RoleDelivery lambda:SourceFunctionArn glue:RoleAssumedBy
	glue:CredentialIssuingService ssm:SourceInstanceArn identitystore:UserId codebuild:BuildArn
	codebuild:ProjectArn
`)

// tagKeys end in the key of a tag: aws:ResourceTag/team.
var tagKeys = []string{"aws:principaltag/", "aws:requesttag/", "aws:resourcetag/"}

func keySet(text string) map[string]bool {
	out := map[string]bool{}
	for _, key := range strings.Fields(strings.ToLower(text)) {
		out[key] = true
	}
	return out
}

func some(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func ifSource(r request) []string {
	if r.source == "" {
		return nil
	}
	return []string{awsapi.Account}
}

func ifRole(r request, value string) []string {
	if r.role == "" {
		return nil
	}
	return []string{value}
}

// findKey finds a condition key by its name, in any case. A service's own key is refused: its value
// is unknown here, and a decision that treats it as absent may be wrong.
func findKey(name string) (contextKey, error) {
	lower := strings.ToLower(name)
	if k, ok := known[lower]; ok {
		return k, nil
	}
	isAbsent := absent[lower]
	for _, prefix := range tagKeys {
		tag, ok := strings.CutPrefix(lower, prefix)
		isAbsent = isAbsent || ok && tag != ""
	}
	if !isAbsent {
		return contextKey{}, fmt.Errorf("condition key %s is not supported", name)
	}
	return contextKey{of: func(request) []string { return nil }}, nil
}

// variable is a policy variable, ${aws:username} or ${aws:username, 'default'}.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

func cutDefault(body string) (key, def string, ok bool) {
	key, def, ok = strings.Cut(body, ",")
	return strings.TrimSpace(key), strings.Trim(strings.TrimSpace(def), "'"), ok
}

// checkVariables refuses variables that are not condition keys.
func checkVariables(text string) error {
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		key, _, _ := cutDefault(m[1])
		if _, err := findKey(key); err != nil {
			return fmt.Errorf("policy variable %s: %w", m[0], err)
		}
	}
	return nil
}

// expand replaces the variables of a policy's text; false if the request does not have one of them.
func (r request) expand(text string) (string, bool) {
	if !strings.Contains(text, "${") {
		return text, true
	}
	complete := true
	out := variable.ReplaceAllStringFunc(text, func(m string) string {
		name, def, hasDefault := cutDefault(m[2 : len(m)-1])
		key, err := findKey(name)
		if err == nil {
			if values := key.of(r); len(values) == 1 {
				return values[0]
			}
		}
		complete = complete && hasDefault
		return def
	})
	return out, complete
}

// timed reports whether a text has a variable that changes with the clock.
func timed(text string) bool {
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		name, _, _ := cutDefault(m[1])
		if key, err := findKey(name); err == nil && key.timed {
			return true
		}
	}
	return false
}
