package sqs

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// query is the protocol of Amazon SQS before November 2023, which older SDKs speak.
var query = awsapi.Query{
	Service: "sqs", Version: "2012-11-05", Namespace: "http://queue.amazonaws.com/doc/2012-11-05/", Has: api.Has, Code: queryCode,
	Input: decodeRequest, Result: encodeResult,
}

// Protocol implements awsapi.HTTPService.
func (s *Service) Protocol() awsapi.Protocol { return &query }

// decodeRequest returns the JSON of an operation's input. A request to a queue's own path need not
// name the queue again.
func decodeRequest(r *http.Request, members map[string]any) (any, error) {
	if path := strings.Trim(r.URL.Path, "/"); path != "" && members["QueueUrl"] == nil {
		members["QueueUrl"] = r.URL.Path
	}
	return decodeStructure(members)
}

// field says how the query protocol writes a member: under another name, each element of a list or
// map by itself.
type field struct {
	name       string // of the elements
	key, value string // of a map's element; empty for a list
}

// fields are the lists and maps of the operations' inputs and outputs. ("Entries", "Successful" and
// "Results" depend on the operation.)
var fields = map[string]field{
	"Attributes":                  {"Attribute", "Name", "Value"},
	"MessageAttributes":           {"MessageAttribute", "Name", "Value"},
	"MessageSystemAttributes":     {"MessageSystemAttribute", "Name", "Value"},
	"Tags":                        {"Tag", "Key", "Value"},
	"TagKeys":                     {name: "TagKey"},
	"AttributeNames":              {name: "AttributeName"},
	"MessageAttributeNames":       {name: "MessageAttributeName"},
	"MessageSystemAttributeNames": {name: "MessageSystemAttributeName"},
	"Messages":                    {name: "Message"},
	"QueueUrls":                   {name: "QueueUrl"},
	"queueUrls":                   {name: "QueueUrl"},
	"Failed":                      {name: "BatchResultErrorEntry"},
}

// memberNames maps the name of a member's elements in a request to the member of the JSON protocol.
var memberNames = func() map[string]string {
	out := map[string]string{}
	for member, f := range fields {
		out[f.name] = member
	}
	delete(out, "QueueUrl") // a list in answers alone
	for _, op := range []string{"SendMessage", "DeleteMessage", "ChangeMessageVisibility"} {
		out[op+"BatchRequestEntry"] = "Entries"
	}
	return out
}()

// integers are the members that are numbers in JSON.
var integers = []string{"DelaySeconds", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds", "MaxResults", "MaxNumberOfMessagesPerSecond"}

// decodeStructure returns the JSON of a structure's members.
func decodeStructure(tree map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, v := range tree {
		if _, list := fields[name]; v == "" && (list || name == "Entries") {
			continue // how an empty list is written
		}
		member, repeated := memberNames[name]
		var err error
		switch {
		case repeated:
			name = member
			v, err = decodeRepeated(fields[member], v)
		case slices.Contains(integers, name):
			v, err = decodeInteger(name, v)
		default:
			v, err = decodeValue(v)
		}
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

// decodeRepeated returns the list or map of {"1": ..., "2": ...}.
func decodeRepeated(f field, v any) (any, error) {
	numbered, _ := v.(map[string]any)
	object, list := map[string]any{}, []any{}
	for _, e := range awsapi.Numbered(numbered) {
		value := e
		entry, isEntry := e.(map[string]any)
		if f.key != "" {
			if !isEntry {
				return nil, awsapi.Errorf("MalformedQueryString", "%s must have a %s and a %s.", f.name, f.key, f.value)
			}
			value = entry[f.value]
		}
		value, err := decodeValue(value)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		object[fmt.Sprint(entry[f.key])] = value
	}
	if f.key == "" {
		return list, nil
	}
	return object, nil
}

func decodeValue(v any) (any, error) {
	if tree, ok := v.(map[string]any); ok {
		return decodeStructure(tree)
	}
	return v, nil
}

func decodeInteger(name string, v any) (any, error) {
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		return nil, invalidParameter("Value %v for parameter %s is invalid. Reason: Must be an integer.", v, name)
	}
	return n, nil
}

func encodeResult(op string, out any) (*awsapi.Element, error) {
	text, err := awsapi.Marshal(out)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, fmt.Errorf("encode %s: %w", op, err)
	}
	result := &awsapi.Element{}
	encodeStructure(result, op, object)
	return result, nil
}

// encodeStructure adds a structure's members to an element, in the order of their names.
func encodeStructure(e *awsapi.Element, op string, object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		f, ok := fields[name]
		if !ok {
			f = field{name: name}
		}
		if name == "Successful" || name == "Results" {
			f.name = op + "ResultEntry"
		}
		switch v := object[name].(type) {
		case []any:
			for _, item := range v {
				e.Elements = append(e.Elements, encodeItem(f.name, op, item))
			}
		case map[string]any:
			if f.key == "" {
				e.Elements = append(e.Elements, encodeItem(f.name, op, v))
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				e.Elements = append(e.Elements, awsapi.Element{Name: f.name, Elements: []awsapi.Element{
					{Name: f.key, Text: key}, encodeItem(f.value, op, v[key])}})
			}
		default:
			e.Elements = append(e.Elements, encodeItem(f.name, op, v))
		}
	}
}

func encodeItem(name, op string, v any) awsapi.Element {
	e := awsapi.Element{Name: name}
	if object, ok := v.(map[string]any); ok {
		encodeStructure(&e, op, object)
		return e
	}
	e.Text = fmt.Sprint(v)
	return e
}

// queryCode returns the code that an error had before the JSON protocol. Source: the awsQueryError
// traits of the SQS service model.
func queryCode(e *awsapi.Error) (code string, status int) {
	switch e.Type {
	case "QueueDoesNotExist":
		return "AWS.SimpleQueueService.NonExistentQueue", http.StatusBadRequest
	case "QueueNameExists":
		return "QueueAlreadyExists", http.StatusBadRequest
	case "MessageNotInflight", "EmptyBatchRequest", "TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct", "BatchRequestTooLong",
		"InvalidBatchEntryId", "PurgeQueueInProgress", "UnsupportedOperation":
		return "AWS.SimpleQueueService." + e.Type, e.HTTPStatus()
	case "AccessDeniedException":
		return "AccessDenied", http.StatusForbidden
	case "SerializationException":
		return "MalformedInput", http.StatusBadRequest
	}
	return e.Type, e.HTTPStatus()
}
