package iam_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/iam"
)

// cases are testdata/cases.json: policies, and their answers to a list of calls.
type testCase struct {
	Name     string
	Identity []json.RawMessage            // policies of the role "r"
	Resource map[string][]json.RawMessage // by ARN
	Calls    []struct {
		Key, Action, Resource string
		Want                  string // "allow", or the end of the message
	}
}

func TestEngine_Authorize(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 10 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			e := engine(t, c)
			for _, call := range c.Calls {
				for range 2 { // the second answer comes from the cache
					err := e.Authorize(awsapi.Identity{AccessKey: call.Key},
						awsapi.Grant{Action: call.Action, Resource: call.Resource})
					check(t, call.Key+" "+call.Action+" "+call.Resource, err, call.Want)
				}
			}
		})
	}
}

func engine(t *testing.T, c testCase) *iam.Engine {
	t.Helper()
	e := iam.New()
	if err := e.SetRole("r", "fn", documents(c.Identity)); err != nil {
		t.Fatal(err)
	}
	var resources []iam.ResourcePolicy
	for arn, list := range c.Resource {
		for _, p := range documents(list) {
			resources = append(resources, iam.ResourcePolicy{Policy: p, ARNs: []string{arn}})
		}
	}
	if err := e.SetResourcePolicies(resources); err != nil {
		t.Fatal(err)
	}
	return e
}

func documents(list []json.RawMessage) []iam.Policy {
	var out []iam.Policy
	for i, d := range list {
		out = append(out, iam.Policy{Name: fmt.Sprint(i), Document: d})
	}
	return out
}

func check(t *testing.T, call string, err error, want string) {
	t.Helper()
	if want == "allow" {
		if err != nil {
			t.Errorf("%s: %v", call, err)
		}
		return
	}
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok || !strings.HasSuffix(e.Message, want) {
		t.Errorf("%s: got %v, want %q", call, err, want)
	}
}

func TestEngine_Message(t *testing.T) {
	t.Parallel()
	e := iam.New()
	if err := e.SetRole("stack-ChargeRole", "charge", nil); err != nil {
		t.Fatal(err)
	}
	err := e.Authorize(iam.Role("stack-ChargeRole"),
		awsapi.Grant{Action: "dynamodb:PutItem", Resource: "arn:aws:dynamodb:us-east-1:000000000000:table/orders"})
	want := "AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/stack-ChargeRole/charge is not " +
		"authorized to perform: " +
		"dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/orders because no identity-based " +
		"policy allows the dynamodb:PutItem action"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := e.Authorize(iam.Role("nobody"), awsapi.Grant{Action: "sqs:SendMessage", Resource: "arn:x"}); err == nil {
		t.Error("a role that does not exist was allowed")
	}
}

