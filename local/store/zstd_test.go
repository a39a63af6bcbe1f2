package store

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/DataDog/zstd"
)

// What the replacement of the C library compresses fits where Pebble puts it, and comes back.
func TestZstd(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 0))
	random := make([]byte, 300_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	c := zstd.NewCtx()
	for _, size := range []int{0, 1, 63, 4096, 70_000, len(random)} {
		for name, src := range map[string][]byte{"random": random[:size], "alike": bytes.Repeat([]byte("order "), size)[:size]} {
			for _, level := range []int{1, 3, 7} {
				buffer := make([]byte, zstd.CompressBound(size))
				packed, err := c.CompressLevel(buffer, src, level)
				if err != nil || len(packed) > 0 && &packed[0] != &buffer[0] {
					t.Fatalf("%s, %d bytes, level %d: %v, or another buffer", name, size, level, err)
				}
				got := make([]byte, size)
				if n, err := c.DecompressInto(got, packed); err != nil || n != size || !bytes.Equal(got, src) {
					t.Errorf("%s, %d bytes, level %d: got %d bytes back, %v", name, size, level, n, err)
				}
				if size > 0 {
					if _, err := c.DecompressInto(make([]byte, size-1), packed); err == nil {
						t.Errorf("%s, %d bytes: fit in less", name, size)
					}
				}
			}
		}
	}
	if _, err := c.DecompressInto(make([]byte, 10), []byte("no frame")); err == nil || errors.Is(err, zstd.ErrTooSmall) {
		t.Errorf("garbage: %v", err)
	}
}
