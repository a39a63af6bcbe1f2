package attr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// The binary form of an item: the count of attributes, then each name and value, names in byte
// order, so that equal items have equal bytes. A value is its kind, then: text with its length | a
// boolean | the count and the elements.

var errCorrupt = errors.New("corrupt item")

// Marshal returns the binary form of an item.
func Marshal(item Item) []byte { return AppendItem(make([]byte, 0, 256), item) }

// AppendItem appends the binary form of an item.
func AppendItem(b []byte, item Item) []byte { return appendMap(b, item) }

func appendMap(b []byte, m map[string]Value) []byte {
	b = binary.AppendUvarint(b, uint64(len(m)))
	var few [16]string
	names := slices.AppendSeq(few[:0], maps.Keys(m))
	slices.Sort(names)
	for _, name := range names {
		b = appendValue(appendText(b, name), m[name])
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v Value) []byte {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case S, N, B:
		return appendText(b, v.Text)
	case BOOL:
		if v.Bool {
			return append(b, 1)
		}
		return append(b, 0)
	case NULL:
		return b
	case M:
		return appendMap(b, v.Map)
	}
	b = binary.AppendUvarint(b, uint64(len(v.List)))
	for _, e := range v.List {
		if v.Kind == L {
			b = appendValue(b, e)
		} else {
			b = appendText(b, e.Text)
		}
	}
	return b
}

// Unmarshal reads the binary form of an item. It fails only on bytes that Marshal did not write.
func Unmarshal(data []byte) (Item, error) {
	r := reader{rest: string(data)}
	m := r.attributes()
	if r.failed || r.rest != "" {
		return nil, fmt.Errorf("unmarshal item of %d bytes: %w", len(data), errCorrupt)
	}
	return m, nil
}

// reader takes values off the front of a string; the values share its memory.
type reader struct {
	rest   string
	failed bool
}

func (r *reader) fail() uint64 { r.failed, r.rest = true, ""; return 0 }

func (r *reader) uvarint() uint64 {
	var n uint64
	for i := 0; i < len(r.rest) && i < binary.MaxVarintLen64; i++ {
		c := r.rest[i]
		n |= uint64(c&0x7F) << (7 * i)
		if c < 0x80 {
			r.rest = r.rest[i+1:]
			return n
		}
	}
	return r.fail()
}

// count reads the number of elements that follow; each takes at least one byte.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		n = r.fail()
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *reader) byte() byte {
	if r.rest == "" {
		return byte(r.fail())
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *reader) attributes() map[string]Value {
	n := r.count()
	m := make(map[string]Value, n)
	for range n {
		name := r.text()
		m[name] = r.value()
	}
	return m
}

func (r *reader) value() Value {
	v := Value{Kind: Kind(r.byte())}
	switch v.Kind {
	case S, N, B:
		v.Text = r.text()
	case BOOL:
		v.Bool = r.byte() == 1
	case NULL:
	case M:
		v.Map = r.attributes()
	case L, SS, NS, BS:
		v.List = make([]Value, r.count())
		for i := range v.List {
			if v.Kind == L {
				v.List[i] = r.value()
			} else {
				v.List[i] = Value{Kind: v.Kind.Element(), Text: r.text()}
			}
		}
	default:
		r.fail()
	}
	return v
}
