package sns

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// query is the protocol of Amazon SNS.
var query = awsapi.Query{
	Service: "sns", Version: "2010-03-31", Namespace: "http://sns.amazonaws.com/doc/2010-03-31/", Has: api.Has, Code: queryCode,
	Input: func(_ *http.Request, members map[string]any) (any, error) { return flatten(members), nil }, Result: result,
}

// queryCode is SNS's error code for a call that the stack denies.
func queryCode(e *awsapi.Error) (code string, status int) {
	if e.Type == "AccessDeniedException" {
		return "AuthorizationError", http.StatusForbidden
	}
	return e.Type, e.HTTPStatus()
}

// Protocol implements awsapi.HTTPService.
func (s *Service) Protocol() awsapi.Protocol { return &query }

// flatten turns {"member": {"1": x}} into lists and {"entry": {"1": {"key": k, "value": v}}} into
// objects. An empty list or map arrives as an empty text and is left out.
func flatten(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	if members, ok := object["member"].(map[string]any); ok && len(object) == 1 {
		list := []any{}
		for _, m := range awsapi.Numbered(members) {
			list = append(list, flatten(m))
		}
		return list
	}
	out := map[string]any{}
	if entries, ok := object["entry"].(map[string]any); ok && len(object) == 1 {
		for _, e := range awsapi.Numbered(entries) {
			if entry, ok := e.(map[string]any); ok {
				out[fmt.Sprint(either(entry, "key", "Name"))] = flatten(either(entry, "value", "Value"))
			}
		}
		return out
	}
	for name, m := range object {
		if m != "" || !slices.Contains(structures, name) {
			out[name] = flatten(m)
		}
	}
	return out
}

// structures are the members that are lists or maps.
var structures = []string{"Attributes", "MessageAttributes", "PublishBatchRequestEntries", "Tags"}

func either(object map[string]any, a, b string) any {
	if v, ok := object[a]; ok {
		return v
	}
	if v, ok := object[b]; ok {
		return v
	}
	return ""
}

func result(_ string, out any) (*awsapi.Element, error) {
	e := &awsapi.Element{}
	fill(e, out)
	return e, nil
}

// fill adds a structure's members to an element: a plain member by its name, a list's as <member>,
// and those of a map of texts as <entry>.
func fill(e *awsapi.Element, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			add(e, name, v[name])
		}
	case []any:
		for _, m := range v {
			add(e, "member", m)
		}
	case map[string]string:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			add(e, "entry", map[string]any{"key": name, "value": v[name]})
		}
	default:
		e.Text = fmt.Sprint(v)
	}
}

func add(e *awsapi.Element, name string, v any) {
	inner := awsapi.Element{Name: name}
	fill(&inner, v)
	e.Elements = append(e.Elements, inner)
}

func encodeBase64(p []byte) string { return base64.StdEncoding.EncodeToString(p) }
