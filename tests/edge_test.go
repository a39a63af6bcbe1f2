package tests

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/orderflow-dev/orderflow"
)

func openAPI(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// raw sends a request line by line, without an HTTP client's checks, and returns the answer.
func (s *system) raw(method, head string, body io.Reader) (*http.Response, []byte) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.API, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(settle)); err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"); err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		go func() { _, _ = io.Copy(conn, body) }() // until the connection closes
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		s.t.Fatalf("%s: %v", head, err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatalf("%s: %v", head, err)
	}
	return res, b
}

// TestEdge sends malformed and forbidden requests to the whole system: gateway and function. The
// harness checks every answer against the contract.
func TestEdge(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	ada, anyone := s.as("ada"), &caller{s: s}

	t.Run("methods", func(t *testing.T) {
		for _, tt := range []struct {
			method, path, allow string
			status              int
		}{
			{"DELETE", "/orders", "GET, HEAD, OPTIONS, POST", 405},
			{"PATCH", "/me", "GET, HEAD, OPTIONS, PUT", 405},
			{"TRACE", "/healthz", "GET, HEAD, OPTIONS", 405},
			{"PROPFIND", "/docs", "GET, HEAD, OPTIONS", 405},
			{"GET", "/webhooks/shipments", "OPTIONS, POST", 405},
			{"OPTIONS", "/orders", "GET, HEAD, OPTIONS, POST", 204},
			{"OPTIONS", "/orders/ord_1/cancel", "OPTIONS, POST", 204},
			{"HEAD", "/healthz", "", 200},
			{"HEAD", "/products/vase-glass-25cm", "", 200},
			{"HEAD", "/orders", "", 200},
			{"HEAD", "/openapi.yaml", "", 200},
			{"HEAD", "/products/none", "", 404},
			{"OPTIONS", "/nothing", "", 404},
			{"DELETE", "/nothing", "", 404},
		} {
			a := ada.in(t).request(tt.method, tt.path, nil, nil).expect(tt.status)
			if got := a.Header.Get("Allow"); got != tt.allow {
				t.Errorf("%s %s: Allow %q, want %q", tt.method, tt.path, got, tt.allow)
			}
		}
		anyone.in(t).request("HEAD", "/orders", nil, nil).expect(401)
		anyone.in(t).request("HEAD", "/ops/orders", nil, nil).expect(401)
		ada.in(t).request("HEAD", "/ops/orders", nil, nil).expect(403)
	})
	t.Run("paths", func(t *testing.T) {
		for _, path := range []string{
			"//orders", "//", "/orders/", "/orders/../me", "/./healthz", "/orders%2F", "/healthz/", "//evil.example/%2e%2e",
			"/products/%00", "/products/%ff", "/products/%E2%80%A8", "/%3F", "/oauth2/", "/_local",
		} {
			ada.in(t).get(path).problem(404, "NotFound")
		}
	})
	t.Run("queries", func(t *testing.T) {
		for _, path := range []string{"/orders?limit=%zz", "/orders?limit=1;status=PLACED", "/healthz?%"} {
			ada.in(t).get(path).problem(400, "MalformedRequest")
		}
		for _, path := range []string{
			"/orders?limt=1", "/orders?limit=1&limit=2", "/products?category=coffee&category=tea", "/me?x", "/openapi.yaml?v=1",
		} {
			ada.in(t).get(path).problem(400, "InvalidParameter")
		}
	})
	t.Run("headers", func(t *testing.T) {
		body := order("pm_card_visa", item{"pen-fountain-f", 1})
		post := func(header http.Header) *answer { return ada.in(t).request("POST", "/orders", header, body) }
		post(http.Header{"Idempotency-Key": {"one", "two"}}).problem(400, "IdempotencyKeyInvalid")
		post(http.Header{"Idempotency-Key": {rand.Text()}, "Content-Encoding": {"gzip"}}).problem(415, "UnsupportedMediaType")
		twice := http.Header{"Authorization": {"Bearer " + ada.token, "Bearer " + ada.token}}
		anyone.in(t).request("GET", "/me", twice, nil).problem(401, "Unauthenticated")
	})
	t.Run("refusals of the gateway", func(t *testing.T) {
		anyone.in(t).get("/orders").problem(401, "Unauthenticated")
		ada.in(t).get("/ops/orders").problem(403, "OperatorsOnly")
		for _, size := range []int{300 << 10, 11 << 20} {
			key, body := http.Header{"Idempotency-Key": {rand.Text()}}, []byte(strings.Repeat(" ", size))
			ada.in(t).request("POST", "/orders", key, body).problem(413, "BodyTooLarge")
		}
	})
	t.Run("hosts", func(t *testing.T) {
		for _, host := range []string{
			"a%zz", "[::1", "127.0.0.1:99999", "x:y:z", "user!", "()", "a b", "<a>", "a/b", "a\nHost: b", "%",
		} {
			res, body := s.in(t).raw("GET", "GET /healthz HTTP/1.1\nHost: "+host, nil)
			req, err := http.NewRequestWithContext(t.Context(), "GET", "/healthz", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.in(t).contract().Check(req, res.StatusCode, res.Header, body); err != nil || res.StatusCode >= 500 {
				t.Errorf("Host %s: %d, %v", host, res.StatusCode, err)
			}
		}
	})
	t.Run("If-Match", func(t *testing.T) {
		put := func(name, tag string) *answer {
			return ada.in(t).request("PUT", "/me", http.Header{"If-Match": {tag}}, fmt.Appendf(nil, `{"name":%q}`, name))
		}
		first := ada.in(t).get("/me").Header.Get("ETag")
		second := put("one", first).expect(200).Header.Get("ETag")
		put("stale tab", first).problem(412, "PreconditionFailed")
		put("two", second).expect(200)
	})
	t.Run("CORS", func(t *testing.T) {
		origin := s.in(t).allowedOrigin()
		a := ada.in(t).request("OPTIONS", "/me", http.Header{
			"Origin":                         {origin},
			"Access-Control-Request-Method":  {"PUT"},
			"Access-Control-Request-Headers": {"if-match"},
		}, nil).expect(204)
		if !strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "if-match") {
			t.Errorf("preflight: %v", a.Header)
		}
		for path, status := range map[string]int{"/me": 200, "/nothing": 404} {
			a := ada.in(t).request("GET", path, http.Header{"Origin": {origin}}, nil).expect(status)
			exposed := a.Header.Get("Access-Control-Expose-Headers")
			for _, name := range []string{"x-request-id", "etag", "allow", "retry-after"} {
				if !strings.Contains(","+exposed+",", ","+name+",") {
					t.Errorf("%s: %s is not exposed: %s", path, name, exposed)
				}
			}
		}
	})
}

