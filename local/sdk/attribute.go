package sdk

import (
	"reflect"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/orderflow-dev/orderflow/local/awsapi/shape"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Limits of items. Beyond them the input goes through JSON, and the service refuses it in its
// words.
const (
	maxDepth = 32
	maxName  = 65535
)

type item = map[string]types.AttributeValue

var (
	sdkItem   = reflect.TypeFor[item]()
	localItem = reflect.TypeFor[attr.Item]()
)

// attributes copies items of DynamoDB; it is the Leaf of a shape.Copier. The local types are
// attr.Item and types derived from it.
func attributes(dst, src reflect.Type) shape.Move {
	switch {
	case src == sdkItem && dst.ConvertibleTo(localItem):
		return readItem
	case dst == sdkItem && src.ConvertibleTo(localItem):
		return writeItem
	}
	return nil
}

var errAttribute = &shape.Error{Reason: "an attribute is for the service to refuse"}

func readItem(dst, src reflect.Value) error {
	from := src.Interface().(item)
	if from == nil {
		return nil
	}
	attributes, err := local(from, 0)
	if err != nil {
		return err
	}
	dst.Set(reflect.ValueOf(attributes).Convert(dst.Type()))
	return nil
}

func writeItem(dst, src reflect.Value) error {
	if !src.IsNil() {
		dst.Set(reflect.ValueOf(remote(src.Convert(localItem).Interface().(attr.Item))))
	}
	return nil
}

// local converts attributes of the SDK to attributes of the service.
func local(from item, depth int) (map[string]attr.Value, error) {
	out := make(map[string]attr.Value, len(from))
	for name, v := range from {
		if name == "" || len(name) > maxName || !utf8.ValidString(name) {
			return nil, errAttribute
		}
		value, err := localValue(v, depth)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

func localValue(v types.AttributeValue, depth int) (attr.Value, error) {
	if depth > maxDepth {
		return attr.Value{}, errAttribute
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return localText(v.Value)
	case *types.AttributeValueMemberN:
		return localNumber(v.Value)
	case *types.AttributeValueMemberB:
		return localBytes(v.Value)
	case *types.AttributeValueMemberBOOL:
		return attr.Value{Kind: attr.BOOL, Bool: v.Value}, nil
	case *types.AttributeValueMemberNULL:
		if v.Value {
			return attr.Value{Kind: attr.NULL}, nil
		}
	case *types.AttributeValueMemberM:
		m, err := local(v.Value, depth+1)
		return attr.Value{Kind: attr.M, Map: m}, err
	case *types.AttributeValueMemberL:
		return localList(v.Value, depth+1)
	case *types.AttributeValueMemberSS:
		return localSet(attr.SS, v.Value, localText)
	case *types.AttributeValueMemberNS:
		return localSet(attr.NS, v.Value, localNumber)
	case *types.AttributeValueMemberBS:
		return localSet(attr.BS, v.Value, localBytes)
	}
	return attr.Value{}, errAttribute
}

func localText(s string) (attr.Value, error) {
	if !utf8.ValidString(s) {
		return attr.Value{}, errAttribute
	}
	return attr.Value{Kind: attr.S, Text: s}, nil
}

func localBytes(b []byte) (attr.Value, error) {
	if b == nil { // null in JSON
		return attr.Value{}, errAttribute
	}
	return attr.Value{Kind: attr.B, Text: string(b)}, nil
}

func localNumber(s string) (attr.Value, error) {
	v, err := attr.Number(s)
	if err != nil {
		return v, errAttribute
	}
	return v, nil
}

func localList(from []types.AttributeValue, depth int) (attr.Value, error) {
	out := attr.Value{Kind: attr.L}
	if len(from) > 0 {
		out.List = make([]attr.Value, len(from))
	}
	var err error
	for i, e := range from {
		if out.List[i], err = localValue(e, depth); err != nil {
			return out, err
		}
	}
	return out, nil
}

func localSet[E any](kind attr.Kind, from []E, element func(E) (attr.Value, error)) (attr.Value, error) {
	elements := make([]attr.Value, len(from))
	var err error
	for i, e := range from {
		if elements[i], err = element(e); err != nil {
			return attr.Value{}, err
		}
	}
	set, distinct := attr.NewSet(kind, elements)
	if !distinct || len(from) == 0 {
		return attr.Value{}, errAttribute
	}
	return set, nil
}

// remote converts attributes of the service to attributes of the SDK.
func remote(from map[string]attr.Value) item {
	out := make(item, len(from))
	for name, v := range from {
		out[name] = remoteValue(v)
	}
	return out
}

func remoteValue(v attr.Value) types.AttributeValue {
	switch v.Kind {
	case attr.S:
		return &types.AttributeValueMemberS{Value: v.Text}
	case attr.N:
		return &types.AttributeValueMemberN{Value: v.Text}
	case attr.B:
		return &types.AttributeValueMemberB{Value: []byte(v.Text)}
	case attr.BOOL:
		return &types.AttributeValueMemberBOOL{Value: v.Bool}
	case attr.NULL:
		return &types.AttributeValueMemberNULL{Value: true}
	case attr.M:
		return &types.AttributeValueMemberM{Value: remote(v.Map)}
	case attr.L:
		return &types.AttributeValueMemberL{Value: remoteList(v.List, remoteValue)}
	case attr.SS:
		return &types.AttributeValueMemberSS{Value: remoteList(v.List, textOf)}
	case attr.NS:
		return &types.AttributeValueMemberNS{Value: remoteList(v.List, textOf)}
	case attr.BS:
		return &types.AttributeValueMemberBS{Value: remoteList(v.List,
			func(e attr.Value) []byte { return []byte(e.Text) })}
	}
	return nil
}

func textOf(v attr.Value) string { return v.Text }

func remoteList[E any](from []attr.Value, element func(attr.Value) E) []E {
	out := make([]E, len(from))
	for i, v := range from {
		out[i] = element(v)
	}
	return out
}
