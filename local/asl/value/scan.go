package value

import "iter"

// Member is one member of an object.
type Member struct {
	Key   string
	Value JSON
}

// skipSpace returns the index of the first byte of s from i that is not white space.
func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index after the string that begins at s[i] == '"'.
func skipString(s string, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the index after the value that begins at s[i].
func skipValue(s string, i int) int {
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	for i < len(s) {
		switch s[i] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

// skipNested finds the end of an object or array by counting brackets.
func skipNested(s string, i int) int {
	depth := 0
	for {
		switch s[i] {
		case '"':
			i = skipString(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

// rawMembers iterates over the members of an object in order of appearance, including duplicates.
// The positions are those of the key's quote and of the value.
func (v JSON) rawMembers(yield func(keyAt, keyEnd, valueAt, valueEnd int) bool) {
	s := string(v)
	for i := skipSpace(s, 1); s[i] != '}'; i = skipSpace(s, i+1) {
		keyEnd := skipString(s, i)
		at := skipSpace(s, skipSpace(s, keyEnd)+1)
		end := skipValue(s, at)
		if !yield(i, keyEnd, at, end) {
			return
		}
		if i = skipSpace(s, end); s[i] == '}' {
			return
		}
	}
}

// Member looks up a key; false if v is not an object or has no such key.
func (v JSON) Member(key string) (JSON, bool) {
	if v.Kind() != Object {
		return "", false
	}
	var found JSON
	ok := false
	v.rawMembers(func(keyAt, keyEnd, at, end int) bool {
		if keyIs(string(v[keyAt+1:keyEnd-1]), key) {
			found, ok = v[at:end], true
		}
		return true
	})
	return found, ok
}

// Members lists the members of an object: each key once, at its first place, with its last value.
// Nil for other kinds.
func (v JSON) Members() []Member {
	if v.Kind() != Object {
		return nil
	}
	var out []Member
	v.rawMembers(func(keyAt, keyEnd, at, end int) bool {
		out = append(out, Member{unquote(string(v[keyAt+1 : keyEnd-1])), v[at:end]})
		return true
	})
	return lastWins(out)
}

// lastWins removes duplicate keys.
func lastWins(members []Member) []Member {
	if len(members) < 2 {
		return members
	}
	if len(members) <= 8 {
		for i := 1; i < len(members); i++ {
			for j := range i {
				if members[j].Key == members[i].Key {
					return mergeDuplicates(members)
				}
			}
		}
		return members
	}
	return mergeDuplicates(members)
}

func mergeDuplicates(members []Member) []Member {
	seen := make(map[string]int, len(members))
	out := members[:0]
	for _, m := range members {
		if at, ok := seen[m.Key]; ok {
			out[at].Value = m.Value
			continue
		}
		seen[m.Key] = len(out)
		out = append(out, m)
	}
	return out
}

// EachElement iterates over the elements of an array.
func (v JSON) EachElement() iter.Seq[JSON] {
	return func(yield func(JSON) bool) {
		for _, e := range v.PlacedElements() {
			if !yield(e) {
				return
			}
		}
	}
}

// Elements lists the elements of an array; nil for other kinds.
func (v JSON) Elements() []JSON {
	if v.Kind() != Array {
		return nil
	}
	out := []JSON{}
	for e := range v.EachElement() {
		out = append(out, e)
	}
	return out
}

// Len counts the elements of an array, or the members of an object.
func (v JSON) Len() int {
	n := 0
	switch v.Kind() {
	case Array:
		for range v.EachElement() {
			n++
		}
	case Object:
		n = len(v.Members())
	}
	return n
}

// Element returns the element at index i; a negative index counts from the end.
func (v JSON) Element(i int) (JSON, bool) {
	if v.Kind() != Array {
		return "", false
	}
	if i < 0 {
		if i += v.Len(); i < 0 {
			return "", false
		}
	}
	n := 0
	for e := range v.EachElement() {
		if n == i {
			return e, true
		}
		n++
	}
	return "", false
}
