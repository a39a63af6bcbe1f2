package issuer

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// JWKS returns the key set as JSON, for authorizers of the same process (gateway.JWKS).
func (i *Issuer) JWKS(context.Context) ([]byte, error) {
	body, err := json.Marshal(i.keySet())
	if err != nil {
		return nil, fmt.Errorf("marshal key set: %w", err)
	}
	return body, nil
}

// The paths that Handler serves.
const (
	ConfigurationPath = "/.well-known/openid-configuration"
	KeysPath          = "/.well-known/jwks.json"
	TokenPath         = "/oauth2/token"
)

// Handler serves GET ConfigurationPath, GET KeysPath and POST TokenPath at the URL base. The base
// is not the issuer's name: tokens name the user pool that they stand for.
//
// The token endpoint takes the form of OAuth's client_credentials grant with members of our own:
// sub (or username), groups. It requires no secret, so it serves this machine only: requests from a
// loopback peer to a loopback host, and not from a web page's script (no Origin).
func (i *Issuer) Handler(base string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ConfigurationPath, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": i.opt.URL, "jwks_uri": base + KeysPath, "token_endpoint": base + TokenPath,
			"response_types_supported": []string{"token"}, "grant_types_supported": []string{"client_credentials"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
			"token_endpoint_auth_methods_supported": []string{"none"},
		})
	})
	mux.HandleFunc("GET "+KeysPath, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, i.keySet())
	})
	mux.HandleFunc("POST "+TokenPath, i.token)
	for path, allow := range map[string]string{ConfigurationPath: "GET, HEAD", KeysPath: "GET, HEAD", TokenPath: "POST"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", allow)
			writeError(w, http.StatusMethodNotAllowed, "invalid_request", "allowed methods: "+allow)
		})
	}
	return mux
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !fromThisMachine(r) {
		writeError(w, http.StatusForbidden, "access_denied", "tokens are given to this machine alone")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", "the form could not be read")
		return
	}
	f := r.PostForm
	for name, values := range f {
		if len(values) > 1 {
			writeError(w, http.StatusBadRequest, "invalid_request", name+" is given more than once")
			return
		}
	}
	if g := f.Get("grant_type"); g != "client_credentials" {
		writeError(w, http.StatusBadRequest, "unsupported_grant_type", "grant_type must be client_credentials")
		return
	}
	client := f.Get("client_id")
	if client == "" || len(i.opt.Clients) > 0 && !slices.Contains(i.opt.Clients, client) {
		writeError(w, http.StatusBadRequest, "invalid_client",
			"client_id is not a client of this issuer: "+strings.Join(i.opt.Clients, ", "))
		return
	}
	i.grant(w, f, client)
}

func (i *Issuer) grant(w http.ResponseWriter, f url.Values, client string) {
	c := Claims{Subject: f.Get("sub"), Username: f.Get("username"), ClientID: client,
		Scopes: strings.Fields(f.Get("scope")), Groups: strings.Fields(f.Get("groups")), TTL: DefaultTTL}
	if c.Subject == "" {
		c.Subject = client // as in Cognito's client credentials grant
	}
	if v := f.Get("expires_in"); v != "" {
		ttl, err := time.ParseDuration(v + "s")
		if err != nil || ttl < time.Second || ttl > maxTTL {
			writeError(w, http.StatusBadRequest, "invalid_request", "expires_in must be seconds, at most a day")
			return
		}
		c.TTL = ttl
	}
	token, err := i.Mint(c)
	if err != nil {
		writeError(w, http.StatusInternalServerError, "server_error", err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer",
		"expires_in": int(c.TTL / time.Second)})
}

// fromThisMachine also refuses web pages: a foreign page's form has its Origin, and a name that is
// rebound to 127.0.0.1 shows in Host.
func fromThisMachine(r *http.Request) bool {
	return r.Header.Get("Origin") == "" && isLoopback(r.RemoteAddr) && isLoopback(r.Host)
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func writeError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
