package gateway

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
)

func TestAuthorizer_AcceptsIssuersTokens(t *testing.T) {
	t.Parallel()
	g, s := newGateway(t, `{}`, func(s *setup) {
		s.Routes = []Route{{Key: "GET /a", Function: "f", Authorizer: "jwt", Scopes: []string{"orders:read", "orders:admin"}}}
	})
	token, err := s.issuer.Mint(issuer.Claims{Subject: "u1", ClientID: "storefront",
		Scopes: []string{"orders:read", "orders:write"}, Groups: []string{"operators", "staff"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bearer " + token, "bearer " + token, token} {
		if r := send(t, g, "GET", "/a", "", "Authorization", header); r.StatusCode != 200 {
			t.Fatalf("status %d: %s %s", r.StatusCode, read(t, r), r.Header.Get("WWW-Authenticate"))
		}
	}
	got := s.last.RequestContext.Authorizer.JWT
	for name, want := range map[string]string{"sub": "u1", "client_id": "storefront",
		"cognito:groups": "[operators staff]", "token_use": "access",
		"scope": "orders:read orders:write", "iss": "http://issuer.test", "exp": "1795352400", "iat": "1795348800",
		"username": "u1", "version": "2"} {
		if got.Claims[name] != want {
			t.Errorf("claim %s = %q, want %q", name, got.Claims[name], want)
		}
	}
	if strings.Join(got.Scopes, " ") != "orders:read orders:write" {
		t.Errorf("scopes %v", got.Scopes)
	}
}

func TestAuthorizer_Refuses(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := jwt.MapClaims{"iss": "http://issuer.test", "client_id": "storefront",
		"exp": epoch.Add(time.Minute).Unix(), "iat": epoch.Unix(), "scope": "orders:read"}
	with := func(name string, value any) jwt.MapClaims {
		c := maps.Clone(good)
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	type token struct {
		name        string
		claims      jwt.MapClaims
		key         any
		method      jwt.SigningMethod
		kid         string
		status      int
		description string
	}
	for _, tt := range []token{
		{name: "good", claims: good, status: 200},
		{name: "aud", claims: with("aud", []string{"x", "storefront"}), status: 200},
		{name: "aud before client_id", claims: with("aud", "x"), status: 401,
			description: "the token does not have a valid audience"},
		{name: "other client", claims: with("client_id", "x"), status: 401,
			description: "the token does not have a valid audience"},
		{name: "no client", claims: with("client_id", nil), status: 401,
			description: "the token does not have a valid audience"},
		{name: "expired", claims: with("exp", epoch.Unix()), status: 401, description: "the token has expired"},
		{name: "no exp", claims: with("exp", nil), status: 401, description: "the token lacks a required claim"},
		{name: "nbf", claims: with("nbf", epoch.Add(time.Second).Unix()), status: 401,
			description: "the token is not valid yet"},
		{name: "iat", claims: with("iat", epoch.Add(time.Second).Unix()), status: 401,
			description: "the token is not valid yet"},
		{name: "issuer", claims: with("iss", "http://other.test"), status: 401,
			description: "the token does not have a valid issuer"},
		{name: "no scope", claims: with("scope", ""), status: 403, description: "the token does not have a required scope"},
		{name: "scp", claims: jwt.MapClaims{"iss": good["iss"], "aud": "storefront", "exp": good["exp"],
			"scp": []string{"orders:read"}}, status: 200},
		{name: "foreign key", claims: good, key: foreign, status: 401, description: "the token's signature is not valid"},
		{name: "unknown kid", claims: good, kid: "k2", status: 401, description: "the token's signature is not valid"},
		{name: "HMAC", claims: good, key: []byte("secret"), method: jwt.SigningMethodHS256, status: 401,
			description: "the token's signature is not valid"},
		{name: "none", claims: good, key: jwt.UnsafeAllowNoneSignatureType, method: jwt.SigningMethodNone,
			status: 401, description: "the token's signature is not valid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, _ := newGateway(t, `{}`, func(s *setup) {
				s.Routes = []Route{{Key: "GET /a", Function: "f", Authorizer: "jwt", Scopes: []string{"orders:read"}}}
				s.Authorizers["jwt"].Keys = func(_ context.Context, kid string) (*rsa.PublicKey, error) {
					if kid != "k1" {
						return nil, errors.New("no key")
					}
					return &key.PublicKey, nil
				}
			})
			if tt.method == nil {
				tt.method = jwt.SigningMethodRS256
			}
			if tt.key == nil {
				tt.key = key
			}
			if tt.kid == "" {
				tt.kid = "k1"
			}
			unsigned := jwt.NewWithClaims(tt.method, tt.claims)
			unsigned.Header["kid"] = tt.kid
			signed, err := unsigned.SignedString(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			r := send(t, g, "GET", "/a", "", "Authorization", "Bearer "+signed)
			challenge, body := r.Header.Get("WWW-Authenticate"), read(t, r)
			if r.StatusCode != tt.status || !strings.Contains(challenge, tt.description) {
				t.Errorf("got %d %s %s, want %d %q", r.StatusCode, challenge, body, tt.status, tt.description)
			}
			if tt.status != 200 {
				checkProblem(t, r.StatusCode, r.Header.Get("Content-Type"), body)
			}
		})
	}
}

func checkProblem(t *testing.T, status int, contentType, body string) {
	t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	if contentType != "application/problem+json" || p.Status != status || p.Type == "" || p.Title == "" ||
		p.Code == "" || p.Detail == "" || p.Message == "" {
		t.Errorf("problem %s %s", contentType, body)
	}
}

func TestAuthorizer_NoToken(t *testing.T) {
	t.Parallel()
	g, s := newGateway(t, `{}`, func(s *setup) { s.Routes = []Route{{Key: "GET /a", Function: "f", Authorizer: "jwt"}} })
	r := send(t, g, "GET", "/a", "")
	body := read(t, r)
	if r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") != "Bearer" ||
		!strings.Contains(body, `"message":"Unauthorized"`) || !strings.Contains(body, `"code":"Unauthenticated"`) {
		t.Errorf("got %d %s %s", r.StatusCode, r.Header.Get("WWW-Authenticate"), body)
	}
	if r := send(t, g, "GET", "/a", "", "Authorization", "Bearer x.y"); r.StatusCode != 401 ||
		!strings.Contains(r.Header.Get("WWW-Authenticate"), "malformed") {
		t.Errorf("malformed token: %d %s", r.StatusCode, r.Header.Get("WWW-Authenticate"))
	}
	if s.last.Version != "" {
		t.Error("a refused request reached the function")
	}
}

func TestJWKS_FetchesOnceAndForNewKeys(t *testing.T) {
	t.Parallel()
	_, s := newGateway(t, `{}`, nil)
	fetched := 0
	keys := JWKS(func(ctx context.Context) ([]byte, error) {
		fetched++
		return s.issuer.JWKS(ctx)
	}, s.clock)
	token, err := s.issuer.Mint(issuer.Claims{Subject: "u"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid := parsed.Header["kid"].(string)
	for range 3 {
		if _, err := keys(t.Context(), kid); err != nil {
			t.Fatal(err)
		}
		if _, err := keys(t.Context(), "other"); err == nil {
			t.Fatal("found a key that does not exist")
		}
	}
	if fetched != 1 {
		t.Errorf("fetched %d times at one moment", fetched)
	}
	s.clock.Advance(time.Minute)
	if _, err := keys(t.Context(), "other"); err == nil || fetched != 2 {
		t.Errorf("an unknown key a minute later: %v, fetched %d times", err, fetched)
	}
	s.clock.Advance(3 * time.Hour)
	if _, err := keys(t.Context(), kid); err != nil || fetched != 3 {
		t.Errorf("after the keys' lifetime: %v, fetched %d times", err, fetched)
	}
}
