package system

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/store"
)

// operation is an operation of the contract, with paths of objects that exist.
type operation struct {
	id, method, path string
	token, signature bool // what it needs; neither: it is public
	scopes           []string
	operators        bool // only for operators
	owned            bool // of one customer's order
	lacking          bool // also of a refund, a return, a mail or a message, which does not exist
	body             string
}

// bodies are bodies of operations that look at the body before the order or the signature.
var bodies = map[string]string{
	"GivePaymentMethod": `{"paymentMethod":"pm_card_visa"}`,
	"RequestReturn":     `{"lines":[{"sku":"clock-wall-oak","quantity":1}],"reason":"too large"}`,
	"ShipmentWebhook":   `{"shipmentId":"shp_000sksmeyf00rq2d2yxq4fhqgr","result":"dispatched"}`,
}

// operations lists the contract's operations, with the given order in their paths.
func operations(t *testing.T, orderID, jobID string) []operation {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../../../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []operation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o := operation{id: op.OperationID, method: method, body: bodies[op.OperationID],
				operators: strings.HasPrefix(path, "/ops/"), owned: strings.HasPrefix(path, "/orders/{orderId}"),
				lacking: strings.Contains(path, "{refundId}") || strings.Contains(path, "{returnId}") || strings.Contains(path, "{mail}") || strings.Contains(path, "{messageId}")}
			needs := doc.Security
			if op.Security != nil {
				needs = *op.Security
			}
			for _, need := range needs {
				scopes, token := need["token"]
				_, signature := need["signature"]
				o.token, o.signature, o.scopes = o.token || token, o.signature || signature, append(o.scopes, scopes...)
			}
			o.path = strings.NewReplacer("{orderId}", orderID, "{sku}", "clock-wall-oak", "{jobId}", jobID, "{mail}", "confirmed", "{queue}", "start-dead-letters", "{messageId}", "m-1", "{refundId}",
				"rfd_000sksmeyf00rq2d2yxq4fhqgr", "{returnId}", "rtn_000sksmeyf00rq2d2yxq4fhqgr").Replace(path)
			if strings.Contains(o.path, "{") {
				t.Fatalf("%s: unknown parameter", o.path)
			}
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return strings.Compare(a.id, b.id) })
	if len(out) < 25 {
		t.Fatalf("%d operations", len(out))
	}
	return out
}

