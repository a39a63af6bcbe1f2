package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// capacityOf is the ConsumedCapacity of an answer, on its own or in a list of one.
func capacityOf(t *testing.T, out string) string {
	t.Helper()
	var answer struct{ ConsumedCapacity json.RawMessage }
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatal(err)
	}
	return string(answer.ConsumedCapacity)
}

// fillCapacity puts items of about 3,000, 5,000 and 9,000 bytes into a partition of orders; the
// second is in the index.
func fillCapacity(t *testing.T, s *stack) {
	t.Helper()
	for i, size := range []int{3000, 5000, 9000} {
		index := ""
		if i == 1 {
			index = `,"gk":{"S":"open"},"amount":{"N":"1"}`
		}
		s.must(t, "PutItem", fmt.Sprintf(`{"TableName":"orders","Item":{"pk":{"S":"p"},"sk":{"N":"%d"},`+
			`"text":{"S":"%s"}%s}}`, i, strings.Repeat("x", size), index))
	}
}

func TestConsumedCapacity_Reads(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	fillCapacity(t, s)
	const key = `"Key":{"pk":{"S":"p"},"sk":{"N":"%d"}}`
	get := func(n int, more string) string { return fmt.Sprintf(`{"TableName":"orders",`+key+more+`}`, n) }
	query := func(more string) string {
		return `{"TableName":"orders","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}}` + more + `}`
	}
	for _, tt := range []struct{ name, op, input, want string }{
		{"not asked for", "GetItem", get(0, ""), ``},
		{"refused", "GetItem", get(0, `,"ReturnConsumedCapacity":"NONE"`), ``},
		{"one unit, half price", "GetItem", get(0, `,"ReturnConsumedCapacity":"TOTAL"`),
			`{"TableName":"orders","CapacityUnits":0.5}`},
		{"consistent", "GetItem", get(0, `,"ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL"`),
			`{"TableName":"orders","CapacityUnits":1}`},
		{"three units", "GetItem", get(2, `,"ConsistentRead":true,"ReturnConsumedCapacity":"INDEXES"`),
			`{"TableName":"orders","CapacityUnits":3,"Table":{"CapacityUnits":3}}`},
		{"the whole item, whatever is shown of it", "GetItem", get(2,
			`,"ProjectionExpression":"sk","ReturnConsumedCapacity":"TOTAL"`), `{"TableName":"orders","CapacityUnits":1.5}`},
		{"no item", "GetItem", get(9, `,"ReturnConsumedCapacity":"TOTAL"`), `{"TableName":"orders","CapacityUnits":0.5}`},
		{"a page is rounded as a whole", "Query", query(`,"ReturnConsumedCapacity":"TOTAL"`),
			`{"TableName":"orders","CapacityUnits":2.5}`},
		{"what the filter drops is read too", "Query",
			query(`,"FilterExpression":"attribute_exists(nothing)","Select":"COUNT","ConsistentRead":true,` +
				`"ReturnConsumedCapacity":"TOTAL"`), `{"TableName":"orders","CapacityUnits":5}`},
		{"a limit", "Query", query(`,"Limit":1,"ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL"`),
			`{"TableName":"orders","CapacityUnits":1}`},
		{"an empty page", "Query", `{"TableName":"orders","KeyConditionExpression":"pk = :p",` +
			`"ExpressionAttributeValues":{":p":{"S":"none"}},"ReturnConsumedCapacity":"TOTAL"}`,
			`{"TableName":"orders","CapacityUnits":0.5}`},
		{"an index", "Query", `{"TableName":"orders","IndexName":"by-gk","KeyConditionExpression":"gk = :p",` +
			`"ExpressionAttributeValues":{":p":{"S":"open"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"TableName":"orders","CapacityUnits":0.5,"Table":{"CapacityUnits":0},` +
				`"GlobalSecondaryIndexes":{"by-gk":{"CapacityUnits":0.5}}}`},
		{"a scan", "Scan", `{"TableName":"orders","ReturnConsumedCapacity":"INDEXES"}`,
			`{"TableName":"orders","CapacityUnits":2.5,"Table":{"CapacityUnits":2.5}}`},
		{"a batch rounds each item", "BatchGetItem",
			fmt.Sprintf(`{"RequestItems":{"orders":{"ConsistentRead":true,"Keys":[%s,%s,%s]}},`+
				`"ReturnConsumedCapacity":"TOTAL"}`, pks("p", 0), pks("p", 1), pks("none", 1)),
			`[{"TableName":"orders","CapacityUnits":4}]`},
		{"a transaction pays twice", "TransactGetItems",
			fmt.Sprintf(`{"TransactItems":[{"Get":{"TableName":"orders",`+key+`}},{"Get":{"TableName":"orders",`+key+`}}],`+
				`"ReturnConsumedCapacity":"INDEXES"}`, 1, 9),
			`[{"TableName":"orders","CapacityUnits":6,"ReadCapacityUnits":6,` +
				`"Table":{"CapacityUnits":6,"ReadCapacityUnits":6}}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := capacityOf(t, s.must(t, tt.op, tt.input)); got != tt.want {
				t.Errorf("= %s, want %s", got, tt.want)
			}
		})
	}
}

func pks(pk string, sk int) string { return fmt.Sprintf(`{"pk":{"S":"%s"},"sk":{"N":"%d"}}`, pk, sk) }

// TestConsumedCapacity_Writes runs its steps in order: the cost of a write depends on the item
// before it.
func TestConsumedCapacity_Writes(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	table := func(total, own string) string {
		return fmt.Sprintf(`{"TableName":"orders","CapacityUnits":%s,"Table":{"CapacityUnits":%s}}`, total, own)
	}
	indexed := func(total, own, index string) string {
		return fmt.Sprintf(`{"TableName":"orders","CapacityUnits":%s,"Table":{"CapacityUnits":%s},`+
			`"GlobalSecondaryIndexes":{"by-gk":{"CapacityUnits":%s}}}`, total, own, index)
	}
	put := func(attributes string) string {
		return `{"TableName":"orders","ReturnConsumedCapacity":"INDEXES","Item":{"pk":{"S":"p"},"sk":{"N":"1"}` +
			attributes + `}}`
	}
	update := func(expression, values string) string {
		return `{"TableName":"orders","ReturnConsumedCapacity":"INDEXES","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},` +
			`"UpdateExpression":"` + expression + `"` + values + `}`
	}
	long := strings.Repeat("x", 2500)
	for _, tt := range []struct{ name, op, input, want string }{
		{"a small item", "PutItem", put(``), table("1", "1")},
		{"a larger one", "PutItem", put(`,"text":{"S":"` + long + `"}`), table("3", "3")},
		{"a small one in its place", "PutItem", put(``), table("3", "3")},
		{"into the index", "UpdateItem", update("SET gk = :g, amount = :n",
			`,"ExpressionAttributeValues":{":g":{"S":"open"},":n":{"N":"1"}}`), indexed("2", "1", "1")},
		{"what the index does not hold", "UpdateItem",
			update("SET note = :g", `,"ExpressionAttributeValues":{":g":{"S":"x"}}`), table("1", "1")},
		{"what the index holds", "UpdateItem",
			update("ADD amount :n", `,"ExpressionAttributeValues":{":n":{"N":"1"}}`), indexed("2", "1", "1")},
		{"elsewhere in the index", "UpdateItem",
			update("SET gk = :g", `,"ExpressionAttributeValues":{":g":{"S":"done"}}`), indexed("3", "1", "2")},
		{"no change", "UpdateItem", update("SET gk = gk", ``), table("1", "1")},
		{"out of the index", "DeleteItem",
			`{"TableName":"orders","ReturnConsumedCapacity":"INDEXES","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`,
			indexed("2", "1", "1")},
		{"nothing to delete", "DeleteItem",
			`{"TableName":"orders","ReturnConsumedCapacity":"TOTAL","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`,
			`{"TableName":"orders","CapacityUnits":1}`},
		{"a batch", "BatchWriteItem", `{"ReturnConsumedCapacity":"INDEXES","RequestItems":{"orders":[
			{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"N":"1"},"gk":{"S":"g"}}}},
			{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"N":"2"},"text":{"S":"` + long + `"}}}}]}}`, "[" + indexed("5", "4", "1") + "]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := capacityOf(t, s.must(t, tt.op, tt.input)); got != tt.want {
				t.Errorf("= %s, want %s", got, tt.want)
			}
		})
	}
}

