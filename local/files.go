package local

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"time"
)

const templateName = "template.yaml"

// templateFS serves the template and the files that it names, which may be given without their
// folders.
type templateFS struct {
	template []byte
	files    fs.FS
}

// Open implements fs.FS.
func (t templateFS) Open(name string) (fs.File, error) {
	if name == templateName {
		return &file{Reader: bytes.NewReader(t.template), size: int64(len(t.template))}, nil
	}
	if t.files == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	f, err := t.files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return t.files.Open(path.Base(name))
	}
	return f, err
}

// file is a file in memory.
type file struct {
	*bytes.Reader
	size int64
}

func (f *file) Stat() (fs.FileInfo, error) { return info(f.size), nil }
func (f *file) Close() error               { return nil }

type info int64

func (i info) Name() string       { return templateName }
func (i info) Size() int64        { return int64(i) }
func (i info) Mode() fs.FileMode  { return 0o444 }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
