package shape

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// member sets one member of a struct.
type member struct {
	dst, src []int
	omit     func(src reflect.Value) bool // nil: never
	move     Move
}

// structs copies the members that both structs have, by their JSON names.
func (c *Copier) structs(dst, src reflect.Type) (Move, error) {
	var members []member
	have := fields(src)
	for _, to := range fields(dst) {
		at := slices.IndexFunc(have, func(f field) bool { return strings.EqualFold(f.name, to.name) })
		if at < 0 {
			continue
		}
		from := have[at]
		move, err := c.compile(to.of, from.of)
		if err != nil {
			return nil, errorf("%s.%s: %v", src, from.name, err)
		}
		members = append(members, member{dst: to.index, src: from.index, omit: c.omits(src, from), move: move})
	}
	return func(dst, src reflect.Value) error {
		for _, m := range members {
			from := src.FieldByIndex(m.src)
			if m.omit != nil && m.omit(from) {
				continue
			}
			if err := m.move(dst.FieldByIndex(m.dst), from); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// omits returns the condition under which a member is left out; nil: never.
func (c *Copier) omits(structure reflect.Type, f field) func(reflect.Value) bool {
	switch {
	case f.omitZero:
		return reflect.Value.IsZero
	case f.omitEmpty:
		return empty
	case c.FromSDK && f.of.Kind() != reflect.Struct && !nilable(f.of.Kind()) && (c.Always == nil ||
		!c.Always(structure, f.name)):
		return reflect.Value.IsZero
	}
	return nil
}

// empty reports whether a value is empty for encoding/json's omitempty.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// field is a member of a struct in JSON.
type field struct {
	name                string
	index               []int
	of                  reflect.Type
	omitEmpty, omitZero bool
}

// fields lists the members, including those of embedded structs.
func fields(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous && name == "" || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		out = append(out, field{name: name, index: f.Index, of: f.Type,
			omitEmpty: strings.Contains(options, "omitempty"), omitZero: strings.Contains(options, "omitzero")})
	}
	return out
}

func (c *Copier) slices(dst, src reflect.Type) (Move, error) {
	if src.Elem().Kind() == reflect.Uint8 && dst.Elem().Kind() == reflect.Uint8 {
		return blob, nil
	}
	inner, err := c.compile(dst.Elem(), src.Elem())
	return func(dst, src reflect.Value) error {
		if src.IsNil() {
			return nil
		}
		n := src.Len()
		dst.Set(reflect.MakeSlice(dst.Type(), n, n))
		for i := range n {
			if err := inner(dst.Index(i), src.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// object copies a map to a struct whose members have the names of the keys.
func (c *Copier) object(dst, src reflect.Type) (Move, error) {
	members := map[string]member{}
	for _, f := range fields(dst) {
		move, err := c.compile(f.of, src.Elem())
		if err != nil {
			return nil, errorf("%s.%s: %v", dst, f.name, err)
		}
		members[strings.ToLower(f.name)] = member{dst: f.index, move: move}
	}
	return func(dst, src reflect.Value) error {
		for each := src.MapRange(); each.Next(); {
			m, ok := members[strings.ToLower(each.Key().String())]
			if !ok {
				continue
			}
			if err := m.move(dst.FieldByIndex(m.dst), each.Value()); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

var texts = reflect.TypeFor[map[string]string]()

func (c *Copier) maps(dst, src reflect.Type) (Move, error) {
	if src == texts && dst == texts {
		return c.textMap, nil
	}
	inner, err := c.compile(dst.Elem(), src.Elem())
	return func(dst, src reflect.Value) error {
		if src.IsNil() {
			return nil
		}
		dst.Set(reflect.MakeMapWithSize(dst.Type(), src.Len()))
		for each := src.MapRange(); each.Next(); {
			element := reflect.New(dst.Type().Elem()).Elem()
			if err := c.valid(each.Key().String()); err != nil {
				return err
			}
			if err := inner(element, each.Value()); err != nil {
				return err
			}
			dst.SetMapIndex(each.Key().Convert(dst.Type().Key()), element)
		}
		return nil
	}, err
}

func (c *Copier) textMap(dst, src reflect.Value) error {
	have := src.Interface().(map[string]string)
	for name, value := range have {
		if err := cmp.Or(c.valid(name), c.valid(value)); err != nil {
			return err
		}
	}
	dst.Set(reflect.ValueOf(maps.Clone(have)))
	return nil
}