func TestConsumedCapacity_Transactions(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	s.must(t, "CreateTable", accountsTable)
	transaction := `{"ClientRequestToken":"once","ReturnConsumedCapacity":"INDEXES","TransactItems":[
		{"Put":{"TableName":"orders","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"gk":{"S":"g"},
			"text":{"S":"` + strings.Repeat("x", 5000) + `"}}}},
		{"Update":{"TableName":"orders","Key":{"pk":{"S":"p"},"sk":{"N":"2"}},"UpdateExpression":"SET a = :a",
			"ExpressionAttributeValues":{":a":{"N":"1"}}}},
		{"ConditionCheck":{"TableName":"accounts","Key":{"id":{"S":"a"}},"ConditionExpression":"attribute_not_exists(id)"}}]}`
	const writes = `[{"TableName":"accounts","CapacityUnits":2,"WriteCapacityUnits":2,` +
		`"Table":{"CapacityUnits":2,"WriteCapacityUnits":2}},` +
		`{"TableName":"orders","CapacityUnits":14,"WriteCapacityUnits":14,` +
		`"Table":{"CapacityUnits":12,"WriteCapacityUnits":12},` +
		`"GlobalSecondaryIndexes":{"by-gk":{"CapacityUnits":2,"WriteCapacityUnits":2}}}]`
	if got := capacityOf(t, s.must(t, "TransactWriteItems", transaction)); got != writes {
		t.Errorf("= %s\nwant %s", got, writes)
	}
	const reads = `[{"TableName":"accounts","CapacityUnits":2,"ReadCapacityUnits":2,` +
		`"Table":{"CapacityUnits":2,"ReadCapacityUnits":2}},` +
		`{"TableName":"orders","CapacityUnits":6,"ReadCapacityUnits":6,"Table":{"CapacityUnits":6,"ReadCapacityUnits":6}}]`
	if got := capacityOf(t, s.must(t, "TransactWriteItems", transaction)); got != reads {
		t.Errorf("again = %s\nwant    %s", got, reads)
	}
}
