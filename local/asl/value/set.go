package value

import "fmt"

// Step is one step of a reference path: a member's key, or an element's index.
type Step struct {
	Key     string
	Index   int
	IsIndex bool
}

// Set returns v with the value at path replaced. It creates missing objects on the path, but no
// missing elements. It returns an error if a step does not fit the value that it is applied to.
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
	places, last := v.placesOf(key)
	found := len(places) > 0
	if len(rest) > 0 && rest[0].IsIndex && !found {
		return "", fmt.Errorf("cannot set element %d of %q, which does not exist", rest[0].Index, key)
	}
	old := EmptyObject
	if found {
		old = v[places[len(places)-1].from:places[len(places)-1].to]
	}
	val, err := Set(old, rest, val)
	if err != nil {
		return "", err
	}
	if found {
		return replace(v, places, val), nil
	}
	dst := append(make([]byte, 0, len(v)+len(key)+len(val)+4), v[:len(v)-1]...)
	if last > 0 {
		dst = append(dst, ',')
	}
	dst = append(AppendString(dst, key), ':')
	return JSON(append(append(dst, val...), '}')), nil
}

// place is the position of a member's value. The member before it ends at before.
type place struct{ before, from, to int }

// placesOf finds all members of a key; last is the end of the last member of any key, 0 if there is
// none.
func (v JSON) placesOf(key string) (places []place, last int) {
	v.rawMembers(func(keyAt, keyEnd, at, end int) bool {
		if keyIs(string(v[keyAt+1:keyEnd-1]), key) {
			places = append(places, place{last, at, end})
		}
		last = end
		return true
	})
	return places, last
}

// replace writes val to the first of the places and removes the members at the others.
func replace(v JSON, places []place, val JSON) JSON {
	first := places[0]
	dst := append(make([]byte, 0, len(v)-(first.to-first.from)+len(val)), v[:first.from]...)
	dst = append(dst, val...)
	copied := first.to
	for _, p := range places[1:] {
		dst = append(dst, v[copied:p.before]...)
		copied = p.to
	}
	return JSON(append(dst, v[copied:]...))
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
