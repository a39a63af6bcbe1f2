package template

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// loadParameters gives each parameter its override or default, and checks it.
func (l *loader) loadParameters() {
	section := l.root.field("Parameters")
	for name := range l.o.Parameters {
		if section.field(name) == nil {
			l.fail(section, "/Parameters/"+name, "the template has no such parameter")
		}
	}
	if section == nil || section.kind != mapNode {
		return
	}
	l.out.Parameters = map[string]any{}
	for _, name := range section.keys {
		n, at := section.fields[name], "/Parameters/"+name
		value, ok := l.o.Parameters[name]
		if d := n.field("Default"); !ok && d != nil {
			value, ok = toText(d.value)
		}
		if !ok {
			l.fail(n, at, "needs a value: it has no Default")
			continue
		}
		l.checkParameter(n, at, value)
		var v any = value
		if t := n.field("Type").text(); t == "CommaDelimitedList" || strings.HasPrefix(t, "List<") {
			v = splitList(value)
		}
		l.params[name] = v
		l.out.Parameters[name] = plainList(v)
	}
}

func splitList(s string) []any {
	list := []any{}
	for part := range strings.SplitSeq(s, ",") {
		list = append(list, strings.TrimSpace(part))
	}
	return list
}

func plainList(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	var out []string
	for _, e := range list {
		s, _ := toText(e)
		out = append(out, s)
	}
	return out
}

func (l *loader) checkParameter(n *node, at, value string) {
	if a := n.field("AllowedValues"); a != nil {
		var allowed []string
		for _, item := range a.items {
			s, _ := toText(item.value)
			allowed = append(allowed, s)
		}
		if !slices.Contains(allowed, value) {
			l.fail(n, at, "%q is not one of %s", value, strings.Join(allowed, ", "))
		}
	}
	if p := n.field("AllowedPattern").text(); p != "" {
		re, err := regexp.Compile("^(?:" + p + ")$")
		if err != nil {
			l.fail(n, at+"/AllowedPattern", "%v", err)
		} else if !re.MatchString(value) {
			l.fail(n, at, "%q does not match %s", value, p)
		}
	}
	if n.field("Type").text() == "Number" {
		l.checkNumber(n, at, value)
	}
	l.checkLength(n, at, value)
}

func (l *loader) checkNumber(n *node, at, value string) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		l.fail(n, at, "%q is not a number", value)
		return
	}
	if low, ok := number(n.field("MinValue")); ok && f < low {
		l.fail(n, at, "%s is less than %v", value, low)
	}
	if high, ok := number(n.field("MaxValue")); ok && f > high {
		l.fail(n, at, "%s is more than %v", value, high)
	}
}

func (l *loader) checkLength(n *node, at, value string) {
	if low, ok := number(n.field("MinLength")); ok && float64(len(value)) < low {
		l.fail(n, at, "%q is shorter than %v", value, low)
	}
	if high, ok := number(n.field("MaxLength")); ok && float64(len(value)) > high {
		l.fail(n, at, "%q is longer than %v", value, high)
	}
}

func number(n *node) (float64, bool) {
	if n == nil {
		return 0, false
	}
	s, ok := toText(n.value)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// loadConditions evaluates every condition, so that a broken one is reported even if nothing uses
// it.
func (l *loader) loadConditions() {
	section := l.root.field("Conditions")
	if section == nil || section.kind != mapNode {
		return
	}
	for _, name := range section.keys {
		l.condition(name, section.fields[name], "/Conditions/"+name)
	}
}

// condition is the value of a named condition. n and at are where it is used.
func (l *loader) condition(name string, n *node, at string) bool {
	if v, ok := l.conditions[name]; ok {
		return v
	}
	def := l.root.field("Conditions").field(name)
	if def == nil {
		l.fail(n, at, "unknown condition %q", name)
		return false
	}
	if l.busy["condition "+name] {
		l.fail(n, at, "condition %q depends on itself", name)
		return false
	}
	l.busy["condition "+name] = true
	v := l.truth(def, "/Conditions/"+name)
	delete(l.busy, "condition "+name)
	l.conditions[name] = v
	return v
}

// truth evaluates a condition function.
func (l *loader) truth(n *node, at string) bool {
	if n.kind == mapNode && len(n.keys) == 1 && n.keys[0] == "Condition" {
		return l.condition(n.fields["Condition"].text(), n, at)
	}
	if n.kind != fnNode {
		l.fail(n, at, "not a condition")
		return false
	}
	at += "/" + n.fn
	switch n.fn {
	case "Condition":
		return l.condition(n.arg.text(), n, at)
	case "Fn::Equals":
		if len(n.arg.items) != 2 {
			l.fail(n, at, "takes two values")
			return false
		}
		return sameValue(l.eval(n.arg.items[0], at+"/0"), l.eval(n.arg.items[1], at+"/1"))
	case "Fn::Not":
		if len(n.arg.items) != 1 {
			l.fail(n, at, "takes one condition")
			return false
		}
		return !l.truth(n.arg.items[0], at+"/0")
	case "Fn::And", "Fn::Or":
		return l.truths(n, at)
	}
	l.fail(n, at, "%s is not a condition function", n.fn)
	return false
}

func (l *loader) truths(n *node, at string) bool {
	if len(n.arg.items) < 2 || len(n.arg.items) > 10 {
		l.fail(n, at, "takes 2 to 10 conditions")
		return false
	}
	all, some := true, false
	for i, c := range n.arg.items {
		v := l.truth(c, at+"/"+strconv.Itoa(i))
		all, some = all && v, some || v
	}
	if n.fn == "Fn::And" {
		return all
	}
	return some
}

// sameValue compares as Fn::Equals does: scalars by their text, the rest by structure.
func sameValue(a, b any) bool {
	s, ok := toText(a)
	if t, ok2 := toText(b); ok && ok2 {
		return s == t
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