func TestEngine_Authorize_time(t *testing.T) {
	t.Parallel()
	clock := clockwork.NewFakeClockAt(time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC))
	e := iam.New(iam.WithClock(clock))
	err := e.SetRole("r", "s", []iam.Policy{{Name: "p", Document: json.RawMessage(`{"Statement":[
		{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*","Condition":{
			"DateGreaterThan":{"aws:CurrentTime":"2031-03-01T12:00:30Z"},"DateLessThanEquals":{"aws:CurrentTime":"2031-03-01T12:01:00Z"}}},
		{"Effect":"Allow","Action":"sqs:DeleteMessage","Resource":"*",
			"Condition":{"NumericLessThan":{"aws:EpochTime":1930132860}}}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	want := func(action string, allowed bool) {
		t.Helper()
		if err := e.Authorize(iam.Role("r"), awsapi.Grant{Action: action, Resource: "arn:q"}); (err == nil) != allowed {
			t.Errorf("%s at %v: %v", action, clock.Now(), err)
		}
	}
	want("sqs:SendMessage", false)
	want("sqs:DeleteMessage", true)
	clock.Advance(time.Minute)
	want("sqs:SendMessage", true)
	want("sqs:DeleteMessage", false)
	clock.Advance(time.Second)
	want("sqs:SendMessage", false)
	if d := e.Report().Denials; len(d) != 2 || d[1].Action != "sqs:SendMessage" || d[1].Count != 2 {
		t.Errorf("denials %+v", d)
	}
}

// A refused policy leaves the one before in force; only the operator may use a locked resource.
func TestEngine_AttachResourcePolicy(t *testing.T) {
	t.Parallel()
	e := iam.New()
	caller, g := iam.Service("events.amazonaws.com", "arn:rule"), awsapi.Grant{Action: "sqs:SendMessage", Resource: "arn:q"}
	open := `{"Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:*","Resource":"*"}}`
	if err := e.AttachResourcePolicy("arn:q", "q", json.RawMessage(open)); err != nil {
		t.Fatal(err)
	}
	if err := e.AttachResourcePolicy("arn:q", "q", json.RawMessage(`{"Statement":{"Effect":"Never"}}`)); err == nil {
		t.Error("a malformed policy was attached")
	}
	check(t, "after a refused policy", e.Authorize(caller, g), "allow")
	e.Lock("arn:q", "q")
	check(t, "locked", e.Authorize(caller, g), "with an explicit deny in a resource-based policy")
	check(t, "locked, by the operator", e.Authorize(awsapi.Identity{}, g), "allow")
	if err := e.AttachResourcePolicy("arn:q", "q", json.RawMessage(open)); err != nil {
		t.Fatal(err)
	}
	check(t, "repaired", e.Authorize(caller, g), "allow")
}

func TestEngine_Report(t *testing.T) {
	t.Parallel()
	e := iam.New()
	err := e.SetRole("r", "fn", []iam.Policy{
		{Name: "own", Document: json.RawMessage(`{"Statement":[
			{"Sid":"Orders","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":["arn:a","arn:b"]},
			{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:q"},
			{"Effect":"Allow","Action":"xray:PutTraceSegments","Resource":"*"},
			{"Effect":"Deny","Action":"sqs:DeleteQueue","Resource":"*"}]}`)},
		{Name: "aws", AWS: true, Document: json.RawMessage(`{"Statement":{"Effect":"Allow",` +
			`"Action":"sqs:ReceiveMessage","Resource":"*"}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	shared := iam.ResourcePolicy{ARNs: []string{"arn:q1", "arn:q2"},
		Policy: iam.Policy{Name: "queues", Document: json.RawMessage(
			`{"Statement":[{"Sid":"Rules","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},` +
				`"Action":"sqs:SendMessage","Resource":["arn:q1","arn:q2"]}]}`)}}
	if err := e.SetResourcePolicies([]iam.ResourcePolicy{shared}); err != nil {
		t.Fatal(err)
	}
	ask := func(id awsapi.Identity, action, resource string) {
		_ = e.Authorize(id, awsapi.Grant{Action: action, Resource: resource})
	}
	ask(iam.Role("r"), "dynamodb:GetItem", "arn:a")
	ask(iam.Role("r"), "dynamodb:DeleteItem", "arn:a")
	ask(iam.Role("r"), "dynamodb:DeleteItem", "arn:a")
	ask(iam.Service("events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/x"), "sqs:SendMessage", "arn:q1")

	r := e.Report()
	var got []string
	for _, u := range r.Unused {
		got = append(got, strings.Join([]string{u.Role, u.Policy, u.Statement, u.Action, u.Resource}, "|"))
	}
	want := []string{
		"|queues|Rules|sqs:SendMessage|arn:q2",
		"r|own|1|sqs:SendMessage|arn:q",
		"r|own|Orders|dynamodb:GetItem dynamodb:PutItem|arn:b",
		"r|own|Orders|dynamodb:PutItem|arn:a arn:b",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("unused:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(r.Denials) != 1 || r.Denials[0].Action != "dynamodb:DeleteItem" || r.Denials[0].Count != 2 ||
		r.Denials[0].Caller != "role/r" {
		t.Errorf("denials: %+v", r.Denials)
	}
}

func TestEngine_concurrent(t *testing.T) {
	t.Parallel()
	e := iam.New()
	policy := iam.Policy{Name: "p", Document: json.RawMessage(`{"Statement":{"Effect":"Allow","Action":"states:*",` +
		`"Resource":"arn:aws:states:*"}}`)}
	if err := e.SetRole("r", "fn", []iam.Policy{policy}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 5000 { // more resources than the cache holds
				g := awsapi.Grant{Action: "states:DescribeExecution",
					Resource: fmt.Sprintf("arn:aws:states:us-east-1:000000000000:execution:m:%d-%d", w, i)}
				if err := e.Authorize(iam.Role("r"), g); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			e.Report()
		}
	})
	wg.Wait()
}

func BenchmarkEngine_Authorize(b *testing.B) {
	e := iam.New()
	policy := iam.Policy{Name: "p", Document: json.RawMessage(`{"Statement":{"Effect":"Allow",` +
		`"Action":"dynamodb:PutItem","Resource":"arn:t"}}`)}
	if err := e.SetRole("r", "fn", []iam.Policy{policy}); err != nil {
		b.Fatal(err)
	}
	id, g := iam.Role("r"), awsapi.Grant{Action: "dynamodb:PutItem", Resource: "arn:t"}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Authorize(id, g); err != nil {
			b.Fatal(err)
		}
	}
}
