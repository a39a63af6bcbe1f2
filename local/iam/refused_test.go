package iam_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/iam"
)

func TestEngine_refusesWhatItCannotEvaluate(t *testing.T) {
	t.Parallel()
	statement := func(members string) string { return `{"Statement":[{` + members + `}]}` }
	conditional := func(condition string) string {
		return statement(`"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":` + condition)
	}
	for name, c := range map[string]struct{ document, want string }{
		"operator": {conditional(`{"StringMatches":{"aws:SourceIp":"10.0.0.0/8"}}`),
			"condition operator StringMatches"},
		"quantifier": {conditional(`{"ForSomeValues:StringLike":{"aws:TagKeys":"a"}}`),
			"condition operator ForSomeValues"},
		"null if exists": {conditional(`{"NullIfExists":{"aws:SourceIp":"true"}}`), "condition operator NullIfExists"},
		"global key":     {conditional(`{"StringEquals":{"aws:SauceArn":"x"}}`), "condition key aws:SauceArn"},
		"tag of no key":  {conditional(`{"StringEquals":{"aws:ResourceTag/":"x"}}`), "condition key aws:ResourceTag/"},
		"no value":       {conditional(`{"StringEquals":{"aws:SourceArn":[]}}`), "has no value"},
		"address":        {conditional(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`), "not a value of that type"},
		"number":         {conditional(`{"NumericLessThan":{"aws:MultiFactorAuthAge":"soon"}}`), "not a value of that type"},
		"date":           {conditional(`{"DateLessThan":{"aws:CurrentTime":"soon"}}`), "not a value of that type"},
		"boolean":        {conditional(`{"Bool":{"aws:SecureTransport":"yes"}}`), "not a value of that type"},
		"key": {statement(`"Effect":"Allow","Action":"dynamodb:*","Resource":"*",` +
			`"Condition":{"StringEquals":{"dynamodb:LeadingKeys":"x"}}`), "condition key dynamodb:LeadingKeys"},
		"negated bool": {conditional(`{"NotBool":{"aws:SecureTransport":"true"}}`), "NotBool"},
		"effect":       {statement(`"Effect":"allow","Action":"sqs:*","Resource":"*"`), "effect"},
		"no action":    {statement(`"Effect":"Allow","Resource":"*"`), "Action"},
		"no resource":  {statement(`"Effect":"Allow","Action":"sqs:SendMessage"`), "Resource"},
		"bare action":  {statement(`"Effect":"Allow","Action":"SendMessage","Resource":"*"`), "no service"},
		"principal": {statement(`"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*","Principal":"*"`),
			"no principal"},
		"variable": {statement(`"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:${aws:usrname}"`),
			"policy variable ${aws:usrname}"},
		"not JSON":      {`{`, "policy p"},
		"not an object": {`[]`, "policy p"},
		"misspelt": {statement(`"Effect":"Allow","Action":"sqs:*","Resource":"*",` +
			`"Condtion":{"Bool":{"aws:SecureTransport":"true"}}`), `unknown element "Condtion"`},
		"lower case": {statement(`"Effect":"Allow","Action":"sqs:*","resource":"*"`), `unknown element "resource"`},
		"other service": {statement(`"Effect":"Allow","Action":"s3:*","Resource":"*","Conditions":{}`),
			`unknown element "Conditions"`},
		"other document": {`{"Statements":[],"Statement":[]}`, `unknown element "Statements"`},
		"version":        {`{"Version":"2012-10-18","Statement":[]}`, `version "2012-10-18"`},
		"empty version":  {`{"Version":"","Statement":[]}`, `version ""`},
		"sid":            {statement(`"Sid":"may send","Effect":"Allow","Action":"sqs:*","Resource":"*"`), `Sid "may send"`},
		"null":           {conditional(`{"StringEquals":null}`), "null"},
		"repeated": {conditional(`{"Bool":{"aws:SecureTransport":"true"}},"Condition":{}`),
			`"Condition" occurs twice`},
		"empty resource": {statement(`"Effect":"Allow","Action":"sqs:*","Resource":[]`), "empty list"},
		"statement text": {`{"Statement":["Allow"]}`, "statement 0"},
		"no statement":   {`{"Version":"2012-10-17"}`, "policy p: no Statement"},
		"action nesting": {statement(`"Effect":"Allow","Action":[["sqs:SendMessage"]],"Resource":"*"`), "not text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := iam.New().SetRole("r", "s", []iam.Policy{{Name: "p", Document: json.RawMessage(c.document)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckResourcePolicy_globalKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceOrgID", "aws:SourceIp",
		"aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp",
		"aws:UserAgent", "aws:Referer", "aws:username", "aws:userid", "aws:PrincipalTag/team", "aws:RequestTag/a b",
		"aws:ResourceOrgID", "aws:FederatedProvider",
		"aws:MultiFactorAuthPresent", "aws:CurrentTime", "aws:EpochTime", "aws:SourceIdentity", "aws:CalledViaFirst",
		"AWS:SOURCEOWNER", "aws:Ec2InstanceSourceVpc"} {
		policy := fmt.Sprintf(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*",`+
			`"Condition":{"StringEquals":{%q:"x"}}}}`, key)
		if err := iam.CheckResourcePolicy(json.RawMessage(policy)); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestCheckResourcePolicy_elements(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		valid  bool
		policy string
	}{
		{true, `{"Version":"2008-10-17","Id":"a b","Statement":{"Sid":"may send: 1","Effect":"Allow","Principal":"*",` +
			`"Action":"sqs:*"}}`},
		{true, `{"Id":"q","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"*"},"NotAction":"sqs:*",` +
			`"NotResource":"*","Condition":{}}]}`},
		{false, `{"id":"q","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"}}`},
		{false, `{"Statement":{"effect":"Allow","Principal":"*","Action":"sqs:*"}}`},
		{false, `{"Statement":{"Effect":"Allow","Principle":"*","Action":"sqs:*"}}`},
		{false, `{"Statement":{"Effect":"Allow","Action":"sqs:*"}}`},
		{false, `{"Statement":{"Principal":"*","Action":"sqs:*"}}`},
		{false, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":[]}}`},
	} {
		if err := iam.CheckResourcePolicy(json.RawMessage(tt.policy)); (err == nil) != tt.valid {
			t.Errorf("%s: %v", tt.policy, err)
		}
	}
}
