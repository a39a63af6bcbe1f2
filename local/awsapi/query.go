package awsapi

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Query is the AWS query protocol of one service: requests are forms with an Action, answers are
// XML.
type Query struct {
	Service   string // SigV4 name
	Version   string // API version that its requests name
	Namespace string // of its XML
	// Has reports whether the service has an operation: it takes requests that are neither signed
	// nor name a version.
	Has func(op string) bool
	// Code gives the code and status of an error where the query protocol has others; nil keeps
	// them.
	Code func(e *Error) (code string, status int)
	// Input makes an operation's input from its parameters, a tree of texts.
	Input func(r *http.Request, members map[string]any) (any, error)
	// Result makes the elements of an answer, which an operation without an output does not have.
	Result func(op string, out any) (*Element, error)
}

// Match implements Protocol: the request is for the service if it is signed for it, has its
// version, or names one of its operations.
func (q *Query) Match(r *http.Request, scope string) bool {
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

// Decode implements Protocol.
func (q *Query) Decode(r *http.Request, _ []byte) (op string, input json.RawMessage, err error) {
	op, members, err := parameters(r)
	if err != nil {
		return op, nil, err
	}
	in, err := q.Input(r, members)
	if err != nil {
		return op, nil, err
	}
	input, err = json.Marshal(in)
	return op, input, err
}

// parameters gives a request's operation, and its parameters as a tree: "Attribute.1.Name" is a
// text three levels deep.
func parameters(r *http.Request) (op string, members map[string]any, err error) {
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

// Encode implements Protocol: the answer in XML.
func (q *Query) Encode(w http.ResponseWriter, _ *http.Request, op string, out any, e *Error) {
	if e != nil {
		q.encodeError(w, e)
		return
	}
	metadata := Element{Name: "ResponseMetadata", Elements: []Element{{Name: "RequestId", Text: w.Header().Get(requestIDHeader)}}}
	if out == nil {
		q.write(w, http.StatusOK, op+"Response", []Element{metadata})
		return
	}
	result, err := q.Result(op, out)
	if err != nil {
		q.encodeError(w, asAWS(err))
		return
	}
	result.Name = op + "Result"
	q.write(w, http.StatusOK, op+"Response", []Element{*result, metadata})
}

func (q *Query) encodeError(w http.ResponseWriter, e *Error) {
	code, fault, status := q.fault(e)
	q.write(w, status, "ErrorResponse", []Element{
		{Name: "Error", Elements: []Element{{Name: "Type", Text: fault}, {Name: "Code", Text: code}, {Name: "Message", Text: e.Message}}},
		{Name: "RequestId", Text: w.Header().Get(requestIDHeader)},
	})
}

// fault gives the code of an error, whose fault it is, and the status of its answer.
func (q *Query) fault(e *Error) (code, fault string, status int) {
	code, fault, status = e.Type, "Sender", e.HTTPStatus()
	if q.Code != nil {
		code, status = q.Code(e)
	}
	if status >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	return code, fault, status
}

func (q *Query) write(w http.ResponseWriter, status int, name string, elements []Element) {
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

// queryForm reads the parameters of a request's URL and, if it has one, of its form; nil if they
// are malformed.
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
