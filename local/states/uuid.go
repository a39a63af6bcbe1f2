package states

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
)

// derivedUUID returns a UUID that is the same for the same numbers.
func derivedUUID(a, b uint64) string {
	var in [16]byte
	binary.BigEndian.PutUint64(in[:], a)
	binary.BigEndian.PutUint64(in[8:], b)
	sum := sha256.Sum256(in[:])
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0F|0x80, id[8]&0x3F|0x80 // version 8, the variant of RFC 9562
	return id.String()
}
