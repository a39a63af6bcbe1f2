package template

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// noValue stands for AWS::NoValue, and for a value that could not be evaluated: it is left out of
// its map or list.
type noValue struct{}

// eval resolves a node to nil, string, int64, float64, bool, []any or map[string]any.
func (l *loader) eval(n *node, at string) any {
	if n == nil {
		return noValue{}
	}
	switch n.kind {
	case listNode:
		list := make([]any, 0, len(n.items))
		for i, item := range n.items {
			if v := l.eval(item, at+"/"+strconv.Itoa(i)); !isNoValue(v) {
				list = append(list, v)
			}
		}
		return list
	case mapNode:
		m := make(map[string]any, len(n.keys))
		for _, k := range n.keys {
			if v := l.eval(n.fields[k], at+"/"+k); !isNoValue(v) {
				m[k] = v
			}
		}
		return m
	case fnNode:
		return l.call(n, at)
	}
	return n.value
}

func isNoValue(v any) bool { _, ok := v.(noValue); return ok }

// call evaluates an intrinsic function.
func (l *loader) call(n *node, at string) any {
	at += "/" + n.fn
	switch n.fn {
	case "Ref":
		return l.ref(n.arg.text(), n, at)
	case "Fn::GetAtt":
		return l.callGetAtt(n, at)
	case "Fn::Sub":
		return l.callSub(n, at)
	case "Fn::Join":
		return l.callJoin(n, at)
	case "Fn::Split":
		return l.callSplit(n, at)
	case "Fn::Select":
		return l.callSelect(n, at)
	case "Fn::If":
		return l.callIf(n, at)
	case "Fn::FindInMap":
		return l.callFindInMap(n, at)
	case "Fn::Base64":
		s, ok := l.textOf(n.arg, at)
		if !ok {
			return noValue{}
		}
		return base64.StdEncoding.EncodeToString([]byte(s))
	case "Fn::GetAZs":
		return []any{Region + "a", Region + "b", Region + "c"}
	case "Fn::ToJsonString":
		return l.callToJSON(n, at)
	case "Fn::Transform":
		return l.callTransform(n, at)
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or", "Condition":
		l.fail(n, at, "%s stands in Conditions and in Fn::If only", n.fn)
	case "Fn::ImportValue":
		l.fail(n, at, "the value is another stack's, and there is none here: take it as a parameter")
	default:
		l.fail(n, at, "function %s is not supported", n.fn)
	}
	return noValue{}
}

// args evaluates a function's list of arguments; it fails unless there are count of them.
func (l *loader) args(n *node, at string, count int) ([]any, bool) {
	if n.arg.kind != listNode || len(n.arg.items) != count {
		l.fail(n, at, "takes a list of %d", count)
		return nil, false
	}
	args := make([]any, count)
	for i, item := range n.arg.items {
		if args[i] = l.eval(item, at+"/"+strconv.Itoa(i)); isNoValue(args[i]) {
			return nil, false
		}
	}
	return args, true
}

func (l *loader) textOf(n *node, at string) (string, bool) {
	v := l.eval(n, at)
	if isNoValue(v) {
		return "", false
	}
	s, ok := toText(v)
	if !ok {
		l.fail(n, at, "not text")
	}
	return s, ok
}

// toText is a scalar as CloudFormation writes it; false for any other value.
func toText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func (l *loader) callGetAtt(n *node, at string) any {
	id, attr := "", ""
	switch {
	case n.arg.kind == scalarNode:
		id, attr, _ = strings.Cut(n.arg.text(), ".")
	case n.arg.kind == listNode && len(n.arg.items) == 2:
		id = n.arg.items[0].text()
		attr, _ = l.textOf(n.arg.items[1], at+"/1")
	}
	if id == "" || attr == "" {
		l.fail(n, at, "takes a resource and its attribute")
		return noValue{}
	}
	return l.getAtt(id, attr, n, at)
}

var subVariable = regexp.MustCompile(`\$\{([^}]*)\}`)

func (l *loader) callSub(n *node, at string) any {
	text, vars := n.arg, map[string]any{}
	if n.arg.kind == listNode {
		if len(n.arg.items) != 2 || n.arg.items[1].kind != mapNode {
			l.fail(n, at, "takes text, or a list of text and a map")
			return noValue{}
		}
		text = n.arg.items[0]
		for _, k := range n.arg.items[1].keys {
			vars[k] = l.eval(n.arg.items[1].fields[k], at+"/1/"+k)
		}
	}
	s, isText := text.value.(string)
	if text.kind != scalarNode || !isText {
		l.fail(n, at, "takes text")
		return noValue{}
	}
	ok := true
	out := subVariable.ReplaceAllStringFunc(s, func(m string) string {
		name := m[2 : len(m)-1]
		if literal, found := strings.CutPrefix(name, "!"); found {
			return "${" + literal + "}"
		}
		v := l.variable(strings.TrimSpace(name), vars, n, at)
		part, good := toText(v)
		if !good {
			ok = false
		}
		if !good && (!isNoValue(v) || name == "AWS::NoValue") { // what could not be resolved has been reported already
			l.fail(n, at, "${%s} is not text", name)
		}
		return part
	})
	if !ok {
		return noValue{}
	}
	return out
}

