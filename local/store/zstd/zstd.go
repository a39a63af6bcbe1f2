// Package zstd stands in for github.com/DataDog/zstd, which go.mod replaces with it. That package
// compiles the C library where there is a C compiler: more than a minute of a first build, for a
// store that behaves otherwise on a machine without one. This one has the part that Pebble uses, in
// Go, by github.com/klauspost/compress. The format is the same (RFC 8878).
package zstd

import (
	"errors"

	"github.com/klauspost/compress/zstd"
)

// ErrTooSmall says that a decompressed payload does not fit in the buffer.
var ErrTooSmall = errors.New("zstd: the destination is too small")

// Ctx compresses and decompresses. It may be used again and again, not at the same time.
type Ctx interface {
	// CompressLevel compresses src into dst, or into a new buffer if it does not fit. The level is
	// that of the C library, 1 to 22.
	CompressLevel(dst, src []byte, level int) ([]byte, error)
	// DecompressInto decompresses src into dst and returns the size. Returns ErrTooSmall if it does
	// not fit.
	DecompressInto(dst, src []byte) (int, error)
}

// NewCtx makes a context. What it needs is made when it is needed.
func NewCtx() Ctx { return &ctx{} }

type ctx struct {
	level   zstd.EncoderLevel
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// CompressBound is the size that src bytes have at most when they are compressed.
func CompressBound(src int) int { return src + src>>8 + 64 }

func (c *ctx) CompressLevel(dst, src []byte, level int) ([]byte, error) {
	if wanted := zstd.EncoderLevelFromZstd(level); c.encoder == nil || c.level != wanted {
		encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(wanted), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		c.level, c.encoder = wanted, encoder
	}
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

func (c *ctx) DecompressInto(dst, src []byte) (int, error) {
	if c.decoder == nil {
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return 0, err
		}
		c.decoder = decoder
	}
	out, err := c.decoder.DecodeAll(src, dst[:0])
	switch {
	case err != nil:
		return 0, err
	case len(out) > len(dst):
		return 0, ErrTooSmall
	}
	return len(out), nil
}
