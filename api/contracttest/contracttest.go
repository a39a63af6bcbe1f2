// Package contracttest checks the answers of an HTTP API against its OpenAPI contract, with another
// implementation of OpenAPI. Tests put it between themselves and the API, so that every answer of
// every test is checked.
package contracttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Checker checks answers against a contract. It is safe for concurrent use.
type Checker struct {
	doc    *openapi3.T
	router routers.Router
}

// unlisted are the statuses that any request may get and that only the default response of an
// operation covers.
var unlisted = []int{
	http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
	http.StatusRequestEntityTooLarge, http.StatusRequestHeaderFieldsTooLarge, http.StatusNotImplemented,
	http.StatusHTTPVersionNotSupported,
}

// New reads an OpenAPI 3.0 document.
func New(document []byte) (*Checker, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	return &Checker{doc: doc, router: router}, nil
}

// Check returns an error that describes how an answer breaks the contract, or nil.
func (c *Checker) Check(r *http.Request, status int, header http.Header, body []byte) error {
	err := errors.Join(c.checkHeaders(r, status, header, body), c.checkAnswer(r, status, header, body))
	if err != nil {
		return fmt.Errorf("%s %s: the answer %d breaks the contract: %w\n%v\n%s", r.Method, r.URL, status, err,
			header, body)
	}
	return nil
}

// checkHeaders checks the headers that every answer with a given status needs.
func (c *Checker) checkHeaders(r *http.Request, status int, header http.Header, body []byte) error {
	need := func(names ...string) error {
		for _, n := range names {
			if header.Get(n) == "" {
				return fmt.Errorf("the header %s is missing", n)
			}
		}
		return nil
	}
	switch {
	case status == http.StatusUnauthorized:
		return need("WWW-Authenticate")
	case status == http.StatusMethodNotAllowed:
		return need("Allow")
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return need("Retry-After")
	case r.Method == http.MethodOptions && status == http.StatusNoContent &&
		header.Get("Access-Control-Allow-Methods") == "":
		return need("Allow")
	case r.Method == http.MethodHead && len(body) > 0:
		return errors.New("the answer to HEAD has a body")
	}
	return nil
}

func (c *Checker) checkAnswer(r *http.Request, status int, header http.Header, body []byte) error {
	if r.Method == http.MethodHead { // the answer to HEAD is that to GET without its body
		get := r.Clone(r.Context())
		get.Method = http.MethodGet
		if route, _ := c.find(get); route != nil {
			return listed(route, status)
		}
		return listed(nil, status)
	}
	if r.Method == http.MethodOptions && status == http.StatusNoContent && len(body) == 0 {
		return nil
	}
	route, params := c.find(r)
	if err := listed(route, status); err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		return c.checkProblem(status, header, body)
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 status, Header: header, Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	if media, _, _ := mime.ParseMediaType(header.Get("Content-Type")); media == "text/html" || media == "application/yaml" {
		in.Options.ExcludeResponseBody = true // a page, and the contract itself
		if route.Operation.Responses.Status(status).Value.Content.Get(media) == nil {
			return fmt.Errorf("the contract does not list the media type %s", media)
		}
	}
	return openapi3filter.ValidateResponse(context.WithoutCancel(r.Context()), in.SetBodyBytes(body))
}

// find returns the operation that a request is for, or nil. The router ignores trailing slashes.
func (c *Checker) find(r *http.Request) (*routers.Route, map[string]string) {
	if strings.HasSuffix(r.URL.Path, "/") || strings.Contains(r.URL.Path, "//") {
		return nil, nil
	}
	here := r.Clone(r.Context()) // the contract's server is /, on any host
	here.URL.Scheme, here.URL.Host = "", ""
	route, params, err := c.router.FindRoute(here)
	if err != nil {
		return nil, nil
	}
	return route, params
}

// listed checks that the contract lists a status for an operation. A request without an operation
// must be refused.
func listed(route *routers.Route, status int) error {
	if slices.Contains(unlisted, status) {
		return nil
	}
	if route == nil {
		if status >= http.StatusBadRequest && status < http.StatusInternalServerError ||
			status == http.StatusServiceUnavailable {
			return nil
		}
		return errors.New("the contract has no such operation")
	}
	if route.Operation.Responses.Status(status) == nil {
		return fmt.Errorf("%s lists %v", route.Operation.OperationID,
			slices.Sorted(maps.Keys(route.Operation.Responses.Map())))
	}
	return nil
}

// checkProblem checks a failure: it is a problem with this status, or an answer of the gateway.
func (c *Checker) checkProblem(status int, header http.Header, body []byte) error {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("Content-Type: %w", err)
	}
	content := c.doc.Components.Responses["Refused"].Value.Content.Get(media)
	if content == nil {
		return fmt.Errorf("the media type of a failure is %s", media)
	}
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("the body of a failure is not JSON: %w", err)
	}
	if err := content.Schema.Value.VisitJSON(value); err != nil {
		return err
	}
	if stated, given := value["status"]; given && fmt.Sprint(stated) != strconv.Itoa(status) {
		return fmt.Errorf("the problem's status is %v", stated)
	}
	return nil
}

// Transport returns a transport that checks the answers to the requests for which concerns reports
// true, and reports those that break the contract.
func (c *Checker) Transport(
	base http.RoundTripper, concerns func(*http.Request) bool, report func(error),
) http.RoundTripper {
	return transport{checker: c, base: base, concerns: concerns, report: report}
}

type transport struct {
	checker  *Checker
	base     http.RoundTripper
	concerns func(*http.Request) bool
	report   func(error)
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.base.RoundTrip(r)
	if err != nil || !t.concerns(r) {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	res.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if err := t.checker.Check(r, res.StatusCode, res.Header, body); err != nil {
		t.report(err)
	}
	return res, nil
}