// TestAuthorization calls every operation of the contract with every kind of token. An operation
// that the contract gains is part of it.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := issuersKey(t, dir)
	s, err := Start(t.Context(), Options{Addr: AnyPort, AWSAddr: AnyPort, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	mint := func(subject string, groups ...string) string {
		t.Helper()
		token, err := client.New(s.API, "").Mint(t.Context(), client.TokenRequest{
			Subject: subject, Groups: groups, Scopes: []string{"orders:read", "orders:write"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ada, ben, olga := mint("ada"), mint("ben"), mint("olga", "operators")
	forge := func(token string, method jwt.SigningMethod, key any, changes jwt.MapClaims) string {
		t.Helper()
		parsed, claims := new(jwt.Token), jwt.MapClaims{}
		if parsed, _, err = jwt.NewParser().ParseUnverified(token, claims); err != nil {
			t.Fatal(err)
		}
		maps.Copy(claims, changes)
		forged := jwt.NewWithClaims(method, claims)
		forged.Header["kid"] = parsed.Header["kid"]
		signed, err := forged.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	changed := func(token string, changes jwt.MapClaims) string {
		return forge(token, jwt.SigningMethodRS256, key, changes)
	}
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Minute).Unix()
	bad := map[string]string{
		"none":                  "",
		"not a token":           "x",
		"expired":               changed(olga, jwt.MapClaims{"exp": past}),
		"an ID token":           changed(olga, jwt.MapClaims{"token_use": "id", "aud": s.Stack.ClientID("UserPoolClient")}),
		"of another issuer":     changed(olga, jwt.MapClaims{"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"}),
		"of another client":     changed(olga, jwt.MapClaims{"client_id": "other"}),
		"signed with none":      forge(olga, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"signed with HMAC":      forge(olga, jwt.SigningMethodHS256, x509.MarshalPKCS1PublicKey(&key.PublicKey), nil),
		"signed by another key": forge(olga, jwt.SigningMethodRS256, foreign, nil),
	}
	call := func(o operation, token string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), o.method, s.API+o.path, strings.NewReader(o.body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		if o.body != "" {
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Idempotency-Key", rand.Text())
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	for _, o := range operations(t, placed(t, s.API, ada), startedJob(t, s.API, olga)) {
		t.Run(o.id, func(t *testing.T) {
			expect := func(kind, token string, ok func(int) bool) {
				t.Helper()
				if got := call(o, token); !ok(got) {
					t.Errorf("%s: %s %s answers %d", kind, o.method, o.path, got)
				}
			}
			is := func(want int) func(int) bool { return func(got int) bool { return got == want } }
			// admitted: the request is judged by its content
			admitted := func(got int) bool {
				return got != http.StatusUnauthorized && got != http.StatusForbidden && got < 500 &&
					(got != http.StatusNotFound || o.lacking)
			}
			for kind, token := range bad {
				switch {
				case o.token || o.signature:
					expect("a token: "+kind, token, is(http.StatusUnauthorized))
				default:
					expect("a token: "+kind, token, admitted)
				}
			}
			if o.signature {
				expect("an operator's token", olga, is(http.StatusUnauthorized))
				return
			}
			if !o.token {
				return
			}
			if len(o.scopes) > 0 {
				other := map[string]string{"orders:read": "orders:write", "orders:write": "orders:read"}[o.scopes[0]]
				expect("another scope", changed(olga, jwt.MapClaims{"scope": other}), is(http.StatusForbidden))
				expect("no scope", changed(olga, jwt.MapClaims{"scope": ""}), is(http.StatusForbidden))
			}
			if o.operators {
				expect("a customer", ada, is(http.StatusForbidden))
				expect("a group with such a name", changed(ada, jwt.MapClaims{"cognito:groups": []string{"operators-of-others"}}),
					is(http.StatusForbidden))
				expect("an operator", olga, admitted)
				return
			}
			if o.owned {
				expect("another customer", ben, is(http.StatusNotFound))
				expect("an operator, of a customer's order", olga, is(http.StatusNotFound))
			}
			expect("a customer", ada, admitted)
		})
	}
}

// placed returns the id of an order of the first example.
func placed(t *testing.T, api, token string) string {
	t.Helper()
	example, err := os.ReadFile("../../../../examples/orders/01-plain.json")
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Request json.RawMessage `json:"request"`
	}
	if err := json.Unmarshal(example, &e); err != nil {
		t.Fatal(err)
	}
	o, err := client.New(api, token).Place(t.Context(), rand.Text(), e.Request)
	if err != nil {
		t.Fatal(err)
	}
	return o.OrderID
}

// startedJob starts a job and returns its id.
func startedJob(t *testing.T, api, token string) string {
	t.Helper()
	header := http.Header{"Idempotency-Key": {rand.Text()}}
	body := json.RawMessage(`{"action":"redrive","reason":"test","attention":true}`)
	answer, err := client.New(api, token).Do(t.Context(), http.MethodPost, "/ops/jobs", header, body)
	if err != nil {
		t.Fatal(err)
	}
	var j struct{ JobID string }
	if err := json.Unmarshal(answer, &j); err != nil {
		t.Fatal(err)
	}
	return j.JobID
}

// issuersKey makes the key of a data folder's issuer.
func issuersKey(t *testing.T, dir string) *rsa.PrivateKey {
	t.Helper()
	st, err := store.Open(filepath.Join(dir, "store"), store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issuer.New(st, clockwork.NewRealClock(), issuer.Options{URL: "http://issuer.test"}); err != nil {
		t.Fatal(err)
	}
	saved, err := st.Get(store.NewKey("issuer", "key"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(saved)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}
