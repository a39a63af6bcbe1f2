package awsapi

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Query is the AWS query protocol as one service speaks it: a form with an Action comes in, XML goes out.
type Query struct {
	Service   string // SigV4 name
	Version   string // API version that its requests name
	Namespace string // of its XML
	// Has reports whether the service has an operation: it takes requests that are neither signed nor name a version.
	Has func(op string) bool
	// Code gives the code and status of an error where the query protocol has others; nil keeps them.
	Code func(e *Error) (code string, status int)
}

// Match reports whether the request is for the service: signed for it, or of its version, or for one of its operations.
func (q Query) Match(r *http.Request, scope string) bool {
	if r.Header.Get("X-Amz-Target") != "" {
		return false
	}
	if scope != "" {
		return scope == q.Service
	}
	if version := r.Form.Get("Version"); version != "" {
		return version == q.Version
	}
	return q.Has(r.Form.Get("Action"))
}

// Decode gives the operation and its parameters as a tree: "Attribute.1.Name" is a text three levels deep.
func (q Query) Decode(r *http.Request) (op string, members map[string]any, err error) {
	if r.Form == nil {
		return "", nil, Errorf("MalformedQueryString", "The query string contains a syntax error.")
	}
	op, members = r.Form.Get("Action"), map[string]any{}
	if op == "" {
		return "", nil, Errorf("MissingAction", "The request must contain the parameter Action.")
	}
	for name, values := range r.Form {
		if notMember(name) {
			continue
		}
		if err := insert(members, strings.Split(name, "."), values[0]); err != nil {
			return op, nil, err
		}
	}
	return op, members, nil
}

// notMember reports whether a parameter is the protocol's own, or the signature's.
func notMember(name string) bool {
	switch name {
	case "Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp", "Expires", "SecurityToken":
		return true
	}
	return strings.HasPrefix(name, "X-Amz-")
}

// insert puts a value at its path.
func insert(root map[string]any, path []string, v string) error {
	for _, name := range path[:len(path)-1] {
		next, ok := root[name].(map[string]any)
		if _, taken := root[name]; taken && !ok {
			return Errorf("MalformedQueryString", "%s is both a value and a structure", name)
		}
		if next == nil {
			next = map[string]any{}
			root[name] = next
		}
		root = next
	}
	last := path[len(path)-1]
	if _, taken := root[last]; taken {
		return Errorf("MalformedQueryString", "%s is both a value and a structure", last)
	}
	root[last] = v
	return nil
}

// Numbered are the values of a list or map in a query's tree, in the order of their numbers.
func Numbered(members map[string]any) []any {
	names := slices.SortedFunc(maps.Keys(members), func(a, b string) int {
		n, errN := strconv.Atoi(a)
		m, errM := strconv.Atoi(b)
		if errN != nil || errM != nil {
			return strings.Compare(a, b)
		}
		return n - m
	})
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = members[n]
	}
	return out
}

// Element is an element of an XML answer: a text, or elements.
type Element struct {
	Name     string
	Text     string
	Elements []Element
}

func (e Element) write(out *strings.Builder) {
	out.WriteString("<" + e.Name + ">")
	_ = xml.EscapeText(out, []byte(e.Text)) // a strings.Builder takes everything
	for _, inner := range e.Elements {
		inner.write(out)
	}
	out.WriteString("</" + e.Name + ">")
}

// Encode writes the answer: the elements of the result, which an operation without an output does not have, or the error.
func (q Query) Encode(w http.ResponseWriter, op, requestID string, result *Element, err error) {
	if err != nil {
		q.encodeError(w, requestID, err)
		return
	}
	metadata := Element{Name: "ResponseMetadata", Elements: []Element{{Name: "RequestId", Text: requestID}}}
	response := Element{Elements: []Element{metadata}}
	if result != nil {
		result.Name = op + "Result"
		response.Elements = []Element{*result, metadata}
	}
	q.write(w, http.StatusOK, op+"Response", response.Elements)
}

func (q Query) encodeError(w http.ResponseWriter, requestID string, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Type: "InternalError", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	code, status := e.Type, e.HTTPStatus()
	if q.Code != nil {
		code, status = q.Code(e)
	}
	fault := "Sender"
	if status >= 500 {
		fault = "Receiver"
	}
	q.write(w, status, "ErrorResponse", []Element{
		{Name: "Error", Elements: []Element{{Name: "Type", Text: fault}, {Name: "Code", Text: code}, {Name: "Message", Text: e.Message}}},
		{Name: "RequestId", Text: requestID},
	})
}

func (q Query) write(w http.ResponseWriter, status int, name string, elements []Element) {
	var body strings.Builder
	body.WriteString(`<?xml version="1.0"?><` + name)
	if q.Namespace != "" {
		body.WriteString(` xmlns="` + q.Namespace + `"`)
	}
	body.WriteString(">")
	for _, e := range elements {
		e.write(&body)
	}
	body.WriteString("</" + name + ">")
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body.String())
}

// queryForm reads the parameters of a request's URL and, if it has one, of its form; nil if they are malformed.
func queryForm(r *http.Request, body []byte) url.Values {
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return form
	}
	posted, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	maps.Copy(form, posted)
	return form
}
