package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// cloudFormation returns a server that answers DescribeStacks for the stack "shop" with outputs,
// and for any other stack as AWS does for one that does not exist.
func cloudFormation(t *testing.T, outputs map[string]string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.FormValue("Action") != "DescribeStacks" || r.FormValue("StackName") != "shop" ||
			!strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/cloudformation/") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w,
				`<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error></ErrorResponse>`, r.FormValue("StackName"))
			return
		}
		members := ""
		for k, v := range outputs {
			members += "<member><OutputKey>" + k + "</OutputKey><OutputValue>" + v + "</OutputValue></member>"
		}
		_, _ = fmt.Fprintf(w, `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
			<StackName>shop</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime>
			<Outputs>%s</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, members)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestStackOption sets environment variables, so it does not run in parallel.
func TestStackOption(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer given" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = fmt.Fprintf(w, `{"orderId":%q,"status":"PLACED"}`, strings.TrimPrefix(r.URL.Path, "/orders/"))
	}))
	t.Cleanup(api.Close)
	for _, v := range []string{"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "ORDERFLOW_API",
		"ORDERFLOW_STACK", "ORDERFLOW_TOKEN"} {
		t.Setenv(v, "")
	}
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	for _, tt := range []struct {
		name    string
		outputs map[string]string
		args    []string
		code    int
		want    string
	}{
		{"the API's address", map[string]string{"Other": "x", "ApiUrl": api.URL},
			[]string{"--stack", "shop", "--token", "given"}, 0, "ord_1"},
		{"over --api", map[string]string{"ApiUrl": api.URL}, []string{"--stack", "shop", "--api", "http://127.0.0.1:1",
			"--token", "given"}, 0, "ord_1"},
		{"no such stack", nil, []string{"--stack", "shoe"}, 1,
			"describe stack shoe in eu-west-1: ValidationError: Stack with id shoe does not exist"},
		{"no such output", map[string]string{"Other": "x"}, []string{"--stack", "shop"}, 1,
			"stack shop in eu-west-1 has no output ApiUrl"},
		{"no token", map[string]string{"ApiUrl": "https://api.example.com"}, []string{"--stack", "shop"}, 1,
			"https://api.example.com needs an access token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", cloudFormation(t, tt.outputs).URL)
			code, out, errs := command(t, append([]string{"order", "get", "ord_1"}, tt.args...)...)
			if code != tt.code || !strings.Contains(out+errs, tt.want) {
				t.Errorf("exit code %d, want %d with %q\n%s%s", code, tt.code, tt.want, out, errs)
			}
		})
	}
	t.Run("no region", func(t *testing.T) {
		t.Setenv("AWS_REGION", "")
		t.Setenv("AWS_DEFAULT_REGION", "")
		t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
		if code, _, errs := command(t, "dlq", "list", "--stack", "shop"); code != 1 ||
			!strings.Contains(errs, "no AWS region") {
			t.Errorf("exit code %d: %s", code, errs)
		}
	})
}
