package issuer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newIssuer(t *testing.T, st *store.Store) *Issuer {
	t.Helper()
	if st == nil {
		var err error
		if st, err = store.Open("", store.Options{InMemory: true}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	i, err := New(st, clockwork.NewFakeClockAt(epoch),
		Options{URL: "http://127.0.0.1:8080", Clients: []string{"storefront"}, NewID: func() string { return "id-1" }})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *Issuer) parse(t *testing.T, token string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithTimeFunc(func() time.Time { return epoch })).ParseWithClaims(token, claims,
		func(*jwt.Token) (any, error) { return &i.key.PublicKey, nil })
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestIssuer_MintIsCognitoShaped(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, nil)
	token, err := i.Mint(Claims{Subject: "u1", ClientID: "storefront", Scopes: []string{"orders:read"},
		Groups: []string{"operators"}, TTL: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(i.parse(t, token))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"auth_time":1795348800,"client_id":"storefront","cognito:groups":["operators"],"exp":1795349400,` +
		`"iat":1795348800,"iss":"http://127.0.0.1:8080",` +
		`"jti":"id-1","origin_jti":"id-1","scope":"orders:read","sub":"u1","token_use":"access","username":"u1","version":2}`
	if string(got) != want {
		t.Errorf("claims %s, want %s", got, want)
	}
	for _, c := range []Claims{{}, {Subject: "u", TTL: 25 * time.Hour}, {Subject: "u", TTL: -1}} {
		if _, err := i.Mint(c); err == nil {
			t.Errorf("Mint(%+v) made a token", c)
		}
	}
}

func TestIssuer_KeySurvivesRestart(t *testing.T) {
	t.Parallel()
	st, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	first := newIssuer(t, st)
	token, err := first.Mint(Claims{Subject: "u1"})
	if err != nil {
		t.Fatal(err)
	}
	second := newIssuer(t, st)
	if second.parse(t, token)["sub"] != "u1" || second.kid != first.kid {
		t.Error("a token from before the restart is not valid after it")
	}
}

func TestIssuer_Discovery(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, nil)
	for path, want := range map[string]string{
		"/.well-known/openid-configuration": `"jwks_uri":"http://127.0.0.1:8080/.well-known/jwks.json"`,
		"/.well-known/jwks.json":            `"kid":"` + i.kid + `"`,
	} {
		w := httptest.NewRecorder()
		i.Handler("http://127.0.0.1:8080").ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestIssuer_TokenEndpoint(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, nil)
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {"storefront"}, "sub": {"u1"},
		"scope": {"orders:read orders:write"}, "groups": {"operators"}, "expires_in": {"60"}}
	for _, tt := range []struct {
		name   string
		change func(*http.Request, url.Values)
		status int
	}{
		{"good", func(*http.Request, url.Values) {}, 200},
		{"another machine", func(r *http.Request, _ url.Values) { r.RemoteAddr = "192.0.2.1:99" }, 403},
		{"a web page", func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"a rebound name", func(r *http.Request, _ url.Values) { r.Host = "evil.example" }, 403},
		{"another grant", func(_ *http.Request, f url.Values) { f.Set("grant_type", "password") }, 400},
		{"unknown client", func(_ *http.Request, f url.Values) { f.Set("client_id", "x") }, 400},
		{"two grants", func(_ *http.Request, f url.Values) { f.Add("grant_type", "client_credentials") }, 400},
		{"another method", func(r *http.Request, _ url.Values) { r.Method = "GET" }, 405},
		{"bad lifetime", func(_ *http.Request, f url.Values) { f.Set("expires_in", "100000") }, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := url.Values{}
			for k, v := range good {
				form[k] = append([]string(nil), v...)
			}
			r := httptest.NewRequest("POST", "http://127.0.0.1:8080/oauth2/token", nil)
			r.RemoteAddr = "127.0.0.1:1234"
			tt.change(r, form)
			r.PostForm, r.Form = form, form
			w := httptest.NewRecorder()
			i.Handler("http://127.0.0.1:8080").ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if tt.name == "unknown client" && !strings.Contains(w.Body.String(), "storefront") {
				t.Errorf("the answer does not list the clients: %s", w.Body)
			}
			if tt.status != 200 {
				return
			}
			var out struct {
				Token     string `json:"access_token"`
				ExpiresIn int    `json:"expires_in"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
			if c := i.parse(t, out.Token); c["sub"] != "u1" || c["scope"] != "orders:read orders:write" ||
				out.ExpiresIn != 60 {
				t.Errorf("claims %v, expires in %d", c, out.ExpiresIn)
			}
		})
	}
}
