package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// Caller is the caller of a request as its access token names it. The edge has verified the token's
// signature, issuer, audience and expiry.
type Caller struct {
	Subject  string // the customer's or operator's id
	ClientID string // the application
	Scopes   []string
	Groups   []string
	TokenUse string // "access" or "id"
}

type callerKey struct{}

// WithCaller returns a context in which c makes the request.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerOf(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// CallerFromClaims returns the caller that the claims of an API Gateway JWT authorizer name. All
// claims are strings: scopes are separated by blanks, lists are written "[a b]". Cognito writes a
// scope of a resource server as "server/scope"; the server is left out.
func CallerFromClaims(claims map[string]string) Caller {
	c := Caller{
		Subject:  claims["sub"],
		ClientID: claims["client_id"],
		TokenUse: claims["token_use"],
		Groups:   claimList(claims["cognito:groups"]),
	}
	for _, scope := range strings.Fields(claims["scope"]) {
		c.Scopes = append(c.Scopes, scope[strings.LastIndexByte(scope, '/')+1:])
	}
	return c
}

// claimList parses "[a b]", "a,b" and "[\"a\",\"b\"]".
func claimList(claim string) []string {
	var list []string
	if json.Unmarshal([]byte(claim), &list) == nil {
		return list
	}
	claim = strings.TrimSuffix(strings.TrimPrefix(claim, "["), "]")
	return strings.FieldsFunc(claim, func(r rune) bool { return r == ' ' || r == ',' })
}

// authorise checks that the caller may use the route, and sets r.caller.
func (r *request) authorise() error {
	if r.route.public {
		return nil
	}
	caller, ok := callerOf(r.Context())
	if !ok || caller.Subject == "" {
		return unauthenticated("", "an access token is needed")
	}
	if caller.TokenUse != "access" {
		return unauthenticated(`, error="invalid_token", error_description="not an access token"`,
			"the token is not an access token")
	}
	for _, scope := range r.route.scopes {
		if !slices.Contains(caller.Scopes, scope) {
			all := strings.Join(r.route.scopes, " ")
			return forbidden(codeInsufficientScope, `, error="insufficient_scope", scope="`+all+`"`,
				"the token needs the scope "+all)
		}
	}
	if r.route.group != "" && !slices.Contains(caller.Groups, r.route.group) {
		return forbidden(codeOperatorsOnly, `, error="insufficient_scope"`, "the caller is not in the group "+r.route.group)
	}
	r.caller = caller
	return nil
}

func unauthenticated(challenge, detail string) error {
	return &refusal{code: codeUnauthenticated, detail: detail, header: bearer(challenge)}
}

func forbidden(code orderflow.Code, challenge, detail string) error {
	return &refusal{code: code, detail: detail, header: bearer(challenge)}
}

// bearer returns a header that asks for an access token, with more parameters of the challenge.
func bearer(challenge string) http.Header {
	return http.Header{"Www-Authenticate": {`Bearer realm="orderflow"` + challenge}}
}
