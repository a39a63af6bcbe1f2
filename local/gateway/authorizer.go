package gateway

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jonboulle/clockwork"
)

// Authorizer checks JSON web tokens as an HTTP API's JWT authorizer does: an RSA signature by a key
// of the issuer, iss, aud (client_id if the token has no aud), exp, nbf, iat, without leeway, and a
// scope of the route. It does not distinguish an ID token from an access token.
type Authorizer struct {
	Issuer   string
	Audience []string
	// IdentitySource is where the token is: "$request.header.Authorization" by default, or
	// "$request.querystring.NAME".
	IdentitySource string
	// Keys finds the issuer's public key by its id.
	Keys func(ctx context.Context, kid string) (*rsa.PublicKey, error)

	tokens *tokens
	source func(*http.Request) string
}

// authorization is what a function receives of the token: all claims as strings.
type authorization struct {
	Claims map[string]string `json:"claims"`
	Scopes []string          `json:"scopes"` // null if the route requires none
}

func (a *Authorizer) prepare(clock clockwork.Clock) error {
	if a.Issuer == "" || len(a.Audience) == 0 || a.Keys == nil {
		return errors.New("issuer, audience and keys are required")
	}
	kind, name, _ := strings.Cut(strings.TrimPrefix(a.IdentitySource, "$request."), ".")
	switch {
	case a.IdentitySource == "":
		a.source = headerSource("Authorization")
	case kind == "header":
		a.source = headerSource(name)
	case kind == "querystring":
		a.source = func(r *http.Request) string { return r.URL.Query().Get(name) }
	default:
		return fmt.Errorf("identity source %q", a.IdentitySource)
	}
	a.tokens = newTokens(a.Keys, jwt.WithValidMethods([]string{"RS256", "RS384", "RS512"}), jwt.WithJSONNumber(),
		jwt.WithTimeFunc(clock.Now),
		jwt.WithIssuer(a.Issuer), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	return nil
}

// headerSource reads a header. A repeated header is a list, as in a function's event, and so is not
// a token.
func headerSource(name string) func(*http.Request) string {
	return func(r *http.Request) string { return strings.Join(r.Header.Values(name), ",") }
}

func (a *Authorizer) authorize(r *http.Request, scopes []string) (*authorization, *denial) {
	raw := a.source(r)
	if scheme, rest, ok := strings.Cut(raw, " "); ok && strings.EqualFold(scheme, "Bearer") {
		raw = strings.TrimSpace(rest)
	}
	if raw == "" {
		return nil, &denial{status: http.StatusUnauthorized, scopes: scopes, description: "a bearer token is needed"}
	}
	t, err := a.tokens.verify(r.Context(), raw)
	if err != nil {
		return nil, invalidToken(scopes, describe(err))
	}
	if !a.meant(t.claims) {
		return nil, invalidToken(scopes, "the token does not have a valid audience")
	}
	out := &authorization{Claims: t.texts}
	if len(scopes) == 0 {
		return out, nil
	}
	out.Scopes = tokenScopes(t.claims)
	if !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(out.Scopes, s) }) {
		return nil, &denial{status: http.StatusForbidden, scopes: scopes, err: "insufficient_scope",
			description: "the token does not have a required scope"}
	}
	return out, nil
}

// meant reports whether the token is for this API: aud, or client_id if there is no aud, as in
// Cognito's access tokens.
func (a *Authorizer) meant(claims jwt.MapClaims) bool {
	audience, err := claims.GetAudience()
	if err != nil {
		return false
	}
	if _, ok := claims["aud"]; !ok {
		id, _ := claims["client_id"].(string)
		audience = jwt.ClaimStrings{id}
	}
	return slices.ContainsFunc(audience, func(s string) bool { return s != "" && slices.Contains(a.Audience, s) })
}

func describe(err error) string {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "the token has expired"
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return "the token is not valid yet"
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return "the token does not have a valid issuer"
	case errors.Is(err, jwt.ErrTokenMalformed):
		return "the token is malformed"
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return "the token lacks a required claim"
	}
	return "the token's signature is not valid"
}

func tokenScopes(claims jwt.MapClaims) []string {
	for _, name := range []string{"scope", "scp"} {
		switch v := claims[name].(type) {
		case string:
			return strings.Fields(v)
		case []any:
			var list []string
			for _, s := range v {
				list = append(list, claimText(s))
			}
			return list
		}
	}
	return []string{}
}

// claimText is a claim in the form that functions receive: a list becomes "[a b]".
func claimText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return ""
	case []any:
		list := make([]string, len(v))
		for i, e := range v {
			list[i] = claimText(e)
		}
		return "[" + strings.Join(list, " ") + "]"
	}
	return fmt.Sprint(v) // an object: map[a:b]
}

// denial is the reason why a request is not authorized.
type denial struct {
	status           int
	scopes           []string
	err, description string // of RFC 6750; err is empty if there was no token
}

func invalidToken(scopes []string, description string) *denial {
	return &denial{status: http.StatusUnauthorized, scopes: scopes, err: "invalid_token", description: description}
}

func (d *denial) answer() answer {
	message, code := "Unauthorized", "Unauthenticated"
	if d.status == http.StatusForbidden {
		message, code = "Forbidden", "InsufficientScope"
	}
	a := refuse(d.status, message, code, d.description)
	challenge := "Bearer"
	if d.err != "" {
		challenge = fmt.Sprintf("Bearer scope=%q error=%q error_description=%q", strings.Join(d.scopes, " "), d.err,
			d.description)
	}
	a.header.Set("WWW-Authenticate", challenge)
	return a
}
