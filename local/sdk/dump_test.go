package sdk_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// random are the parts of answers that differ: ids, the host that a request came to, and places in
// JSON whose members have no order.
var random = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|http://[^/"]+|at byte \d+`)

// dump writes a value out, with the types of what interfaces hold, nil as such, and random parts as
// one.
func dump(v any) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(v), "")
	return random.ReplaceAllString(b.String(), "<random>")
}

func write(b *strings.Builder, v reflect.Value, indent string) {
	switch {
	case !v.IsValid():
		b.WriteString("nothing")
		return
	case v.Type() == reflect.TypeFor[middleware.Metadata]():
		b.WriteString("metadata")
		return
	case v.Type() == reflect.TypeFor[time.Time]():
		fmt.Fprintf(b, "%#v", v.Interface())
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		fmt.Fprintf(b, "%s to ", v.Type())
		write(b, v.Elem(), indent)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fmt.Fprintf(b, "\n%s%s: ", indent, f.Name)
				write(b, v.Field(i), indent+"  ")
			}
		}
	case reflect.Slice, reflect.Map:
		writeMany(b, v, indent)
	default:
		fmt.Fprintf(b, "%s(%#v)", v.Type(), v.Interface())
	}
}

func writeMany(b *strings.Builder, v reflect.Value, indent string) {
	if v.IsNil() {
		b.WriteString("nil")
		return
	}
	fmt.Fprintf(b, "%d of %s", v.Len(), v.Type())
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			fmt.Fprintf(b, "\n%s%d: ", indent, i)
			write(b, v.Index(i), indent+"  ")
		}
		return
	}
	byName := map[string]reflect.Value{}
	for each := v.MapRange(); each.Next(); {
		byName[each.Key().String()] = each.Value()
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		fmt.Fprintf(b, "\n%s%q: ", indent, name)
		write(b, byName[name], indent+"  ")
	}
}

// dumpError writes an error out: its text, the type of each error in its chain, the status of the
// response and the last error's members.
func dumpError(err error) string {
	if err == nil {
		return "no error"
	}
	var b strings.Builder
	fmt.Fprintln(&b, err)
	if r, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		fmt.Fprintln(&b, "status", r.HTTPStatusCode())
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&b, "%T\n", e)
		if errors.Unwrap(e) == nil {
			write(&b, reflect.ValueOf(e), "  ")
		}
	}
	return random.ReplaceAllString(b.String(), "<random>")
}
