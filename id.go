package orderflow

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// crockford is base32 without letters that are easily confused; its order is the byte order.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewOrderID returns an id such as "ord_06cb4j3k7v1s0n9t8q2r5w4xyz": 48 bits of milliseconds, then
// 80 random bits, so that ids sort by time. It is a valid execution name.
func NewOrderID(now time.Time, random io.Reader) (string, error) { return newID("ord_", now, random) }

// NewMovementID returns an id such as "mov_06cb4j3k7v1s0n9t8q2r5w4xyz", made as NewOrderID makes
// its ids.
func NewMovementID(now time.Time, random io.Reader) (string, error) {
	return newID("mov_", now, random)
}

func newID(prefix string, now time.Time, random io.Reader) (string, error) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("make id %s: %w", prefix, err)
	}
	return prefix + crockford.EncodeToString(b[:]), nil
}
