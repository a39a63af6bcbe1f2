package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// LocalHeader marks the few requests that have no counterpart on AWS. A local system answers them
// under /_local/ beside the API, to this machine only. Web pages cannot use them: no origin is
// allowed there, not even those that may call the API, and a browser does not let a page set the
// header unasked.
const LocalHeader = "Orderflow-Local"

// AllScopes are the scopes for placing and reading orders.
var AllScopes = []string{"orders:read", "orders:write"}

// TokenRequest is the body of POST /_local/token. The answer is {"access_token": JWT}.
type TokenRequest struct {
	Subject   string   `json:"sub"`
	Scopes    []string `json:"scopes"`
	Groups    []string `json:"groups,omitempty"`
	ExpiresIn *int     `json:"expiresIn,omitempty"` // seconds, up to MaxTTL; default one hour
}

// MaxTTL is the longest validity of a token in seconds, as in Cognito.
const MaxTTL = 24 * 60 * 60

// Notification is a message that was published to an SNS topic.
type Notification struct {
	Sequence uint64          `json:"sequence"`
	Topic    string          `json:"topic"` // "notifications" (customers) or "alerts" (operators)
	At       time.Time       `json:"at"`
	Subject  string          `json:"subject,omitempty"`
	Message  json.RawMessage `json:"message"`
}

// Mail is a mail that a local system has sent to its mailbox.
type Mail struct {
	Sequence uint64    `json:"sequence"`
	At       time.Time `json:"at"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Subject  string    `json:"subject"`
	Text     string    `json:"text"`
	OrderID  string    `json:"orderId,omitempty"`
	Name     string    `json:"name,omitempty"` // of the order's mail
}

// MailboxPath is the page of the mails that a local system has sent.
const MailboxPath = "/_local/mailbox"

// Mails returns the mails that a local system has sent, oldest first: all, or those to the customer of
// an order.
func (c *Client) Mails(ctx context.Context, orderID string) ([]Mail, error) {
	path := "/_local/mails"
	if orderID != "" {
		path += "?" + url.Values{"order": {orderID}}.Encode()
	}
	body, err := c.Do(ctx, http.MethodGet, path, http.Header{LocalHeader: {"1"}}, nil)
	if err != nil {
		return nil, err
	}
	var mails []Mail
	if err := json.Unmarshal(body, &mails); err != nil {
		return nil, fmt.Errorf("read mails: %w", err)
	}
	return mails, nil
}

// Mint returns an access token of a local system.
func (c *Client) Mint(ctx context.Context, r TokenRequest) (string, error) {
	body, err := c.Do(ctx, http.MethodPost, "/_local/token", http.Header{LocalHeader: {"1"}}, r)
	if err != nil {
		return "", fmt.Errorf("get token: %w", err)
	}
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return "", fmt.Errorf("get token: %w", err)
	}
	return out.Token, nil
}

// Confirm acts as the customer who confirms a payment of a local system's payment provider, or fails
// to.
func (c *Client) Confirm(ctx context.Context, clientSecret string, succeeds bool) error {
	_, err := c.Do(ctx, http.MethodPost, "/_local/confirmation", http.Header{LocalHeader: {"1"}},
		map[string]any{"clientSecret": clientSecret, "succeeds": succeeds})
	return err
}

// SetOutage starts or ends the outage of a local system's payment provider.
func (c *Client) SetOutage(ctx context.Context, lifted bool) error {
	_, err := c.Do(ctx, http.MethodPut, "/_local/outage", http.Header{LocalHeader: {"1"}},
		map[string]bool{"lifted": lifted})
	return err
}
