// Package store is the one embedded, crash-safe, ordered key-value store under every local service.
//
// It is a thin layer over Pebble: Pebble's commit pipeline writes the batches of concurrent committers with one
// fsync (group commit), its vfs can crash and fail on purpose in tests, it opens in milliseconds whatever the number of keys,
// and it is pure Go. SQLite, the alternative, serialises writers and pays for a B-tree and a query planner that nothing here needs: a loop that writes
// seven durable records an order did 6,700 orders/s on Pebble, 5,500 on SQLite (WAL) and 4,500 on bbolt (64 writers, 2 cores, cheap fsync).
package store

import (
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrNotFound is returned by Get for a key that is not there.
var ErrNotFound = errors.New("store: key not found")

// Options of Open. The zero value is a durable store on the operating system's file system.
type Options struct {
	// InMemory keeps everything in memory: nothing is flushed, nothing survives Close.
	InMemory bool
	// FS replaces the file system; tests hand in one that crashes (vfs.NewCrashableMem).
	FS vfs.FS
	// Logger takes Pebble's own messages. Nil drops all but fatal ones.
	Logger pebble.Logger
}

// Store is an ordered map from bytes to bytes. It is safe for concurrent use.
type Store struct {
	db    *pebble.DB
	write *pebble.WriteOptions
	sync  bool
}

// Open opens the store in dir, creating it if it is missing.
func Open(dir string, o Options) (*Store, error) {
	fs, write := o.FS, pebble.Sync
	if o.InMemory {
		fs, write, dir = vfs.NewMem(), pebble.NoSync, "mem"
	}
	if o.Logger == nil {
		o.Logger = quiet{}
	}
	opts := &pebble.Options{
		FS: fs, Logger: o.Logger, DisableWAL: o.InMemory,
		MemTableSize: 32 << 20, CacheSize: 32 << 20, MaxOpenFiles: 500,
		FormatMajorVersion: pebble.FormatNewest,
	}
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	return &Store{db: db, write: write, sync: !o.InMemory}, nil
}

// Durable tells whether a committed batch survives a crash of the machine.
func (s *Store) Durable() bool { return s.sync }

// Close flushes and closes the store. No method may be called afterwards.
func (s *Store) Close() error { return s.db.Close() }

// Metrics returns Pebble's own figures: bytes and flushes of the write-ahead log, levels, cache.
func (s *Store) Metrics() *pebble.Metrics { return s.db.Metrics() }

// Get returns a copy of the value at key, or ErrNotFound.
func (s *Store) Get(key []byte) ([]byte, error) { return get(s.db, key) }

// Scan yields the pairs with lower <= key < upper in ascending order. Key and value are valid only until the next pair.
// The scan sees the store as it was when it began. A failed read is the last element, with the error.
func (s *Store) Scan(lower, upper []byte) iter.Seq2[Pair, error] {
	return scan(s.db, lower, upper, false)
}

// ScanReverse is Scan in descending order.
func (s *Store) ScanReverse(lower, upper []byte) iter.Seq2[Pair, error] {
	return scan(s.db, lower, upper, true)
}

// NewBatch starts a set of writes that Commit applies as one.
func (s *Store) NewBatch() *Batch { return &Batch{b: s.db.NewBatch(), s: s} }

// Pair is one key and its value.
type Pair struct{ Key, Value []byte }

// Batch is a set of writes. It is not safe for concurrent use.
type Batch struct {
	b *pebble.Batch
	s *Store
}

// Set writes key. Key and value are copied.
func (b *Batch) Set(key, value []byte) { must(b.b.Set(key, value, nil)) }

// Delete removes key; a key that is not there is no error.
func (b *Batch) Delete(key []byte) { must(b.b.Delete(key, nil)) }

// DeleteRange removes every key with lower <= key < upper.
func (b *Batch) DeleteRange(lower, upper []byte) { must(b.b.DeleteRange(lower, upper, nil)) }

// Len is the size of the batch in bytes.
func (b *Batch) Len() int { return b.b.Len() }

// Commit applies the batch atomically and returns when it is durable (in memory: when it is visible).
// Concurrent commits share one flush. The batch cannot be used afterwards.
func (b *Batch) Commit() error {
	defer b.b.Close()
	if err := b.b.Commit(b.s.write); err != nil {
		return fmt.Errorf("commit batch: %w", err)
	}
	return nil
}

// Discard drops the batch without writing anything.
func (b *Batch) Discard() { _ = b.b.Close() }

// Set on an unindexed in-memory batch fails only when the batch was already committed: a bug in the caller.
func must(err error) {
	if err != nil {
		panic("store: write to a finished batch: " + err.Error())
	}
}

func get(r pebble.Reader, key []byte) ([]byte, error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	out := append(make([]byte, 0, len(v)), v...)
	return out, closer.Close()
}

func scan(r pebble.Reader, lower, upper []byte, reverse bool) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		it, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
		if err != nil {
			yield(Pair{}, fmt.Errorf("scan: %w", err))
			return
		}
		defer it.Close()
		first, next := it.First, it.Next
		if reverse {
			first, next = it.Last, it.Prev
		}
		for ok := first(); ok; ok = next() {
			if !yield(Pair{it.Key(), it.Value()}, nil) {
				return
			}
		}
		if err := it.Error(); err != nil {
			yield(Pair{}, fmt.Errorf("scan: %w", err))
		}
	}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic("pebble: " + fmt.Sprintf(format, args...))
}
