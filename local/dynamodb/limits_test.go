package dynamodb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// joined is a JSON list of n elements.
func joined(n int, element func(i int) string) string {
	var out []string
	for i := range n {
		out = append(out, element(i))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func TestTransactions_FourMegabytes(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	text := strings.Repeat("x", 380_000)
	put := func(i int) string {
		return fmt.Sprintf(`{"Put":{"TableName":"accounts","Item":{"id":{"S":"%d"},"t":{"S":"%s"}}}}`, i, text)
	}
	get := func(i int) string { return fmt.Sprintf(`{"Get":{"TableName":"accounts","Key":{"id":{"S":"%d"}}}}`, i) }
	const tooLarge = "ValidationException: The aggregate size of the items in the transaction cannot exceed 4 MB"
	if _, err := s.call(t, "TransactWriteItems", `{"TransactItems":`+joined(12, put)+`}`); err == nil ||
		err.Error() != tooLarge {
		t.Errorf("12 puts of 380 KB: %v", err)
	}
	if out := s.must(t, "Scan", `{"TableName":"accounts","Select":"COUNT"}`); !strings.Contains(out, `"Count":0`) {
		t.Errorf("a refused transaction left items: %s", out)
	}
	s.must(t, "TransactWriteItems", `{"TransactItems":`+joined(11, put)+`}`)
	s.must(t, "TransactGetItems", `{"TransactItems":`+joined(11, get)+`}`)
	s.must(t, "BatchWriteItem", `{"RequestItems":{"accounts":`+joined(25, func(i int) string {
		return fmt.Sprintf(`{"PutRequest":{"Item":{"id":{"S":"%d"},"t":{"S":"%s"}}}}`, i, text)
	})+`}}`) // a batch may be larger
	if _, err := s.call(t, "TransactGetItems", `{"TransactItems":`+joined(12, get)+`}`); err == nil ||
		err.Error() != tooLarge {
		t.Errorf("12 reads of 380 KB: %v", err)
	}
	update := func(i int) string {
		return fmt.Sprintf(`{"Update":{"TableName":"accounts","Key":{"id":{"S":"%d"}},"UpdateExpression":"SET n = :n",`+
			`"ExpressionAttributeValues":{":n":{"N":"1"}}}}`, i)
	}
	if _, err := s.call(t, "TransactWriteItems", `{"TransactItems":`+joined(12, update)+`}`); err == nil ||
		err.Error() != tooLarge {
		t.Errorf("small updates of 12 large items: %v", err)
	}
}

func TestBatches_Counts(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "CreateTable", strings.Replace(accountsTable, "accounts", "bills", 1))
	key := func(i int) string { return fmt.Sprintf(`{"id":{"S":"%d"}}`, i) }
	put := func(i int) string { return `{"PutRequest":{"Item":` + key(i) + `}}` }
	del := func(i int) string { return `{"Delete":{"TableName":"accounts","Key":` + key(i) + `}}` }
	get := func(i int) string { return `{"Get":{"TableName":"accounts","Key":` + key(i) + `}}` }
	for _, tt := range []struct{ name, op, input, want string }{
		{"25 writes", "BatchWriteItem", `{"RequestItems":{"accounts":` + joined(25, put) + `}}`, ""},
		{"26 writes", "BatchWriteItem", `{"RequestItems":{"accounts":` + joined(26, put) + `}}`,
			"1 validation error detected: Value '{accounts=[WriteRequest, "},
		{"26 writes, whose bound", "BatchWriteItem", `{"RequestItems":{"accounts":` + joined(26, put) + `}}`,
			"Map value must satisfy constraint: " +
				"[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"26 writes to two tables", "BatchWriteItem",
			`{"RequestItems":{"accounts":` + joined(20, put) + `,"bills":` + joined(6, put) + `}}`,
			"Too many items requested for the BatchWriteItem call"},
		{"100 reads", "BatchGetItem", `{"RequestItems":{"accounts":{"Keys":` + joined(100, key) + `}}}`, ""},
		{"101 reads", "BatchGetItem", `{"RequestItems":{"accounts":{"Keys":` + joined(101, key) + `}}}`,
			"1 validation error detected: Value at 'RequestItems.accounts.member.Keys' failed to satisfy constraint: " +
				"Member must have length less than or equal to 100"},
		{"101 reads of two tables", "BatchGetItem", `{"RequestItems":{"accounts":{"Keys":` + joined(99, key) +
			`},"bills":{"Keys":` + joined(2, key) + `}}}`, "Too many items requested for the BatchGetItem call"},
		{"100 actions", "TransactWriteItems", `{"TransactItems":` + joined(100, del) + `}`, ""},
		{"101 actions", "TransactWriteItems", `{"TransactItems":` + joined(101, del) + `}`,
			"at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"101 reads in a transaction", "TransactGetItems", `{"TransactItems":` + joined(101, get) + `}`,
			"at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"a token of 36 characters", "TransactWriteItems",
			`{"ClientRequestToken":"` + strings.Repeat("t", 36) + `","TransactItems":` + joined(1, del) + `}`, ""},
		{"a table's name of 256 characters", "PutItem", `{"TableName":"` + strings.Repeat("t", 256) + `","Item":{}}`,
			"1 validation error detected: Value '" + strings.Repeat("t", 256) +
				"' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"an attribute's name of 65,536 bytes", "PutItem",
			`{"TableName":"accounts","Item":{"id":{"S":"a"},"` + strings.Repeat("n", 65536) + `":{"S":"x"}}}`,
			"1 validation error detected: Attribute name is too large, must be less than 65536 bytes"},
		{"an attribute's name of 65,536 bytes behind a placeholder", "UpdateItem",
			`{"TableName":"accounts","Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE #n",` +
				`"ExpressionAttributeNames":{"#n":"` +
				strings.Repeat("n", 65536) + `"}}`,
			"1 validation error detected: Attribute name is too large, must be less than 65536 bytes"},
		{"a placeholder of 256 characters", "UpdateItem",
			`{"TableName":"accounts","Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE #` + strings.Repeat("n", 255) +
				`","ExpressionAttributeNames":{"#` + strings.Repeat("n", 255) + `":"x"}}`,
			"ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is " +
				"too long"},
		{"a path of 33 steps", "GetItem",
			`{"TableName":"accounts","Key":{"id":{"S":"a"}},"ProjectionExpression":"a` + strings.Repeat(".a", 32) + `"}`,
			"Invalid ProjectionExpression: The document path has too many nesting elements; nesting levels: 33"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.call(t, tt.op, tt.input)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil ||
				!strings.HasPrefix(err.Error(), "ValidationException: ") || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestTransactions_WhyAnActionIsInvalid looks at the reasons of cancellations that need no look at
// an item.
func TestTransactions_WhyAnActionIsInvalid(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	for _, tt := range []struct{ name, op, action, want string }{
		{"get by a wrong type", "TransactGetItems",
			`{"Get":{"TableName":"orders","Key":{"pk":{"N":"1"},"sk":{"N":"1"}}}}`,
			"The provided key element does not match the schema"},
		{"get below a key", "TransactGetItems",
			`{"Get":{"TableName":"orders","Key":{"pk":{"S":"x"},"sk":{"N":"1"}},"ProjectionExpression":"sk.a"}}`,
			"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: sk"},
		{"delete with half a key", "TransactWriteItems", `{"Delete":{"TableName":"orders","Key":{"pk":{"S":"x"}}}}`,
			"The provided key element does not match the schema"},
		{"put without a key", "TransactWriteItems", `{"Put":{"TableName":"orders","Item":{"pk":{"S":"x"}}}}`,
			"One or more parameter values were invalid: Missing the key sk in the item"},
		{"put of a wrong index key", "TransactWriteItems",
			`{"Put":{"TableName":"orders","Item":{"pk":{"S":"x"},"sk":{"N":"1"},"gk":{"BOOL":true}}}}`,
			"One or more parameter values were invalid: Type mismatch for Index Key gk Expected: S Actual: BOOL " +
				"IndexName: by-gk"},
		{"check of a wrong key", "TransactWriteItems",
			`{"ConditionCheck":{"TableName":"orders","Key":{"pk":{"S":"x"},"sk":{"S":"1"}},` +
				`"ConditionExpression":"attribute_exists(pk)"}}`,
			"The provided key element does not match the schema"},
		{"update that does not fit", "TransactWriteItems",
			`{"Update":{"TableName":"orders","Key":{"pk":{"S":"x"},"sk":{"N":"1"}},"UpdateExpression":"REMOVE m.a"}}`,
			"The document path provided in the update expression is invalid for update"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good := `{"Delete":{"TableName":"orders","Key":{"pk":{"S":"good"},"sk":{"N":"1"}}}}`
			if tt.op == "TransactGetItems" {
				good = strings.Replace(good, "Delete", "Get", 1)
			}
			_, err := s.call(t, tt.op, `{"TransactItems":[`+good+`,`+tt.action+`]}`)
			e, ok := err.(*awsapi.Error)
			if !ok || e.Type != "TransactionCanceledException" {
				t.Fatalf("error = %v", err)
			}
			reasons, _ := e.Fields["CancellationReasons"].([]reason)
			if len(reasons) != 2 || reasons[0].Code != "None" || reasons[1].Code != "ValidationError" ||
				reasons[1].Message != tt.want {
				t.Errorf("reasons = %+v", reasons)
			}
		})
	}
}
