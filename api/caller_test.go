package api

import (
	"slices"
	"testing"
)

func TestCallerFromClaims(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		claims map[string]string
		want   Caller
	}{
		{"none", nil, Caller{}},
		{"a customer", map[string]string{"sub": "ada", "client_id": "shop", "token_use": "access",
			"scope": "orders:read orders:write"},
			Caller{Subject: "ada", ClientID: "shop", TokenUse: "access", Scopes: []string{"orders:read", "orders:write"}}},
		{"scopes of a resource server", map[string]string{"scope": "orderflow/orders:read openid"},
			Caller{Scopes: []string{"orders:read", "openid"}}},
		{"a group", map[string]string{"cognito:groups": "[operators]"}, Caller{Groups: []string{"operators"}}},
		{"groups", map[string]string{"cognito:groups": "[operators admins]"},
			Caller{Groups: []string{"operators", "admins"}}},
		{"groups as JSON", map[string]string{"cognito:groups": `["operators","admins"]`},
			Caller{Groups: []string{"operators", "admins"}}},
		{"groups by commas", map[string]string{"cognito:groups": "operators, admins"},
			Caller{Groups: []string{"operators", "admins"}}},
		{"another group", map[string]string{"cognito:groups": "[not-operators]"},
			Caller{Groups: []string{"not-operators"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := CallerFromClaims(tt.claims)
			if got.Subject != tt.want.Subject || got.ClientID != tt.want.ClientID || got.TokenUse != tt.want.TokenUse ||
				!slices.Equal(got.Scopes, tt.want.Scopes) || !slices.Equal(got.Groups, tt.want.Groups) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
