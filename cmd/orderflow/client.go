package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"orderflow/cmd/orderflow/internal/ambient"
	"orderflow/local/guard"
	"orderflow/local/store"
)

// apiOption is the part of the command line that names an API.
type apiOption struct {
	API string `help:"URL of the API." env:"ORDERFLOW_API" default:"http://127.0.0.1:8080" placeholder:"URL"`
}

// Validate refuses what is no URL.
func (o apiOption) Validate() error { return checkURL("--api", o.API) }

// checkURL refuses a value of an option that is no http URL, and says what was meant if only the scheme is missing.
func checkURL(option, value string) error {
	u, err := url.Parse(value)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return nil
	case value != "" && !strings.Contains(value, "/"):
		return fmt.Errorf("%s %s is no URL: write http://%s", option, value, value)
	}
	return fmt.Errorf("%s %q is no URL such as http://127.0.0.1:8080", option, value)
}

// connection is the part of the command line that says which API is meant and who asks.
type connection struct {
	stackOption
	apiOption
	Token string `help:"Access token. Without one, a local system is asked for one." env:"ORDERFLOW_TOKEN" placeholder:"JWT"`
	As    string `help:"Who to be, where a local system gives the token (default: ada; an operator is olga)." env:"ORDERFLOW_AS" placeholder:"NAME"`
}

// Validate refuses what is no URL, unless the stack names one.
func (c connection) Validate() error {
	if c.Stack != "" {
		return nil
	}
	return c.apiOption.Validate()
}

// customer and operator are who the commands are at a local system unless they are told: the same throughout, so that each sees what the others did.
const customer, operator = "ada", "olga"

// client returns a client that speaks as the connection says; group, if not empty, is asked for in a local token.
func (c connection) client(ctx context.Context, groups ...string) (*client, error) {
	if c.Stack != "" {
		var err error
		if c.API, err = ambient.Output(ctx, c.Stack, "ApiUrl"); err != nil {
			return nil, err
		}
	}
	cl := newClient(c.API, c.Token)
	if c.Token != "" {
		return cl, nil
	}
	u, err := url.Parse(c.API)
	if err != nil {
		return nil, fmt.Errorf("--api %s: %w", c.API, err)
	}
	if !guard.IsLoopback(u.Hostname()) {
		return nil, fmt.Errorf("%s needs an access token: --token or ORDERFLOW_TOKEN", c.API)
	}
	subject := c.As
	if subject == "" {
		subject = customer
		if slices.Contains(groups, operators) {
			subject = operator
		}
	}
	cl.token, err = cl.mint(ctx, tokenRequest{Subject: subject, Scopes: allScopes, Groups: groups})
	return cl, err
}

// client calls an Orderflow API.
type client struct {
	base, token string
	http        *http.Client
}

func newClient(base, token string) *client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 128
	t.MaxConnsPerHost = max(store.Descriptors()/8, 8)
	return &client{base: strings.TrimSuffix(base, "/"), token: token, http: &http.Client{Transport: t, Timeout: 35 * time.Second}}
}

// as returns the same client with another token.
func (c *client) as(token string) *client { return &client{c.base, token, c.http} }

// problem is an RFC 9457 answer.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Errors []struct {
		Pointer   string `json:"pointer"`   // into the body
		Parameter string `json:"parameter"` // or a query parameter's name
		Detail    string `json:"detail"`
	} `json:"errors,omitempty"`
}

func (p *problem) Error() string {
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

// do makes one request and returns the body of a 2xx answer; any other answer is a *problem. A nil body sends none.
func (c *client) do(ctx context.Context, method, path string, header http.Header, body any) (json.RawMessage, error) {
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
	if err != nil && ctx.Err() != nil { // the caller waits no longer, which says nothing of the system
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
	p := &problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode)}
	if err := json.Unmarshal(out, p); err != nil {
		p.Detail = string(out)
	}
	return nil, p
}

// get reads path into out.
func (c *client) get(ctx context.Context, path string, out any) error {
	body, err := c.do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// place posts an order under an idempotency key and returns the answer.
func (c *client) place(ctx context.Context, key string, request []byte) (placed, error) {
	var p placed
	body, err := c.do(ctx, http.MethodPost, "/orders", http.Header{"Idempotency-Key": {key}}, request)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fmt.Errorf("POST /orders: %w", err)
	}
	return p, nil
}
