package api

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// maxBody is the size limit of a body in bytes.
const maxBody = 256 << 10

// request is an authorised request whose parameters satisfy the contract.
type request struct {
	*http.Request
	route  *route
	caller Caller
	values map[string]string // path and query parameters
	body   []byte
}

// replying returns a handler that sends the reply of answer, or refuses the request with its error.
func (s *server) replying(answer func(*http.Request) (*reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := answer(r)
		if err != nil {
			a = s.refuse(r, err)
		}
		a.write(w, r)
	}
}

// noResource refuses a path that is not in the contract. It clears the pattern, because there is no
// route to log.
func noResource(r *http.Request) (*reply, error) {
	r.Pattern = ""
	return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no such resource")
}

// answer serves a request with the operation of its method.
func (s *server) answer(methods methods, r *http.Request) (*reply, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	route := methods[method]
	if route == nil {
		allow := http.Header{"Allow": {methods.allowed()}}
		if method == http.MethodOptions {
			return &reply{status: http.StatusNoContent, header: allow}, nil
		}
		no := refusef(codeMethodNotAllowed, "the methods of %s are %s", r.Pattern, methods.allowed())
		no.header = allow
		return nil, no
	}
	if s.Service != "" && s.Service != route.service {
		return nil, fmt.Errorf("the service %s does not serve %s", s.Service, route.operation)
	}
	req := &request{Request: r, route: route, values: map[string]string{}}
	for _, check := range []func() error{req.authorise, req.readParameters, req.checkBodyHeaders, req.readBody} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return s.audited(req)
}

// readParameters checks the parameters. A path parameter that breaks its schema names no resource:
// 404.
func (r *request) readParameters() error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refusef(codeMalformedRequest, "the query string is malformed")
	}
	var faults []Fault
	for _, p := range r.route.parameters {
		if p.path {
			if r.values[p.name] = r.PathValue(p.name); p.schema.checkText(r.values[p.name]) != "" {
				return orderflow.Errorf(orderflow.CodeNotFound, "there is no such resource")
			}
			continue
		}
		if detail := r.readParameter(p, query[p.name]); detail != "" {
			faults = append(faults, Fault{Parameter: p.name, Detail: detail})
		}
		delete(query, p.name)
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(faults) < maxFaults {
			faults = append(faults, Fault{Parameter: name, Detail: "is not known"})
		}
	}
	return refuseFaults(codeInvalidParameter, faults)
}

// readParameter sets a query parameter from the values given for it. It returns what is wrong with
// them, or "".
func (r *request) readParameter(p parameter, given []string) string {
	switch len(given) {
	case 0:
		r.values[p.name] = p.schema.preset
		return ""
	case 1:
		r.values[p.name] = given[0]
		return p.schema.checkText(given[0])
	}
	return "must be given once"
}

// limit returns the parameter limit, which is already checked.
func (r *request) limit() int {
	n, _ := strconv.Atoi(r.values["limit"]) // cannot fail: its schema was checked
	return n
}

// readBody reads the body of an operation that takes one. It refuses a body for any other
// operation, and also a Content-Encoding without a body. A Content-Type alone is allowed: clients
// such as PowerShell send one with every POST.
func (r *request) readBody() (err error) {
	if r.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
		return refusef(codeMalformedRequest, "the body could not be read")
	}
	if r.route.body == nil && (len(r.body) > 0 || r.Header.Get("Content-Encoding") != "") {
		return refusef(codeMalformedRequest, "%s takes no body", r.route.operation)
	}
	if len(r.body) > maxBody {
		return refusef(codeBodyTooLarge, "the body is larger than %d bytes", maxBody)
	}
	return nil
}

// checkBodyHeaders refuses a body that is not plain application/json in UTF-8. A repeated header
// counts as one list, and a list is not JSON.
func (r *request) checkBodyHeaders() error {
	if r.route.body == nil {
		return nil
	}
	media, params, err := mime.ParseMediaType(strings.Join(r.Header.Values("Content-Type"), ","))
	charset, given := params["charset"]
	if err != nil || media != "application/json" || given && !strings.EqualFold(charset, "utf-8") {
		return refusef(codeUnsupportedMediaType, "send the body as application/json in UTF-8")
	}
	if r.Header.Get("Content-Encoding") != "" {
		no := refusef(codeUnsupportedMediaType, "send the body without a Content-Encoding")
		no.header = http.Header{"Accept-Encoding": {"identity"}}
		return no
	}
	return nil
}

// decode checks the body against the contract and decodes it into v.
func (r *request) decode(v any) error { return decodeBody(r.body, r.route.body, v) }
