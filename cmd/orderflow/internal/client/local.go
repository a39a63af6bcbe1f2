package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// LocalHeader is set in the few requests that AWS has no counterpart for. A local system answers them under /_local/ beside the API, to this machine alone.
// No web page has business with them: not even the origins that may call the API are served, and a browser lets no page set the header unasked.
const LocalHeader = "Orderflow-Local"

// AllScopes are the scopes of whoever places and reads orders.
var AllScopes = []string{"orders:read", "orders:write"}

// TokenRequest is the body of POST /_local/token; the answer is {"access_token": JWT}.
type TokenRequest struct {
	Subject   string   `json:"sub"`
	Scopes    []string `json:"scopes"`
	Groups    []string `json:"groups,omitempty"`
	ExpiresIn *int     `json:"expiresIn,omitempty"` // seconds, up to MaxTTL; an hour by default
}

// MaxTTL is how many seconds a token may be valid, as in Cognito.
const MaxTTL = 24 * 60 * 60

// Notification is one message that was published to an SNS topic.
type Notification struct {
	Sequence uint64          `json:"sequence"`
	Topic    string          `json:"topic"` // "notifications" (customers) or "alerts" (operators)
	At       time.Time       `json:"at"`
	Subject  string          `json:"subject,omitempty"`
	Message  json.RawMessage `json:"message"`
}

// Mint asks a local system for an access token.
func (c *Client) Mint(ctx context.Context, r TokenRequest) (string, error) {
	body, err := c.Do(ctx, http.MethodPost, "/_local/token", http.Header{LocalHeader: {"1"}}, r)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	return out.Token, nil
}

// SetOutage raises or lifts the outage of a local system's payment provider.
func (c *Client) SetOutage(ctx context.Context, lifted bool) error {
	_, err := c.Do(ctx, http.MethodPut, "/_local/outage", http.Header{LocalHeader: {"1"}}, map[string]bool{"lifted": lifted})
	return err
}
