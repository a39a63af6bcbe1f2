package api

import (
	"encoding/json"
	"net/http"
	"testing"
)

// A kept answer is replayed byte for byte, also one that an earlier version kept without compression.
func TestReplay(t *testing.T) {
	t.Parallel()
	const asked, body = `{"items":[]}`, "{\"name\": \"Brühkanne <1 l>\",\n \"sku\": \"a&b\"}"
	header := http.Header{"Location": {"/orders/ord_1"}}
	kept, err := remember(&reply{status: 202, header: header, body: []byte(body)}, []byte(asked))
	must(t, err)
	old, err := json.Marshal(remembered{Request: fingerprint([]byte(asked)), Status: 202, Header: header, Body: []byte(body)})
	must(t, err)
	for name, record := range map[string][]byte{"kept": kept, "of an earlier version": old} {
		got, err := replay(record, []byte(asked))
		must(t, err)
		if string(got.body) != body || got.status != 202 || got.header.Get("Location") != "/orders/ord_1" {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
		if _, err := replay(record, []byte("{}")); err == nil {
			t.Errorf("%s: replayed for another body", name)
		}
	}
	if kept[0] == '{' {
		t.Error("the record looks like an uncompressed one")
	}
	if _, err := replay([]byte("damaged"), []byte(asked)); err == nil {
		t.Error("a damaged record was replayed")
	}
}
