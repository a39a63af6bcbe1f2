package api

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orderflow"
)

// maxBody is the most bytes that a body may have.
const maxBody = 256 << 10

// request is a request that may be served: the caller may make it, and its parameters are as the contract has them.
type request struct {
	*http.Request
	route  *route
	caller Caller
	values map[string]string // path and query parameters
	body   []byte
}

// reply is what a request is answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// dispatch serves a request by its operation.
func (s *server) dispatch(w http.ResponseWriter, r *http.Request) {
	answer, err := s.answer(w, r)
	if err != nil {
		answer = s.refuse(r, err)
	}
	maps.Copy(w.Header(), answer.header)
	if answer.body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer.body)))
	}
	w.WriteHeader(answer.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(answer.body) // the client may have gone; there is nobody left to tell
	}
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) (*reply, error) {
	methods, pattern := s.router.match(r)
	if methods == nil {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "there is no such resource")
	}
	noteRoute(r.Context(), pattern)
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	route := methods[method]
	if route == nil {
		allow := http.Header{"Allow": {allowed(methods)}}
		if method == http.MethodOptions {
			return &reply{status: http.StatusNoContent, header: allow}, nil
		}
		return nil, &refusal{code: codeMethodNotAllowed, detail: "the methods of " + pattern + " are " + allow.Get("Allow"), header: allow}
	}
	req := &request{Request: r, route: route}
	if err := req.authorise(); err != nil {
		return nil, err
	}
	if err := req.readParameters(pattern); err != nil {
		return nil, err
	}
	if err := req.checkBodyHeaders(); err != nil {
		return nil, err
	}
	if err := req.readBody(w); err != nil {
		return nil, err
	}
	return route.serve(s, req)
}

// readParameters checks the parameters. One in the path that breaks its schema names nothing: 404.
func (r *request) readParameters(pattern string) error {
	r.values = pathValues(pattern, r.Request)
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refusef(codeMalformedRequest, "the query string is malformed")
	}
	var faults []Fault
	for _, p := range r.route.parameters {
		if p.path {
			if p.schema.checkText(r.values[p.name]) != "" {
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

// readParameter says what is wrong with the values given for a query parameter; "" if nothing is.
func (r *request) readParameter(p parameter, given []string) string {
	switch len(given) {
	case 0:
		r.values[p.name] = p.schema.preset
		return ""
	case 1:
		r.values[p.name] = given[0]
		return p.schema.checkText(given[0])
	}
	return "is given more than once"
}

// limit is the checked parameter of that name.
func (r *request) limit() int {
	n, _ := strconv.Atoi(r.values["limit"]) // its schema has been checked
	return n
}

// readBody reads the body of an operation that takes one.
func (r *request) readBody(w http.ResponseWriter) error {
	if r.route.body == nil {
		return nil
	}
	var err error
	r.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refusef(codeBodyTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return refusef(codeMalformedRequest, "the body could not be read")
	}
	return nil
}

// checkBodyHeaders refuses a body that is not plain application/json in UTF-8. Repeated headers count as one list, and a list is not JSON.
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
