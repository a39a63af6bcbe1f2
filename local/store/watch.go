package store

import (
	"errors"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// watchedFS ends the store when something cannot be written. Pebble returns a failed write of a log
// to the commits that wait for it. For other files it panics, and then releases locks twice, or
// retries for ever and does not return, as in the flush of a start on a full disk. The data on the
// disk is intact.
type watchedFS struct {
	vfs.FS
	c    *condition
	mark *mark // gets each manifest and log that was flushed
}

// note ends the store with an error, which it returns if Pebble can handle it.
func (w watchedFS) note(err error, returns bool) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.c.fail(err)
	if !returns {
		select {}
	}
	return err
}

func (w watchedFS) file(name string, f vfs.File, err error) (vfs.File, error) {
	if w.note(err, false) != nil {
		return nil, err
	}
	if n, ok := walNumber(w.PathBase(name)); ok {
		return &walFile{watchedFile: watchedFile{f, true, w}, number: n, synced: w.mark.logged}, nil
	}
	return watchedFile{f, false, w}, nil
}

// Create implements vfs.FS, as all methods here.
func (w watchedFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.Create(name, c)
	if base := w.PathBase(name); isManifest(base) && err == nil {
		return &manifestFile{watchedFile{f, false, w}, manifest{Name: base}, w.mark.synced}, nil
	}
	return w.file(name, f, err)
}

func (w watchedFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := w.FS.OpenReadWrite(name, c, opts...)
	return w.file(name, f, err)
}

func (w watchedFS) OpenDir(name string) (vfs.File, error) {
	f, err := w.FS.OpenDir(name)
	return w.file(name, f, err)
}

func (w watchedFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.ReuseForWrite(oldname, newname, c)
	return w.file(newname, f, err)
}

func (w watchedFS) Link(oldname, newname string) error {
	return w.note(w.FS.Link(oldname, newname), false)
}

func (w watchedFS) Rename(oldname, newname string) error {
	return w.note(w.FS.Rename(oldname, newname), false)
}

func (w watchedFS) MkdirAll(dir string, perm os.FileMode) error {
	return w.note(w.FS.MkdirAll(dir, perm), false)
}

func (w watchedFS) Unwrap() vfs.FS { return w.FS }

// watchedFile is a file, or a folder, that is written.
type watchedFile struct {
	vfs.File
	log bool
	w   watchedFS
}

func (f watchedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.w.note(err, f.log)
}

func (f watchedFile) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	return n, f.w.note(err, f.log)
}

func (f watchedFile) Sync() error { return f.w.note(f.File.Sync(), f.log) }

func (f watchedFile) SyncData() error { return f.w.note(f.File.SyncData(), f.log) }

func (f watchedFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.w.note(err, f.log)
}

// Close does not return once a log could not be written: Pebble would panic.
func (f watchedFile) Close() error {
	err := f.File.Close()
	if f.log && f.w.c.err() != nil {
		select {}
	}
	return f.w.note(err, false)
}
