package value

import (
	"iter"
	"slices"
)

// PlacedMember is a member of an object with the offsets of its key and value in the object's text.
type PlacedMember struct {
	Member
	KeyAt, ValueAt int
}

// Placed iterates over the members of an object as they are written: a key that occurs twice is
// returned twice.
func (v JSON) Placed() iter.Seq[PlacedMember] {
	return func(yield func(PlacedMember) bool) {
		if v.Kind() != Object {
			return
		}
		v.rawMembers(func(keyAt, keyEnd, at, end int) bool {
			return yield(PlacedMember{Member{unquote(string(v[keyAt+1 : keyEnd-1])), v[at:end]}, keyAt, at})
		})
	}
}

// PlacedElements iterates over the elements of an array and their offsets in its text.
func (v JSON) PlacedElements() iter.Seq2[int, JSON] {
	return func(yield func(int, JSON) bool) {
		if v.Kind() != Array {
			return
		}
		s := string(v)
		for i := skipSpace(s, 1); s[i] != ']'; i = skipSpace(s, i+1) {
			end := skipValue(s, i)
			if !yield(i, v[i:end]) {
				return
			}
			if i = skipSpace(s, end); s[i] == ']' {
				return
			}
		}
	}
}

// Duplicate is a key that occurred earlier in the same object.
type Duplicate struct {
	Path   []string // the keys that lead to the object, without the indexes of arrays
	Key    string
	Offset int // of the later key
}

// Duplicates lists the keys that occur more than once in an object of v, at any depth.
func Duplicates(v JSON) []Duplicate {
	var out []Duplicate
	duplicates(v, 0, nil, &out)
	return out
}

func duplicates(v JSON, base int, path []string, out *[]Duplicate) {
	seen := map[string]bool{}
	for m := range v.Placed() {
		if seen[m.Key] {
			*out = append(*out, Duplicate{slices.Clone(path), m.Key, base + m.KeyAt})
		}
		seen[m.Key] = true
		duplicates(m.Value, base+m.ValueAt, append(path, m.Key), out)
	}
	for at, e := range v.PlacedElements() {
		duplicates(e, base+at, path, out)
	}
}
