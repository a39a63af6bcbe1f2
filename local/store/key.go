package store

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Keys are tuples whose byte order is the order of their elements: Key("ddb",
// table).String(hash).Uint(sequence). A string element is escaped (0x00 -> 0x00 0xFF) and ended by
// 0x00 0x01, so no element is a prefix of another's.

// Key is a key under construction.
type Key []byte

// NewKey starts a key with string elements; by convention the first names the service that owns the
// key.
func NewKey(elements ...string) Key {
	k := make(Key, 0, 64)
	for _, e := range elements {
		k = k.String(e)
	}
	return k
}

// String appends a string element.
func (k Key) String(s string) Key { return k.Bytes([]byte(s)) }

// Bytes appends a bytes element, ordered as a string.
func (k Key) Bytes(p []byte) Key {
	for len(p) > 0 {
		i := bytes.IndexByte(p, 0)
		if i < 0 {
			break
		}
		k = append(append(k, p[:i]...), 0x00, 0xFF)
		p = p[i+1:]
	}
	return append(append(k, p...), 0x00, 0x01)
}

// Uint appends an unsigned integer element of 8 bytes.
func (k Key) Uint(n uint64) Key { return binary.BigEndian.AppendUint64(k, n) }

// End is the first key after every key that begins with k: the upper bound of a scan of k's
// children.
func (k Key) End() []byte {
	end := append(Key(nil), k...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// Clone returns a copy that shares no memory with k: two keys built on one prefix must not
// overwrite each other.
func (k Key) Clone() Key { return append(make(Key, 0, len(k)+32), k...) }

// ErrKey is returned for a key that was not built by this package.
var ErrKey = errors.New("store: malformed key")

// CutString splits the first string element off a key.
func CutString(key []byte) (s string, rest []byte, err error) {
	var out []byte
	for {
		i := bytes.IndexByte(key, 0)
		if i < 0 || i+1 >= len(key) {
			return "", nil, ErrKey
		}
		out = append(out, key[:i]...)
		if key[i+1] == 0x01 {
			return string(out), key[i+2:], nil
		}
		out = append(out, 0)
		key = key[i+2:]
	}
}

// CutUint splits the first integer element off a key.
func CutUint(key []byte) (n uint64, rest []byte, err error) {
	if len(key) < 8 {
		return 0, nil, ErrKey
	}
	return binary.BigEndian.Uint64(key), key[8:], nil
}
