package awsapi

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Each request is one of its protocol as SDKs send it, to a service that is not there.
func TestRouter_unknownServices(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, url, scope string
		header                   map[string]string
		body                     string
		contentType, want        string
	}{
		{"query", "POST", "/", "cloudformation", map[string]string{"Content-Type": form}, "Action=DescribeStacks&Version=2010-05-15", "text/xml",
			`<?xml version="1.0"?><ErrorResponse><Error><Type>Receiver</Type><Code>NotImplemented</Code><Message>orderflow&#39;s local stack does not implement cloudformation: DescribeStacks</Message></Error><RequestId>`},
		{"query in the URL", "GET", "/?Action=ListRoles&Version=2010-05-08", "iam", nil, "", "text/xml", "does not implement iam: ListRoles</Message>"},
		{"query, unsigned", "POST", "/", "", map[string]string{"Content-Type": form + "; charset=utf-8"}, "Action=ListMetrics&Version=2010-08-01", "text/xml", "<ErrorResponse><Error>"},
		{"EC2", "POST", "/", "ec2", map[string]string{"Content-Type": form}, "Action=DescribeVpcs&Version=2016-11-15", "text/xml",
			`<Response><Errors><Error><Code>NotImplemented</Code><Message>orderflow&#39;s local stack does not implement ec2: DescribeVpcs</Message></Error></Errors><RequestID>`},
		{"JSON", "POST", "/", "logs", map[string]string{"X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": "application/x-amz-json-1.1"}, "{}",
			"application/x-amz-json-1.1", `{"__type":"NotImplemented","message":"orderflow's local stack does not implement logs: POST / Logs_20140328.DescribeLogGroups"}`},
		{"REST, JSON", "GET", "/restapis", "apigateway", nil, "", "application/json", `"message":"orderflow's local stack does not implement apigateway: GET /restapis"`},
		{"REST, XML of S3", "GET", "/bucket/key", "s3", nil, "", "text/xml", `<Error><Code>NotImplemented</Code><Message>`},
		{"REST, XML", "GET", "/2013-04-01/hostedzone", "route53", nil, "", "text/xml", `<ErrorResponse><Error><Type>Receiver</Type><Code>NotImplemented</Code>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := serve(t, tt.method, tt.url, tt.scope, tt.header, tt.body)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusNotImplemented || res.Header.Get("Content-Type") != tt.contentType || !strings.Contains(string(body), tt.want) {
				t.Errorf("%d %s %s\nwant %s", res.StatusCode, res.Header.Get("Content-Type"), body, tt.want)
			}
		})
	}
}

func TestRouter_unknownServiceInCBOR(t *testing.T) {
	t.Parallel()
	res := serve(t, "POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", "monitoring", map[string]string{"Smithy-Protocol": "rpc-v2-cbor"}, "\xa0")
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	// A map of two, "__type" (6 bytes), "NotImplemented" (14 bytes), "message" (7 bytes), and a
	// text.
	want := "a2" + "790006" + hex.EncodeToString([]byte("__type")) + "79000e" + hex.EncodeToString([]byte("NotImplemented")) + "790007" + hex.EncodeToString([]byte("message")) + "79"
	if res.StatusCode != http.StatusNotImplemented || res.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" || !strings.HasPrefix(hex.EncodeToString(body), want) {
		t.Errorf("%d %v %x", res.StatusCode, res.Header, body)
	}
}

func serve(t *testing.T, method, url, scope string, header map[string]string, body string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	for name, v := range header {
		r.Header.Set(name, v)
	}
	if scope != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20311122/us-east-1/"+scope+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	w := httptest.NewRecorder()
	(&Router{}).ServeHTTP(w, r)
	return w.Result()
}
