package awsapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// counter counts the operations that reach it.
type counter struct{ calls int }

func (c *counter) Do(context.Context, string, json.RawMessage) (any, error) {
	c.calls++
	return nil, nil
}
func (c *counter) Grants(string, json.RawMessage) []awsapi.Grant { return nil }

// queries is a counter with the query protocol.
type queries struct{ counter }

func (q *queries) Protocol() awsapi.Protocol {
	return &awsapi.Query{
		Has:   func(string) bool { return true },
		Input: func(_ *http.Request, members map[string]any) (any, error) { return members, nil },
	}
}

func TestRouter_Guarded(t *testing.T) {
	t.Parallel()
	const foreign = "Origin: http://evil.example"
	target := "X-Amz-Target: DynamoDB_20120810.ListTables"
	for _, c := range []struct {
		name, method, url string
		header            []string
		status            int
		body              string
	}{
		{"an SDK", "POST", "http://127.0.0.1/", []string{target}, 200, "{}"},
		{"an SDK that puts its prefix before the host", "POST", "http://sync-localhost/", []string{target}, 200, "{}"},
		{"a name that it was told", "POST", "http://build-host/", []string{target}, 200, "{}"},
		{"a rebound name", "POST", "http://rebound.example/", []string{target}, 403, `"__type":"AccessDeniedException"`},
		{"a page", "POST", "http://127.0.0.1/", []string{target, foreign}, 403, `"__type":"AccessDeniedException"`},
		{"a page's form", "POST", "http://127.0.0.1/", []string{foreign}, 403, "<ErrorResponse>"},
		{"a program's action", "POST", "http://127.0.0.1/?Action=List", nil, 200, ""},
		{"an action by GET, signed", "GET", "http://127.0.0.1/?Action=List", []string{"Authorization: AWS4-HMAC-SHA256 Credential=x"}, 200, ""},
		{"an action by GET, with a header of the SDKs", "GET", "http://127.0.0.1/?Action=List", []string{"Amz-Sdk-Invocation-Id: 1"}, 200, ""},
		{"an image", "GET", "http://127.0.0.1/?Action=Delete", nil, 403, "<ErrorResponse>"},
		{"an image that looks signed", "GET", "http://127.0.0.1/?Action=Delete&X-Amz-Signature=1", nil, 403, "<ErrorResponse>"},
		{"an image that asks for less", "HEAD", "http://127.0.0.1/?Action=Delete", nil, 403, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tables, topics := &counter{}, &queries{}
			var router awsapi.Router
			router.Register("dynamodb", tables)
			router.Register("sns", topics)
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.url, nil)
			for _, line := range c.header {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			router.Guarded("build-host").ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if reached := tables.calls+topics.calls == 1; reached != (c.status == 200) {
				t.Errorf("reached a service: %v", reached)
			}
		})
	}
}
