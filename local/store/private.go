package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ownFiles are the files that this system makes in a data folder, by pattern.
var ownFiles = []string{"store", "lock", "webhook-secret", markName, "LOCK", "MANIFEST-*", "OPTIONS-*", "marker.*", "*.log", "*.sst", "*.blob"}

// Private makes a data folder that only its owner can enter, whatever the umask. One that is there and open to others is closed to them, with the files
// of this system in it, and tightened is true: it holds customers' addresses and keys. A folder that has something else in it is refused, as a
// *Failure, for whoever uses that would be locked out.
func Private(dir string) (tightened bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, &Failure{classify(err, Unusable), dir, err}
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return false, &Failure{classify(err, Unusable), dir, err}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return false, &Failure{classify(err, Unusable), dir, err}
	}
	own := 0
	for _, e := range list {
		if !isOwn(e.Name()) {
			continue
		}
		own++
		t, err := tighten(filepath.Join(dir, e.Name()))
		if err != nil {
			return false, &Failure{classify(err, Unusable), dir, err}
		}
		tightened = tightened || t
	}
	if info.Mode().Perm()&0o077 == 0 {
		return tightened, nil
	}
	if own == 0 && len(list) > 0 {
		return false, &Failure{Unusable, dir, errors.New("it is open to others and holds other files: choose an empty folder, or chmod 700 it")}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return false, &Failure{Unusable, dir, fmt.Errorf("it is open to others: %w", err)}
	}
	return true, nil
}

func isOwn(name string) bool {
	for _, pattern := range ownFiles {
		if ok, err := filepath.Match(pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}

// tighten takes the permissions of others from a file or folder.
func tighten(path string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 || info.Mode()&fs.ModeSymlink != 0 {
		return false, err
	}
	return true, os.Chmod(path, info.Mode().Perm()&0o700)
}

// privateFS makes files that only their owner can read.
type privateFS struct{ vfs.FS }

func (p privateFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := p.FS.Create(name, c)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (p privateFS) Lock(name string) (io.Closer, error) {
	l, err := p.FS.Lock(name)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (p privateFS) Unwrap() vfs.FS { return p.FS }