func (l *loader) variable(name string, vars map[string]any, n *node, at string) any {
	if v, ok := vars[name]; ok {
		return v
	}
	if id, attr, ok := strings.Cut(name, "."); ok {
		return l.getAtt(id, attr, n, at)
	}
	return l.ref(name, n, at)
}

func (l *loader) callJoin(n *node, at string) any {
	args, ok := l.args(n, at, 2)
	if !ok {
		return noValue{}
	}
	sep, ok1 := args[0].(string)
	list, ok2 := args[1].([]any)
	if !ok1 || !ok2 {
		l.fail(n, at, "takes a separator and a list")
		return noValue{}
	}
	var parts []string
	for _, v := range list {
		s, ok := toText(v)
		if !ok {
			l.fail(n, at, "a member of the list is not text")
			return noValue{}
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, sep)
}

func (l *loader) callSplit(n *node, at string) any {
	args, ok := l.args(n, at, 2)
	if !ok {
		return noValue{}
	}
	sep, ok1 := toText(args[0])
	s, ok2 := toText(args[1])
	if !ok1 || !ok2 || sep == "" {
		l.fail(n, at, "takes a separator and text")
		return noValue{}
	}
	list := []any{}
	for part := range strings.SplitSeq(s, sep) {
		list = append(list, part)
	}
	return list
}

func (l *loader) callSelect(n *node, at string) any {
	args, ok := l.args(n, at, 2)
	if !ok {
		return noValue{}
	}
	s, _ := toText(args[0])
	i, err := strconv.Atoi(s)
	list, isList := args[1].([]any)
	if err != nil || !isList {
		l.fail(n, at, "takes an index and a list")
		return noValue{}
	}
	if i < 0 || i >= len(list) {
		l.fail(n, at, "index %d of a list of %d", i, len(list))
		return noValue{}
	}
	return list[i]
}

func (l *loader) callIf(n *node, at string) any {
	if n.arg.kind != listNode || len(n.arg.items) != 3 {
		l.fail(n, at, "takes a condition and two values")
		return noValue{}
	}
	chosen := 2
	if l.condition(n.arg.items[0].text(), n, at+"/0") {
		chosen = 1
	}
	return l.eval(n.arg.items[chosen], at+"/"+strconv.Itoa(chosen))
}

func (l *loader) callFindInMap(n *node, at string) any {
	args, ok := l.args(n, at, 3)
	if !ok {
		return noValue{}
	}
	found := l.root.field("Mappings")
	for _, a := range args {
		key, _ := toText(a)
		if found = found.field(key); found == nil {
			l.fail(n, at, "the mappings have no %q", key)
			return noValue{}
		}
	}
	if fn := firstFunction(found); fn != nil {
		l.fail(fn, at, "a mapping holds no functions")
		return noValue{}
	}
	return l.eval(found, at)
}

func (l *loader) callToJSON(n *node, at string) any {
	v := l.eval(n.arg, at)
	if isNoValue(v) {
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		l.fail(n, at, "%v", err)
		return noValue{}
	}
	return string(b)
}

// callTransform includes another file of the template's folder: {Name: AWS::Include, Parameters:
// {Location: openapi.yaml}}.
func (l *loader) callTransform(n *node, at string) any {
	if name := n.arg.field("Name").text(); name != "AWS::Include" {
		l.fail(n, at, "transform %q is not supported", name)
		return noValue{}
	}
	location, ok := l.textOf(n.arg.field("Parameters").field("Location"), at+"/Parameters/Location")
	if !ok {
		return noValue{}
	}
	if l.busy["include "+location] {
		l.fail(n, at, "%s includes itself", location)
		return noValue{}
	}
	l.busy["include "+location] = true
	defer delete(l.busy, "include "+location)
	included, err := l.include(location)
	if err != nil {
		l.fail(n, at, "%v", err)
		return noValue{}
	}
	if short := included.first(func(n *node) bool { return n.kind == fnNode && n.short }); short != nil {
		l.fail(short, at, "an included file has no short forms: write %s in full", short.fn)
		return noValue{}
	}
	return l.eval(included, at)
}

func (l *loader) include(location string) (*node, error) {
	data, p, err := l.file(location)
	if err != nil {
		return nil, err
	}
	return parse(p, data)
}

// sortedKeys are the keys of a map, in an order that does not depend on the run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
