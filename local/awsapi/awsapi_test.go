package awsapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

type echo struct{}

func (echo) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	switch op {
	case "Who":
		return map[string]string{"accessKey": IdentityFrom(ctx).AccessKey}, nil
	case "Fail":
		return nil, Errorf("ValidationException", "no %s", "good")
	}
	return nil, NotImplemented(op)
}

func (echo) Grants(op string, _ json.RawMessage) []Grant { return []Grant{{"states:" + op, "*"}} }

func TestRouter_ServeHTTP(t *testing.T) {
	t.Parallel()
	deny := func(_ context.Context, id Identity, g Grant) error {
		if id.AccessKey == "nobody" {
			return Errorf("AccessDeniedException", "not authorized to perform: %s", g.Action)
		}
		return nil
	}
	r := &Router{Authorize: deny}
	r.Register("states", echo{})
	client := &http.Client{Transport: Transport{Handler: r, Identity: Identity{AccessKey: "role/in-process"}}}

	for _, tt := range []struct {
		name, target, key string
		status            int
		body              string
	}{
		{"identity reaches the service", "AWSStepFunctions.Who", "role/x", 200, `"role/x"`},
		{"identity of the transport, unsigned", "AWSStepFunctions.Who", "", 200, `"role/in-process"`},
		{"AWS error", "AWSStepFunctions.Fail", "", 400, `"__type":"ValidationException"`},
		{"unknown operation", "AWSStepFunctions.Fly", "", 501, "does not implement Fly"},
		{"unknown service", "Glacier.Thaw", "", 501, "Glacier.Thaw"},
		{"denied", "AWSStepFunctions.Who", "nobody", 400, "AccessDeniedException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://local/", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Amz-Target", tt.target)
			req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+tt.key+"/20261122/us-east-1/states/aws4_request, SignedHeaders=host")
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("got %d %s, want %d with %s", res.StatusCode, body, tt.status, tt.body)
			}
		})
	}
}
