package gateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// event is a Lambda proxy event of payload format 2.0 (developer guide, "Create AWS Lambda proxy
// integrations for HTTP APIs").
type event struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"` // decoded, despite its name
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies,omitempty"`
	Headers         map[string]string `json:"headers"`
	Query           map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext  requestContext    `json:"requestContext"`
	PathParameters  map[string]string `json:"pathParameters,omitempty"`
	Body            *string           `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string          `json:"accountId"`
	APIID        string          `json:"apiId"`
	Authorizer   *authorizerPart `json:"authorizer,omitempty"`
	DomainName   string          `json:"domainName"`
	DomainPrefix string          `json:"domainPrefix"`
	HTTP         httpPart        `json:"http"`
	RequestID    string          `json:"requestId"`
	RouteKey     string          `json:"routeKey"`
	Stage        string          `json:"stage"`
	Time         string          `json:"time"` // 12/Mar/2020:19:03:58 +0000
	TimeEpoch    int64           `json:"timeEpoch"`
}

type authorizerPart struct {
	JWT *authorization `json:"jwt"`
}

type httpPart struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

func (x *exchange) event(route *route, params map[string]string, auth *authorization, body []byte) ([]byte, error) {
	r, now := x.r, x.start.UTC()
	host := r.Host
	prefix, _, _ := strings.Cut(host, ".")
	e := event{
		Version: "2.0", RouteKey: route.Key, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
		Cookies: cookies(r), Headers: x.headers(len(body)), Query: query(r), PathParameters: params,
		RequestContext: requestContext{
			AccountID: awsapi.Account, APIID: x.g.cfg.ID, DomainName: host, DomainPrefix: prefix,
			HTTP: httpPart{Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: x.access.SourceIP,
				UserAgent: x.access.UserAgent},
			RequestID: x.id, RouteKey: route.Key, Stage: x.g.cfg.Stage,
			Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
	}
	if auth != nil {
		e.RequestContext.Authorizer = &authorizerPart{auth}
	}
	if len(body) > 0 {
		text := string(body)
		if e.IsBase64Encoded = !isText(r.Header.Get("Content-Type"), body); e.IsBase64Encoded {
			text = base64.StdEncoding.EncodeToString(body)
		}
		e.Body = &text
	}
	out, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("marshal event: %w", err)
	}
	return out, nil
}

// isText reports whether API Gateway passes a body on unchanged; all others, such as forms, become
// base64.
func isText(contentType string, body []byte) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	switch {
	case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "+json"), strings.HasSuffix(media, "+xml"):
	case media == "application/json", media == "application/xml", media == "application/javascript":
	default:
		return false
	}
	return utf8.Valid(body)
}

// hopHeaders apply to one connection only.
var hopHeaders = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding",
	"Upgrade", "Cookie"}

// headers are the headers in lower case, repeated ones joined by commas, with those that API
// Gateway adds.
func (x *exchange) headers(length int) map[string]string {
	r, out := x.r, map[string]string{}
	for name, values := range r.Header {
		if !slices.Contains(hopHeaders, name) {
			out[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	proto, port := "http", "80"
	if r.TLS != nil {
		proto, port = "https", "443"
	}
	if _, p, ok := strings.Cut(r.Host, ":"); ok {
		port = p
	}
	out["host"], out["content-length"] = r.Host, strconv.Itoa(length)
	out["x-forwarded-proto"], out["x-forwarded-port"] = proto, port
	if before := out["x-forwarded-for"]; before != "" {
		out["x-forwarded-for"] = before + ", " + x.access.SourceIP
	} else {
		out["x-forwarded-for"] = x.access.SourceIP
	}
	if out["x-amzn-trace-id"] == "" {
		out["x-amzn-trace-id"] = fmt.Sprintf("Root=1-%08x-%s", x.start.Unix(), traceID(x.id))
	}
	return out
}

// traceID makes the 24 hexadecimal digits of an X-Ray id from a request id.
func traceID(id string) string {
	s := fmt.Sprintf("%024x", id)
	return s[len(s)-24:]
}

func cookies(r *http.Request) []string {
	var out []string
	for _, header := range r.Header["Cookie"] {
		for c := range strings.SplitSeq(header, ";") {
			if c = strings.TrimSpace(c); c != "" {
				out = append(out, c)
			}
		}
	}
	return out
}

// query is the decoded parameters, repeated ones joined by commas.
func query(r *http.Request) map[string]string {
	values := r.URL.Query()
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]string, len(values))
	for _, name := range slices.Collect(maps.Keys(values)) {
		out[name] = strings.Join(values[name], ",")
	}
	return out
}
