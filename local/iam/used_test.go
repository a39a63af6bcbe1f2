package iam

import (
	"reflect"
	"testing"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

func TestEngine_Used(t *testing.T) {
	t.Parallel()
	e := New()
	document := `{"Statement":[
		{"Sid":"Table","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":["arn:t","arn:t/index/*"]},
		{"Effect":"Deny","Action":"dynamodb:DeleteItem","Resource":"*"}]}`
	if err := e.SetRole("r", "f", []Policy{{Name: "p", Document: []byte(document)},
		{Name: "aws", AWS: true, Document: []byte(document)}}); err != nil {
		t.Fatal(err)
	}
	queue := `{"Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*",` +
		`"Principal":{"Service":"events.amazonaws.com"}}}`
	if err := e.SetResourcePolicies([]ResourcePolicy{{ARNs: []string{"arn:q1", "arn:q2"},
		Policy: Policy{Name: "q", Document: []byte(queue)}}}); err != nil {
		t.Fatal(err)
	}
	if got := e.Used(); got != nil {
		t.Errorf("used before any call: %+v", got)
	}
	for _, c := range []struct {
		who              awsapi.Identity
		action, resource string
		allowed          bool
	}{
		{Role("r"), "dynamodb:GetItem", "arn:t/index/a", true},
		{Role("r"), "dynamodb:DeleteItem", "arn:t", false},
		{Service("events.amazonaws.com", "arn:rule"), "sqs:SendMessage", "arn:q2", true},
	} {
		if err := e.Authorize(c.who, awsapi.Grant{Action: c.action, Resource: c.resource}); (err == nil) != c.allowed {
			t.Errorf("%s on %s: %v", c.action, c.resource, err)
		}
	}
	want := []Used{
		{Policy: "q", Statement: "0", Action: "sqs:SendMessage", Resource: "*"},
		{Role: "r", Policy: "p", Statement: "Table", Action: "dynamodb:GetItem", Resource: "arn:t/index/*"},
	}
	if got := e.Used(); !reflect.DeepEqual(got, want) {
		t.Errorf("used %+v\nwant %+v", got, want)
	}
}
