package attr

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzItem reads any JSON as an item: an item that is accepted has one binary form, which reads
// back as the same item.
func FuzzItem(f *testing.F) {
	f.Add([]byte(
		`{"a":{"S":"x"},"n":{"N":"-1.5E3"},"l":{"L":[{"NULL":true},{"M":{"k":{"NS":["1","2"]}}}]},"b":{"BS":["AA=="]}}`))
	f.Add([]byte(`{"a":{"S":"\ud800"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var item Item
		if json.Unmarshal(data, &item) != nil || item == nil {
			return
		}
		raw := Marshal(item)
		back, err := Unmarshal(raw)
		if err != nil || !Equal(Value{Kind: M, Map: item}, Value{Kind: M, Map: back}) {
			t.Fatalf("binary: %v, %v", back, err)
		}
		var again Item
		if err := json.Unmarshal(AppendJSON(nil, item), &again); err != nil || !bytes.Equal(Marshal(again), raw) {
			t.Fatalf("JSON: %s, %v", AppendJSON(nil, item), err)
		}
	})
}

// FuzzUnmarshal reads any bytes as a stored item: it fails or returns an item, and never panics.
func FuzzUnmarshal(f *testing.F) {
	f.Add(Marshal(Item{"a": {Kind: S, Text: "x"}, "l": {Kind: L, List: []Value{Int(1)}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if item, err := Unmarshal(data); err == nil && item == nil {
			t.Error("no item and no error")
		}
	})
}
