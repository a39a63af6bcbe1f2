package dynamodb

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestService_Refused compares the answers to wrong requests with AWS's, by the files of testdata.
// The table orders is empty and has an index and a stream.
func TestService_Refused(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/refused*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("files = %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			refuse(t, file)
		})
	}
}

func refuse(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Op, Want string
		Input          json.RawMessage
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	s := newStack(t)
	s.orders(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			_, err := s.call(t, c.Op, string(c.Input))
			if err == nil || !strings.HasPrefix(err.Error(), c.Want) {
				t.Errorf("error = %v\nwant    %s", err, c.Want)
			}
		})
	}
	if records, err := s.ReadStream("orders", 0, 1); err != nil || len(records) != 0 {
		t.Errorf("a refused request left a record: %v, %v", records, err)
	}
}

func TestService_Sizes(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	put := func(id, text string) error {
		_, err := s.call(t, "PutItem", fmt.Sprintf(`{"TableName":"accounts","Item":{"id":{"S":"%s"},"t":{"S":"%s"}}}`,
			id, text))
		return err
	}
	const overhead = len("id") + len("a") + len("t")
	if err := put("a", strings.Repeat("x", maxItem-overhead)); err != nil {
		t.Errorf("an item of 400 KB: %v", err)
	}
	if err := put("a", strings.Repeat("x", maxItem-overhead+1)); err == nil ||
		!strings.Contains(err.Error(), "Item size has exceeded the maximum allowed size") {
		t.Errorf("a larger item: %v", err)
	}
	_, err := s.call(t, "UpdateItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}},"UpdateExpression":"SET u = :v",`+
		`"ExpressionAttributeValues":{":v":{"BOOL":true}}}`)
	if err == nil || !strings.Contains(err.Error(), "Item size to update has exceeded the maximum allowed size") {
		t.Errorf("an update beyond 400 KB: %v", err)
	}
	if err := put(strings.Repeat("k", maxHashKey), ""); err != nil {
		t.Errorf("a key of 2048 bytes: %v", err)
	}
	if err := put(strings.Repeat("k", maxHashKey+1), ""); err == nil ||
		!strings.Contains(err.Error(), "Size of hashkey has exceeded the maximum size limit of2048 bytes") {
		t.Errorf("a longer key: %v", err)
	}
}
