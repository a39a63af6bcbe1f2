package sns

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"orderflow/local/awsapi"
)

const namespace = "http://sns.amazonaws.com/doc/2010-03-31/"

// Match implements awsapi.HTTPService: requests signed for SNS, and forms that nobody signed.
func (s *Service) Match(r *http.Request, scope string) bool {
	if scope != "" || r.Header.Get("X-Amz-Target") != "" {
		return scope == "sns"
	}
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	return strings.Trim(r.URL.Path, "/") == "" && (form || r.URL.Query().Has("Action"))
}

// DecodeHTTP implements awsapi.HTTPService: the query protocol's form, as JSON of the same members.
func (s *Service) DecodeHTTP(r *http.Request, body []byte) (op string, input json.RawMessage, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", nil, awsapi.Errorf("MalformedQueryString", "%v", err)
	}
	for name, v := range r.URL.Query() {
		form[name] = v
	}
	op = form.Get("Action")
	if op == "" {
		return "", nil, awsapi.Errorf("MissingAction", "Missing Action")
	}
	root := map[string]any{}
	for name, values := range form {
		if name == "Action" || name == "Version" {
			continue
		}
		if err := insert(root, strings.Split(name, "."), values[0]); err != nil {
			return op, nil, err
		}
	}
	input, err = json.Marshal(flatten(root))
	return op, input, err
}

// insert puts a value at its path: "Attributes.entry.1.key" makes four levels.
func insert(root map[string]any, path []string, v string) error {
	for _, name := range path[:len(path)-1] {
		next, ok := root[name].(map[string]any)
		if _, taken := root[name]; taken && !ok {
			return awsapi.Errorf("MalformedQueryString", "%s is both a value and a structure", name)
		}
		if next == nil {
			next = map[string]any{}
			root[name] = next
		}
		root = next
	}
	root[path[len(path)-1]] = v
	return nil
}

// flatten turns {"member": {"1": x}} into lists and {"entry": {"1": {"key": k, "value": v}}} into objects.
func flatten(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if members, ok := object["member"].(map[string]any); ok && len(object) == 1 {
		list := []any{}
		for _, m := range numbered(members) {
			list = append(list, flatten(m))
		}
		return list
	}
	out := map[string]any{}
	if entries, ok := object["entry"].(map[string]any); ok && len(object) == 1 {
		for _, e := range numbered(entries) {
			if entry, ok := e.(map[string]any); ok {
				out[fmt.Sprint(either(entry, "key", "Name"))] = flatten(either(entry, "value", "Value"))
			}
		}
		return out
	}
	for name, m := range object {
		out[name] = flatten(m)
	}
	return out
}

func either(object map[string]any, a, b string) any {
	if v, ok := object[a]; ok {
		return v
	}
	if v, ok := object[b]; ok {
		return v
	}
	return ""
}

// numbered are the values in the order of their numbers.
func numbered(object map[string]any) []any {
	names := slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		n, errN := strconv.Atoi(a)
		m, errM := strconv.Atoi(b)
		if errN != nil || errM != nil {
			return strings.Compare(a, b)
		}
		return n - m
	})
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = object[n]
	}
	return out
}

// EncodeHTTP implements awsapi.HTTPService: the answer in XML.
func (s *Service) EncodeHTTP(w http.ResponseWriter, op, requestID string, out any, err error) {
	w.Header().Set("Content-Type", "text/xml")
	if err != nil {
		encodeError(w, requestID, err)
		return
	}
	var body strings.Builder
	fmt.Fprintf(&body, `<%sResponse xmlns="%s">`, op, namespace)
	if out != nil {
		fmt.Fprintf(&body, "<%sResult>", op)
		writeXML(&body, out)
		fmt.Fprintf(&body, "</%sResult>", op)
	}
	fmt.Fprintf(&body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", requestID, op)
	_, _ = io.WriteString(w, body.String())
}

// encodeError answers as SNS does; what the stack denies is SNS's AuthorizationError.
func encodeError(w http.ResponseWriter, requestID string, err error) {
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok {
		e = &awsapi.Error{Type: "InternalError", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	code, status, fault := e.Type, e.HTTPStatus(), "Sender"
	if code == "AccessDeniedException" {
		code, status = "AuthorizationError", http.StatusForbidden
	}
	if status >= 500 {
		fault = "Receiver"
	}
	var body strings.Builder
	fmt.Fprintf(&body, `<ErrorResponse xmlns="%s"><Error><Type>%s</Type>`, namespace, fault)
	writeXML(&body, map[string]any{"Code": code, "Message": e.Message})
	fmt.Fprintf(&body, "</Error><RequestId>%s</RequestId></ErrorResponse>", requestID)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body.String())
}

// writeXML writes a structure's members by name, a list's as <member>, and a map of texts as <entry>.
func writeXML(out *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			element(out, name, v[name])
		}
	case []any:
		for _, m := range v {
			element(out, "member", m)
		}
	case map[string]string:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			element(out, "entry", map[string]any{"key": name, "value": v[name]})
		}
	default:
		_ = xml.EscapeText(out, []byte(fmt.Sprint(v))) // a strings.Builder takes everything
	}
}

func element(out *strings.Builder, name string, v any) {
	out.WriteString("<" + name + ">")
	writeXML(out, v)
	out.WriteString("</" + name + ">")
}

func encodeBase64(p []byte) string { return base64.StdEncoding.EncodeToString(p) }
