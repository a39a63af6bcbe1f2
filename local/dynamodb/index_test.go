package dynamodb

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// TestIndex_AgreesWithItems changes few items from many goroutines, then compares the index and the
// replayed stream with the items.
func TestIndex_AgreesWithItems(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	var wg sync.WaitGroup
	for w := range 8 {
		rng := rand.New(rand.NewPCG(uint64(w), 3))
		wg.Go(func() {
			for range 200 {
				op, input := randomWrite(rng)
				if _, err := s.Do(t.Context(), op, json.RawMessage(input)); err != nil {
					t.Errorf("%s %s: %v", op, input, err)
				}
			}
		})
	}
	wg.Wait()
	scan := func(input string) map[string]attr.Item {
		out, err := s.Do(t.Context(), "Scan", json.RawMessage(input))
		if err != nil {
			t.Fatal(err)
		}
		items := map[string]attr.Item{}
		for _, i := range *out.(*pageOutput).Items {
			items[string(attr.Marshal(s.tables["orders"].keys.of(i)))] = i
		}
		return items
	}
	want := map[string]attr.Item{}
	for key, i := range scan(`{"TableName":"orders"}`) {
		if _, ok := i["gk"]; ok {
			i = maps.Clone(i)
			delete(i, "other")
			want[key] = i
		}
	}
	got := scan(`{"TableName":"orders","IndexName":"by-gk"}`)
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("the index has %d items, want %d", len(got), len(want))
	}
	for key, i := range want {
		if string(attr.Marshal(i)) != string(attr.Marshal(got[key])) {
			t.Errorf("the index has %v, want %v", got[key], i)
		}
	}
	checkReplay(t, s, "orders")
}

func randomWrite(rng *rand.Rand) (op, input string) {
	key := fmt.Sprintf(`"pk":{"S":"p%d"},"sk":{"N":"%d"}`, rng.IntN(3), rng.IntN(5))
	switch rng.IntN(6) {
	case 0:
		return "DeleteItem", `{"TableName":"orders","Key":{` + key + `}}`
	case 1:
		return "PutItem", fmt.Sprintf(`{"TableName":"orders","Item":{%s,"amount":{"N":"%d"}}}`, key, rng.IntN(3))
	case 2:
		return "PutItem", fmt.Sprintf(`{"TableName":"orders","Item":{%s,"gk":{"S":"g%d"},"amount":{"N":"%d"},`+
			`"other":{"S":"x"}}}`, key, rng.IntN(3), rng.IntN(3))
	case 3:
		return "UpdateItem", `{"TableName":"orders","Key":{` + key + `},"UpdateExpression":"REMOVE gk"}`
	case 4:
		return "UpdateItem", fmt.Sprintf(`{"TableName":"orders","Key":{%s},"UpdateExpression":"SET gk = :g",`+
			`"ExpressionAttributeValues":{":g":{"S":"g%d"}}}`, key, rng.IntN(3))
	}
	return "UpdateItem", `{"TableName":"orders","Key":{` + key +
		`},"UpdateExpression":"ADD amount :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`
}
