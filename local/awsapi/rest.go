package awsapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// REST is the protocol of a service whose operations are methods and paths, with JSON in the
// bodies.
type REST struct {
	Prefix string // of the paths: "/2015-03-31/"
	Routes []Route
	// Input makes an operation's input from a request. name is the part of its path that matches
	// the route's *, if there is one.
	Input func(r *http.Request, op, name string, body []byte) (any, error)
}

// Route is the method and the path, below the prefix, of an operation. An element of the path may
// be *, which stands for a name.
type Route struct{ Method, Path, Operation string }

// Match implements Protocol.
func (p *REST) Match(r *http.Request, _ string) bool { return strings.HasPrefix(r.URL.Path, p.Prefix) }

// Decode implements Protocol. The operation of a request that has no route is its method and path:
// there is none of that name.
func (p *REST) Decode(r *http.Request, body []byte) (string, json.RawMessage, error) {
	path := strings.Trim(strings.TrimPrefix(r.URL.EscapedPath(), p.Prefix), "/")
	op, name := r.Method+" "+p.Prefix+path, ""
	for _, route := range p.Routes {
		if n, ok := route.match(r.Method, path); ok {
			op, name = route.Operation, n
		}
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		return op, nil, Errorf("InvalidParameterValueException", "name in the path: %v", err)
	}
	in, err := p.Input(r, op, name, body)
	if err != nil {
		return op, nil, err
	}
	input, err := json.Marshal(in)
	return op, input, err
}

// match gives the name in a path, still escaped, if the path is the route's.
func (t Route) match(method, path string) (name string, ok bool) {
	want, have := strings.Split(t.Path, "/"), strings.Split(path, "/")
	if method != t.Method || len(have) != len(want) {
		return "", false
	}
	for i, element := range want {
		switch element {
		case "*":
			name = have[i]
		case have[i]:
		default:
			return "", false
		}
	}
	return name, true
}

// httpAnswer is an answer that is more than JSON in a body.
type httpAnswer interface{ WriteHTTP(w http.ResponseWriter) }

// Encode implements Protocol.
func (p *REST) Encode(w http.ResponseWriter, _ *http.Request, _ string, out any, e *Error) {
	w.Header().Set("Content-Type", "application/json")
	if e != nil {
		writeRESTError(w, e)
		return
	}
	if answer, ok := out.(httpAnswer); ok {
		answer.WriteHTTP(w)
		return
	}
	body, err := Marshal(out)
	if err != nil {
		writeRESTError(w, asAWS(err))
		return
	}
	_, _ = w.Write(body)
}

func writeRESTError(w http.ResponseWriter, e *Error) {
	body := map[string]any{"Type": "User", "message": e.Message}
	if e.HTTPStatus() >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	for k, v := range e.Fields {
		body[k] = v
	}
	out, err := json.Marshal(body)
	if err != nil {
		out = []byte(`{"Type":"Service"}`)
	}
	w.Header().Set("X-Amzn-ErrorType", e.Type)
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(out)
}
