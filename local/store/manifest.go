package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// manifest is how far a manifest, the list of the store's tables, is durable. Pebble reads one that
// was truncated or damaged as a shorter one, and forgets the tables that it does not list.
type manifest struct {
	Name string
	Size int64
	Sum  uint32
}

// manifestFile records what is written to a manifest.
type manifestFile struct {
	watchedFile
	written manifest
	synced  func(manifest)
}

func (f *manifestFile) Write(p []byte) (int, error) {
	f.written.Sum = crc32.Update(f.written.Sum, crc32.IEEETable, p) // now: what is below may use p as its own
	n, err := f.watchedFile.Write(p)
	f.written.Size += int64(n)
	return n, err
}

func (f *manifestFile) Sync() error {
	err := f.watchedFile.Sync()
	if err == nil {
		f.synced(f.written)
	}
	return err
}

func isManifest(name string) bool { return strings.HasPrefix(name, "MANIFEST-") }

// check reports a manifest that exists and lacks what was written. A missing one has a successor,
// or Pebble reports it.
func (m manifest) check(files vfs.FS, dir string) error {
	if m.Name == "" {
		return nil
	}
	f, err := files.Open(files.PathJoin(dir, m.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, io.LimitReader(f, m.Size))
	if err == nil && (n != m.Size || sum.Sum32() != m.Sum) {
		err = fmt.Errorf("the file %s was cut or overwritten", m.Name)
	}
	return err
}