// in returns the same caller for a subtest.
func (c *caller) in(t *testing.T) *caller { return &caller{c.s.in(t), c.token} }

// allowedOrigin is the first origin in the template's CorsOrigins.
func (s *system) allowedOrigin() string {
	s.t.Helper()
	b, err := os.ReadFile("../template.yaml")
	if err != nil {
		s.t.Fatal(err)
	}
	_, parameter, _ := strings.Cut(string(b), "\n  CorsOrigins:")
	_, value, ok := strings.Cut(parameter, "Default: ")
	if !ok {
		s.t.Fatal("the template has no CorsOrigins")
	}
	value, _, _ = strings.Cut(value, "\n")
	value, _, _ = strings.Cut(strings.Trim(value, `"'`), ",")
	return value
}

// TestEdge_slowBody: a client that does not send its announced body gets an answer, and the
// connection is closed.
func TestEdge_slowBody(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	never, end := io.Pipe()
	defer end.Close()
	head := "POST /webhooks/shipments HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\nContent-Length: 10"
	res, body := s.raw("POST", head, never)
	if res.StatusCode != 408 || res.Header.Get("Content-Type") != "application/problem+json" || !res.Close {
		t.Errorf("got %d %v %s", res.StatusCode, res.Header, body)
	}
}

// TestContract_examples sends the example of each request of the contract. It replaces only the ids
// of orders and shipments.
func TestContract_examples(t *testing.T) {
	t.Parallel()
	s := up(t, "--data", t.TempDir(), "--carrier", "external")
	ada, olga := s.as("ada"), s.as("olga", "operators")
	doc := openAPI(t)
	example := func(name string) []byte {
		b, err := json.Marshal(doc.Components.Schemas[name].Value.Example)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ada.request("PUT", "/me", nil, example("Profile")).expect(200)
	key, _ := doc.Components.Parameters["IdempotencyKey"].Value.Schema.Value.Example.(string)
	var placed, want map[string]any
	ada.request("POST", "/orders", http.Header{"Idempotency-Key": {key}}, example("PlaceOrder")).expect(202).into(&placed)
	if err := json.Unmarshal(example("PlacedOrder"), &want); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(placed["lines"], placed["total"]) != fmt.Sprint(want["lines"], want["total"]) {
		t.Errorf("placed %v\nthe contract's example has %v", placed, want)
	}
	var product map[string]any
	sku, _ := doc.Components.Schemas["Sku"].Value.Example.(string)
	ada.get("/products/" + sku).expect(200).into(&product)
	for name, p := range doc.Components.Schemas["Product"].Value.Properties {
		if v := p.Value.Example; name != "onHand" && name != "description" && p.Ref == "" && v != product[name] {
			t.Errorf("%s of %s is %v, the contract's example has %v", name, sku, product[name], v)
		}
	}
	category, _ := doc.Components.Schemas["Category"].Value.Example.(string)
	if category != product["category"] {
		t.Errorf("category %v, example %s", product["category"], category)
	}
	id, _ := placed["orderId"].(string)
	var asked struct{ Shipment struct{ ShipmentID string } }
	eventually(t, "the carrier is asked", func() bool {
		ada.get("/orders/" + id).expect(200).into(&asked)
		return asked.Shipment.ShipmentID != ""
	})
	notice := strings.NewReplacer(
		"ord_000sksmeyf00rq2d2yxq4fhqgr", id,
		"shp_000sksmeyf00rq2d2yxq4fhqgr", asked.Shipment.ShipmentID,
	).Replace(string(example("ShipmentNotice")))
	s.notify([]byte(notice)).expect(200)
	corrected := strings.Replace(notice, "SBX0001", "SBX0002", 1)
	s.notify([]byte(corrected)).expect(200)
	s.notify([]byte(notice)).problem(409, "InvalidState")
	end := ada.ended(id)
	if last := end.Timeline[len(end.Timeline)-1]; end.Status != orderflow.Fulfilled {
		t.Errorf("the order ended with %+v", last)
	}
	ada.request("POST", "/orders/"+id+"/cancel", nil, nil).problem(409, "TooLateToCancel")
	olga.request("POST", "/ops/orders/"+id+"/redrive", nil, example("Redrive")).problem(409, "NotRedrivable")
}

// notify sends the carrier's webhook.
func (s *system) notify(body []byte) *answer {
	s.t.Helper()
	signature := orderflow.SignWebhook(s.webhookSecret(), time.Now(), body)
	return (&caller{s: s}).request("POST", "/webhooks/shipments", http.Header{orderflow.SignatureHeader: {signature}}, body)
}

// TestContract_tokens gets a token as the contract describes, checks it with the issuer's keys, and
// uses it.
func TestContract_tokens(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	scheme := openAPI(t).Components.SecuritySchemes["token"].Value
	flow := scheme.Flows.ClientCredentials
	if flow == nil || scheme.Flows.Implicit != nil || scheme.Flows.Password != nil || scheme.Flows.AuthorizationCode != nil {
		t.Fatalf("the contract's flows are not those of the local issuer: %+v", scheme.Flows)
	}
	var configuration struct {
		Issuer  string   `json:"issuer"`
		Keys    string   `json:"jwks_uri"`
		Tokens  string   `json:"token_endpoint"`
		Methods []string `json:"grant_types_supported"`
	}
	s.fetch("GET", s.API+"/.well-known/openid-configuration", nil, &configuration)
	keysPath := "`" + strings.TrimPrefix(configuration.Keys, s.API) + "`"
	if configuration.Tokens != s.API+flow.TokenURL || fmt.Sprint(configuration.Methods) != "[client_credentials]" ||
		!strings.Contains(scheme.Description, keysPath) {
		t.Errorf("the issuer has %+v, the contract %s", configuration, flow.TokenURL)
	}
	var claims, header struct {
		Client string `json:"client_id"`
		Issuer string `json:"iss"`
		Key    string `json:"kid"`
	}
	parts := strings.Split(s.as("ada").token, ".")
	decodePart(t, parts[1], &claims)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {claims.Client}, "sub": {"ada"}}
	for scope := range flow.Scopes {
		form.Set("scope", form.Get("scope")+" "+scope)
	}
	var token struct {
		Token string `json:"access_token"`
	}
	s.fetch("POST", configuration.Tokens, strings.NewReader(form.Encode()), &token)
	(&caller{s: s, token: token.Token}).get("/orders").expect(200)
	(&caller{s: s, token: token.Token}).request("PUT", "/me", nil, []byte(`{}`)).expect(200)
	decodePart(t, strings.Split(token.Token, ".")[0], &header)
	var keys struct {
		Keys []struct{ Kid, Kty, Alg string }
	}
	s.fetch("GET", configuration.Keys, nil, &keys)
	if len(keys.Keys) != 1 || keys.Keys[0].Kid != header.Key || keys.Keys[0].Alg != "RS256" ||
		claims.Issuer != configuration.Issuer {
		t.Errorf("keys %+v for a token of key %s; issuer %s, token %s", keys, header.Key, configuration.Issuer, claims.Issuer)
	}
}

func (s *system) fetch(method, target string, form io.Reader, into any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, target, form)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		s.t.Fatalf("%s %s: %d %s, %v", method, target, res.StatusCode, b, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		s.t.Fatal(err)
	}
}

func decodePart(t *testing.T, part string, into any) {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
