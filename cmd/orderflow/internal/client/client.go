// Package client calls an Orderflow API, and the local routes beside it.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// Client calls an Orderflow API.
type Client struct {
	base, token string
	http        *http.Client
}

// New returns a client of the API at base; token may be empty.
func New(base, token string) *Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 128
	t.MaxConnsPerHost = max(store.Descriptors()/8, 8)
	return &Client{base: strings.TrimSuffix(base, "/"), token: token,
		http: &http.Client{Transport: t, Timeout: 35 * time.Second}}
}

// WithToken returns a client of the same API with another token.
func (c *Client) WithToken(token string) *Client { return &Client{c.base, token, c.http} }

// Problem is a problem of RFC 9457.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Errors []struct {
		Pointer   string `json:"pointer"`   // into the body
		Parameter string `json:"parameter"` // the name of a query parameter
		Detail    string `json:"detail"`
	} `json:"errors,omitempty"`
}

// Error implements error.
func (p *Problem) Error() string {
	s := fmt.Sprintf("%d %s", p.Status, p.Code)
	if p.Code == "" {
		s = fmt.Sprintf("%d %s", p.Status, p.Title)
	}
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	for _, e := range p.Errors {
		s += fmt.Sprintf("\n  %s: %s", cmp.Or(e.Parameter, e.Pointer, "body"), e.Detail)
	}
	return s
}

// Do sends one request and returns the body of a 2xx answer. Any other answer is returned as a
// *Problem. A nil body sends none.
func (c *Client) Do(ctx context.Context, method, path string, header http.Header, body any) (json.RawMessage, error) {
	var in io.Reader
	if body != nil {
		raw, ok := body.([]byte)
		if !ok {
			var err error
			if raw, err = json.Marshal(body); err != nil {
				return nil, fmt.Errorf("marshal request: %w", err)
			}
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil && ctx.Err() != nil { // the caller stopped waiting: this is no error of the system
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w (is the system running? `orderflow up` starts it)", err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode/100 == 2 {
		return out, nil
	}
	p := &Problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode)}
	if err := json.Unmarshal(out, p); err != nil {
		p.Detail = string(out)
	}
	return nil, p
}

// Get decodes the answer for path into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	body, err := c.Do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// Place places an order under an idempotency key and returns the answer.
func (c *Client) Place(ctx context.Context, key string, request []byte) (Placed, error) {
	var p Placed
	body, err := c.Do(ctx, http.MethodPost, "/orders", http.Header{"Idempotency-Key": {key}}, request)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fmt.Errorf("POST /orders: %w", err)
	}
	return p, nil
}

// Act performs an operator's action on an order, with a reason.
func (c *Client) Act(ctx context.Context, id, action, reason string) (json.RawMessage, error) {
	return c.Do(ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(id)+"/"+action, nil,
		map[string]string{"reason": reason})
}

// Review decides about an order in review: approve or refuse. A reason of "" is left out.
func (c *Client) Review(ctx context.Context, id, decision, reason string) (json.RawMessage, error) {
	body := map[string]string{"decision": decision}
	if reason != "" {
		body["reason"] = reason
	}
	return c.Do(ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(id)+"/review", nil, body)
}

// Operators is the group of operators.
const Operators = "operators"
