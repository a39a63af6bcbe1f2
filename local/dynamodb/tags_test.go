package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable",
		strings.Replace(accountsTable, `"BillingMode"`, `"Tags":[{"Key":"team","Value":"books"}],"BillingMode"`, 1))
	arn := tableARN("accounts")
	list := func() string { return s.must(t, "ListTagsOfResource", `{"ResourceArn":"`+arn+`"}`) }
	if got := list(); got != `{"Tags":[{"Key":"team","Value":"books"}]}` {
		t.Errorf("of a new table: %s", got)
	}
	s.must(t, "TagResource",
		`{"ResourceArn":"`+arn+`","Tags":[{"Key":"stage","Value":"test"},{"Key":"team","Value":"ledger"}]}`)
	s.must(t, "UntagResource", `{"ResourceArn":"`+arn+`","TagKeys":["stage","never"]}`)
	if got := list(); got != `{"Tags":[{"Key":"team","Value":"ledger"}]}` {
		t.Errorf("after a change: %s", got)
	}
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprintf(`{"Key":"k%d","Value":""}`, i))
	}
	if _, err := s.call(t, "TagResource", `{"ResourceArn":"`+arn+`","Tags":[`+strings.Join(many, ",")+`]}`); err == nil {
		t.Error("51 tags are accepted")
	}
	var spec TableSpec
	if err := json.Unmarshal([]byte(accountsTable), &spec); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureTable(spec); err != nil {
		t.Fatal(err)
	}
	if got := openStack(t, s.store).must(t, "ListTagsOfResource", `{"ResourceArn":"`+arn+`"}`); got != list() {
		t.Errorf("after a restart: %s", got)
	}
}
