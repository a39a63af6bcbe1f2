package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
)

func request(t *testing.T, s *local.Stack, method, path, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(""))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.APIHandler().ServeHTTP(w, r)
	return w
}

func bearer(t *testing.T, s *local.Stack) string {
	t.Helper()
	out, err := s.Issuer().Mint(issuer.Claims{Subject: "ada", ClientID: s.ClientID("Client")})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStack_way follows a note: api -> table -> stream -> function -> bus -> rule -> queue ->
// function -> state machine -> functions -> table, and from the end of the execution -> default bus
// -> function -> topic -> queue. The template alone allows every call, and every grant of the
// template is needed.
func TestStack_way(t *testing.T) {
	t.Parallel()
	s := start(t, options(t))
	if w := request(t, s, "GET", "/healthz", ""); w.Code != http.StatusOK || w.Body.String() != "ok" {
		t.Fatalf("GET /healthz: %d %s", w.Code, w.Body)
	}
	if w := request(t, s, "PUT", "/notes/n1", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", w.Code)
	}
	for _, id := range []string{"n1", "n2", "n3"} {
		if w := request(t, s, "PUT", "/notes/"+id, bearer(t, s)); w.Code != http.StatusAccepted {
			t.Fatalf("PUT /notes/%s: %d %s", id, w.Code, w.Body)
		}
	}
	for _, id := range []string{"n1", "n2", "n3"} {
		until(t, id, func() bool { ok, _ := done(t, s, id); return ok })
		if _, times := done(t, s, id); times != "1" {
			t.Errorf("%s was finished %s times", id, times)
		}
	}
	letters := map[string]bool{}
	until(t, "letters", func() bool { readLetters(t, s, letters); return len(letters) == 3 })

	report := s.IAMReport()
	for _, d := range report.Denials {
		t.Errorf("denied: %+v", d)
	}
	for _, u := range report.Unused {
		if u.Policy == "MayRule" && strings.HasSuffix(u.Resource, ":shop-Dead") {
			continue // for events that cannot be delivered: there were none
		}
		t.Errorf("unused: %+v", u)
	}
}

// readLetters records the executions that the topic reported to the queue.
func readLetters(t *testing.T, s *local.Stack, seen map[string]bool) {
	t.Helper()
	out, err := sqs.NewFromConfig(s.Config("")).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String("http://sqs.us-east-1.localhost/000000000000/shop-Letters"), MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out.Messages {
		var change struct{ Name, Status string }
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &change); err != nil || change.Status != "SUCCEEDED" {
			t.Fatalf("letter %s: %v", aws.ToString(m.Body), err)
		}
		seen[change.Name] = true
	}
}

// A queue's policy does not allow the rule: the event goes to the dead-letter queue, with the
// reason.
func TestStack_deniesRule(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Template = bytes.Replace(o.Template, []byte("Resource: [!GetAtt Work.Arn, !GetAtt Dead.Arn]"),
		[]byte("Resource: !GetAtt Dead.Arn"), 1)
	s := start(t, o)
	if err := put(t.Context(), dynamodb.NewFromConfig(s.Config("")), "shop-notes", "n1"); err != nil {
		t.Fatal(err)
	}
	var dead types.Message
	until(t, "dead letter", func() bool {
		out, err := sqs.NewFromConfig(s.Config("")).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl:              aws.String("http://sqs.us-east-1.localhost/000000000000/shop-Dead"),
			MessageAttributeNames: []string{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) > 0 {
			dead = out.Messages[0]
		}
		return len(out.Messages) > 0
	})
	if code := aws.ToString(dead.MessageAttributes["ERROR_CODE"].StringValue); code != "NO_PERMISSIONS" {
		t.Errorf("error code %q", code)
	}
}

// A resource that the template no longer has stops working; a new one works.
func TestOpen_updates(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.InMemory, o.Dir = false, t.TempDir()
	s, err := local.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := rules(t, s); got != "shop-NoteWritten work" {
		t.Errorf("rules: %s", got)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	for old, replacement := range map[string]string{
		"  NoteWritten:\n": "  Written:\n", "!GetAtt NoteWritten.Arn": "!GetAtt Written.Arn", "{Id: work,": "{Id: other,",
		"[{AttributeName: id, AttributeType: S}]": "[{AttributeName: id, AttributeType: S}, {AttributeName: kind, " +
			"AttributeType: S}]\n" +
			"      GlobalSecondaryIndexes: [{IndexName: by-kind, KeySchema: [{AttributeName: kind, KeyType: HASH}], " +
			"Projection: {ProjectionType: ALL}}]",
	} {
		o.Template = bytes.ReplaceAll(o.Template, []byte(old), []byte(replacement))
	}
	s = open(t, o)
	if got := rules(t, s); got != "shop-Written other" {
		t.Errorf("rules: %s", got)
	}
	table, err := dynamodb.NewFromConfig(s.Config("")).DescribeTable(t.Context(),
		&dynamodb.DescribeTableInput{TableName: aws.String("shop-notes")})
	if err != nil || len(table.Table.GlobalSecondaryIndexes) != 1 {
		t.Errorf("table: %+v %v", table, err)
	}
}

// rules lists the rules of the shop's bus and their targets.
func rules(t *testing.T, s *local.Stack) string {
	t.Helper()
	client := eventbridge.NewFromConfig(s.Config(""))
	list, err := client.ListRules(t.Context(), &eventbridge.ListRulesInput{EventBusName: aws.String("shop")})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range list.Rules {
		out = append(out, aws.ToString(r.Name))
		targets, err := client.ListTargetsByRule(t.Context(),
			&eventbridge.ListTargetsByRuleInput{Rule: r.Name, EventBusName: r.EventBusName})
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range targets.Targets {
			out = append(out, aws.ToString(target.Id))
		}
	}
	return strings.Join(out, " ")
}
