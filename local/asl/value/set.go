package value

import "fmt"

// Step is one step of a reference path: a member's key, or an element's index.
type Step struct {
	Key     string
	Index   int
	IsIndex bool
}

// Set gives v with the value at path replaced. Objects that are missing on the way
// are made, elements are not. An error tells that a step does not fit what it meets.
func Set(v JSON, path []Step, val JSON) (JSON, error) {
	if len(path) == 0 {
		return val, nil
	}
	step, rest := path[0], path[1:]
	if step.IsIndex {
		return setElement(v, step.Index, rest, val)
	}
	return setMember(v, step.Key, rest, val)
}

func setMember(v JSON, key string, rest []Step, val JSON) (JSON, error) {
	if v.Kind() != Object {
		return "", fmt.Errorf("cannot set %q in a value of type %s", key, v.Kind())
	}
	from, to, found := 0, 0, false
	empty := true
	v.rawMembers(func(keyAt, keyEnd, at, end int) bool {
		empty = false
		if keyIs(string(v[keyAt+1:keyEnd-1]), key) {
			from, to, found = at, end, true
		}
		return true
	})
	old := EmptyObject
	if found {
		old = v[from:to]
	}
	if len(rest) > 0 && rest[0].IsIndex && !found {
		return "", fmt.Errorf("cannot set element %d of %q, which does not exist", rest[0].Index, key)
	}
	val, err := Set(old, rest, val)
	if err != nil {
		return "", err
	}
	if found {
		return splice(v, from, to, val), nil
	}
	dst := append(make([]byte, 0, len(v)+len(key)+len(val)+4), v[:len(v)-1]...)
	if !empty {
		dst = append(dst, ',')
	}
	dst = append(AppendString(dst, key), ':')
	return JSON(append(append(dst, val...), '}')), nil
}

func setElement(v JSON, index int, rest []Step, val JSON) (JSON, error) {
	old, ok := v.Element(index)
	if !ok {
		return "", fmt.Errorf("no element %d in a value of type %s", index, v.Kind())
	}
	val, err := Set(old, rest, val)
	if err != nil {
		return "", err
	}
	items := v.Elements()
	if index < 0 {
		index += len(items)
	}
	items[index] = val
	return OfArray(items), nil
}

func splice(v JSON, from, to int, val JSON) JSON {
	dst := append(make([]byte, 0, len(v)-(to-from)+len(val)), v[:from]...)
	return JSON(append(append(dst, val...), v[to:]...))
}
