package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Patterns of the files that this system makes in a data folder: those that no other folder has,
// and the others.
var (
	signs    = []string{"lock", "webhook-secret", markName, "LOCK", "MANIFEST-*", "marker.*"}
	ownFiles = append([]string{"store", "OPTIONS-*", "*.log", "*.sst", "*.blob"}, signs...)
)

// Private makes a data folder that only its owner can enter, independent of the umask, because it
// holds customers' addresses and keys. If others can enter an existing one, it and the files of
// this system in it are restricted to the owner, and tightened is true. A folder of another program
// that others can enter is refused, as a *Failure: its users would be locked out.
func Private(dir string) (tightened bool, err error) {
	tightened, err = private(dir)
	if err != nil {
		return false, &Failure{Kind: classify(err, Unusable), Dir: dir, Err: err}
	}
	return tightened, nil
}

func private(dir string) (tightened bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(dir, "store", "LOCK")); len(list) > 0 && err != nil && !slices.ContainsFunc(list, isAmong(signs)) {
		return false, closedAlready(dir)
	}
	own := slices.DeleteFunc(list, func(e os.DirEntry) bool { return !isAmong(ownFiles)(e) })
	paths := []string{dir}
	for _, e := range own {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	for _, path := range paths {
		t, err := tighten(path)
		if err != nil {
			return false, fmt.Errorf("it is open to others: %w", err)
		}
		tightened = tightened || t
	}
	return tightened, nil
}

func isAmong(patterns []string) func(os.DirEntry) bool {
	return func(e os.DirEntry) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			ok, err := filepath.Match(p, e.Name())
			return ok && err == nil
		})
	}
}

// closedAlready refuses a folder of another program that others can enter.
func closedAlready(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = errors.New("it is open to others and holds other files: choose an empty folder, or chmod 700 it")
	}
	return err
}

// tighten removes the permissions of others from a file or folder.
func tighten(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 {
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
