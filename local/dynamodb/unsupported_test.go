package dynamodb

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// inputs are requests that an unsupported parameter is added to.
var inputs = map[string]string{
	"CreateTable": `{"TableName":"fresh","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},
		{"AttributeName":"b","AttributeType":"S"},{"AttributeName":"c","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"BillingMode":"PAY_PER_REQUEST",%}`,
	"UpdateTable":  `{"TableName":"orders",%}`,
	"GetItem":      `{"TableName":"orders","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},%}`,
	"PutItem":      `{"TableName":"orders","Item":{"pk":{"S":"a"},"sk":{"N":"1"}},%}`,
	"UpdateItem":   `{"TableName":"orders","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},%}`,
	"DeleteItem":   `{"TableName":"orders","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},%}`,
	"Query":        `{"TableName":"orders",%}`,
	"Scan":         `{"TableName":"orders",%}`,
	"BatchGetItem": `{"RequestItems":{"orders":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}}],%}}}`,
}

// values are well-formed values of unsupported parameters.
var values = map[string]string{
	"LocalSecondaryIndexes": `[{"IndexName":"local","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},` +
		`{"AttributeName":"c","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]`,
	"AttributesToGet":     `["pk"]`,
	"KeyConditions":       `{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}}`,
	"QueryFilter":         `{"x":{"ComparisonOperator":"NULL"}}`,
	"ScanFilter":          `{"x":{"ComparisonOperator":"NULL"}}`,
	"AttributeUpdates":    `{"x":{"Action":"DELETE"}}`,
	"Expected":            `{"x":{"Exists":false}}`,
	"ConditionalOperator": `"AND"`,
	"ReplicaUpdates":      `[{"Create":{"RegionName":"eu-west-1"}}]`,
	"SSESpecification":    `{"Enabled":true}`,
}

var quotedName = regexp.MustCompile("`([A-Za-z]+)`")

// TestUnsupported compares the README's list with the service: every operation and parameter in it
// is refused by name.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(readme), "## Not supported")
	if !ok {
		t.Fatal("no list in the README")
	}
	list, _, _ = strings.Cut(list, "\n## ")
	s := newStack(t)
	s.orders(t)
	rows := 0
	for line := range strings.Lines(list) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || !strings.Contains(cells[1], "`") {
			continue
		}
		rows++
		what, where, isParameter := strings.Cut(cells[1], " in ")
		for _, name := range quotedName.FindAllStringSubmatch(what, -1) {
			op, input := name[1], "{}"
			if isParameter {
				op = strings.Trim(where, " `")
				input = strings.Replace(inputs[op], "%", `"`+name[1]+`":`+values[name[1]], 1)
			}
			if _, err := s.call(t, op, input); err == nil || !strings.HasPrefix(err.Error(), "NotImplemented: ") ||
				!strings.Contains(err.Error(), name[1]) {
				t.Errorf("%s: %v", strings.TrimSpace(cells[1]), err)
			}
		}
	}
	if rows < 20 {
		t.Errorf("the list has %d rows", rows)
	}
	if _, err := s.call(t, "GetItem", strings.Replace(inputs["GetItem"], "%", `"ReturnConsumedCapacity":"NONE"`,
		1)); err != nil {
		t.Errorf("the requests without the parameter fail: %v", err)
	}
}

// TestUnsupported_ListsWhatIsThere compares the README's list of operations with the service's.
func TestUnsupported_ListsWhatIsThere(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "## Supported")
	table, _, _ = strings.Cut(table, "All expressions")
	listed := map[string]bool{}
	for _, name := range quotedName.FindAllStringSubmatch(table, -1) {
		listed[name[1]] = true
	}
	for op := range api.Operations {
		if !listed[op] {
			t.Errorf("%s is not in the README", op)
		}
	}
	if len(listed) != len(api.Operations) {
		t.Errorf("the README lists %d operations, the service has %d", len(listed), len(api.Operations))
	}
}
