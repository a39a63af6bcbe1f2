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
func NewOrderID(now time.Time, random io.Reader) (string, error) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("make order id: %w", err)
	}
	return "ord_" + crockford.EncodeToString(b[:]), nil
}
