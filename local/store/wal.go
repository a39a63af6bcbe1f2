package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// wal is how far a write-ahead log (NNNNNN.log) is durable. Pebble takes one that was removed, or
// cut at the end of a record, for one that never was.
type wal struct {
	Number uint64
	Size   int64
}

// wals are the newest logs, the highest number first. Fewer than these are needed at any time: what
// waits to become a table takes 64 MB at most, in parts that begin with 256 KB and double to 32 MB,
// with a log each.
type wals [12]wal

// with returns the list with a log, or with its new size.
func (l wals) with(w wal) wals {
	i := slices.IndexFunc(l[:], func(old wal) bool { return old.Number <= w.Number })
	if i < 0 {
		return l
	}
	if l[i].Number != w.Number {
		copy(l[i+1:], l[i:])
	}
	l[i] = w
	return l
}

// walFile notes what is written to a log.
type walFile struct {
	watchedFile
	number  uint64
	written atomic.Int64
	synced  func(wal)
}

// walNumber reads the number of a log from its name.
func walNumber(base string) (n uint64, ok bool) {
	if !strings.HasSuffix(base, ".log") {
		return 0, false
	}
	_, err := fmt.Sscanf(base, "%d.log", &n)
	return n, err == nil
}

func (f *walFile) Write(p []byte) (int, error) {
	n, err := f.watchedFile.Write(p)
	f.written.Add(int64(n))
	return n, err
}

func (f *walFile) Sync() error { return f.after(f.watchedFile.Sync) }

func (f *walFile) SyncData() error { return f.after(f.watchedFile.SyncData) }

// after notes what was written before a flush. Pebble flushes the folder before it writes to a new
// log, so that the file itself is there, too.
func (f *walFile) after(flush func() error) error {
	written := f.written.Load()
	err := flush()
	if err == nil && written > 0 {
		f.synced(wal{f.number, written})
	}
	return err
}

// check reports a log that is needed and has not what was written: one of which not all is in
// tables.
func (l wals) check(files vfs.FS, dir string) error {
	first, err := firstNeeded(files, dir)
	if err != nil {
		return err
	}
	for _, w := range slices.Backward(l[:]) {
		if w.Size == 0 || w.Number < first {
			continue
		}
		name := fmt.Sprintf("%06d.log", w.Number)
		info, err := files.Stat(files.PathJoin(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the log %s is missing", name)
		}
		if err != nil {
			return err
		}
		if info.Size() < w.Size {
			return fmt.Errorf("the log %s was cut: it has %d of %d bytes", name, info.Size(), w.Size)
		}
	}
	return nil
}

// firstNeeded is the number of the oldest log that the store's manifest needs: what is in older
// ones is in tables. The last record of the manifest that names it decides. The manifest is flushed
// before a log is removed.
func firstNeeded(files vfs.FS, dir string) (uint64, error) {
	store, err := pebble.Peek(dir, files)
	if err != nil || !store.Exists {
		return 0, err
	}
	f, err := files.Open(files.PathJoin(dir, files.PathBase(store.ManifestFilename)))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var first uint64
	for edits := record.NewReader(f, 0); ; {
		r, err := edits.Next()
		var edit []byte
		if err == nil {
			edit, err = io.ReadAll(r)
		}
		if errors.Is(err, io.EOF) || record.IsInvalidRecord(err) {
			return first, nil // the end, or an edit that a crash cut short
		}
		if err != nil {
			return 0, err
		}
		if n, ok := neededBy(edit); ok {
			first = n
		}
	}
}

// Tags of the fields of an edit of a manifest, which come in this order:
// https://github.com/facebook/rocksdb/wiki/MANIFEST
const (
	tagComparer = 1
	tagLog      = 2
)

// neededBy reads the number of the oldest log that is needed from an edit of a manifest, if the
// edit has it.
func neededBy(edit []byte) (uint64, bool) {
	tag, n := binary.Uvarint(edit)
	if n > 0 && tag == tagComparer {
		edit = edit[n:]
		length, m := binary.Uvarint(edit)
		if m <= 0 || length > uint64(len(edit)-m) {
			return 0, false
		}
		edit = edit[m+int(length):]
		tag, n = binary.Uvarint(edit)
	}
	if n <= 0 || tag != tagLog {
		return 0, false
	}
	number, n := binary.Uvarint(edit[n:])
	return number, n > 0
}
